"""Keys take effect in the order in which they came, however many come in one moment.

A focused field works through its keys in its own task. What `enter` or `esc` does there (the field closes, a question
opens, a list is shown) is only done some messages later, so keys behind it wait for that; over a slow link a whole
sentence of keys arrives at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widget import Widget

PATIENCE_S = 2.0
"""How long keys wait at most for what a field does with the key before them."""


class KeysInOrder(App[None]):
    """An app that gives a key on only when what the key before it did is done."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._behind: list[events.Key | events.Paste] = []
        self._waits_for: object | None = None

    @property
    def opens_a_field(self) -> bool:
        """Whether a field is about to be there that letters are meant for."""
        return False

    def take_key(self, key: str) -> bool:
        """Run what a key does where no field has it; whether there was something."""
        raise NotImplementedError

    async def on_event(self, event: events.Event) -> None:
        """Put keys and pastes in a row; everything else is as ever."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._behind.append(event)
        await self.give_keys()

    async def give_keys(self) -> None:
        """Give on what may be given on: up to a key whose effect has to be waited for."""
        while self._behind and not self._must_wait:
            event = self._behind.pop(0)
            try:
                await self._give(event)
            except Exception:
                self.call_later(self.give_keys)
                raise

    @property
    def _must_wait(self) -> bool:
        return self._waits_for is not None or (self.focused is None and self.opens_a_field)

    async def _give(self, event: events.Key | events.Paste) -> None:
        focused = self.focused
        if focused is None and isinstance(event, events.Key) and self.take_key(event.key):
            return
        await super().on_event(event)
        if focused is not None and isinstance(event, events.Key) and not event.is_printable:
            self._wait_until_done(focused)

    def _wait_until_done(self, focused: Widget) -> None:
        """Keep keys until a field, and all that hear of what it does, have worked through what is queued for them."""
        waits = self._waits_for = object()
        self._pass_through([focused, focused, *focused.ancestors], waits)
        self.set_timer(PATIENCE_S, lambda: self._goes_on_after(waits))

    def _pass_through(self, pumps: Sequence[MessagePump], waits: object) -> None:
        """Queue behind what each of them still has to do, one after the other."""
        for number, pump in enumerate(pumps):
            if pump.call_later(self._pass_through, pumps[number + 1 :], waits):
                return
        if not self.screen.call_later(self._came_through, waits):
            self._came_through(waits)

    def _came_through(self, waits: object) -> None:
        self.call_later(self._goes_on_after, waits)

    async def _goes_on_after(self, waits: object) -> None:
        if self._waits_for is waits:
            self._waits_for = None
            await self.give_keys()

    def field_is_there(self) -> None:
        """A field has the focus: what was typed before it was there goes to it."""
        if self._behind:
            self.call_later(self.give_keys)
