"""Keys take effect in the order in which they came, however many come in one moment.

A focused field works through its keys in its own task. What `enter` or `esc` does there (the field closes, a question
opens, a list is shown) is only done some messages later, so keys behind it wait for that; over a slow link a whole
sentence of keys arrives at once. Clicks keep their place among the keys.
"""

from __future__ import annotations

from asyncio import TimerHandle, get_running_loop
from collections import deque
from collections.abc import Sequence
from typing import Any, TypeAlias

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widget import Widget

PATIENCE_S = 2.0
"""How long keys wait at most: for what a field does with the key before them, or for a field that is to come."""

Input: TypeAlias = events.Key | events.Paste | events.MouseEvent

_TYPED = (events.Key, events.Paste)


class KeysInOrder(App[None]):
    """An app that gives a key on only when what the key before it did is done."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._behind: deque[Input] = deque()
        self._waits_for: object | None = None
        self._gives_up: TimerHandle | None = None
        self._seeks_field: TimerHandle | None = None
        self._comes_without_field = False

    @property
    def opens_a_field(self) -> bool:
        """Whether a field is about to be there that letters are meant for."""
        return False

    def take_key(self, key: str) -> bool:
        """Run what a key does where no field has it; whether there was something."""
        raise NotImplementedError

    async def on_event(self, event: events.Event) -> None:
        """Put keys and pastes in a row, and clicks behind those that wait; everything else is as ever."""
        if isinstance(event, _TYPED) and not event.is_forwarded:
            if not self.app_focus:
                self.app_focus = True  # whoever types is here, even where the terminal does not say so
        elif not (isinstance(event, events.MouseEvent) and not event.is_forwarded and self._is_behind):
            await super().on_event(event)
            return
        self._behind.append(event)
        await self.give_keys()

    async def give_keys(self) -> None:
        """Give on what may be given on: up to a key whose effect has to be waited for."""
        while self._behind and not self._must_wait:
            event = self._behind.popleft()
            try:
                await self._give(event)
            except Exception:
                self.call_later(self.give_keys)
                raise
        if self._behind and self._waits_for is None and self._seeks_field is None:
            self._seeks_field = get_running_loop().call_later(PATIENCE_S, self.call_later, self._seek_field)

    @property
    def _is_behind(self) -> bool:
        return bool(self._behind) or self._waits_for is not None

    @property
    def _must_wait(self) -> bool:
        return self._waits_for is not None or (
            self.focused is None and self.opens_a_field and not self._comes_without_field
        )

    async def _give(self, event: Input) -> None:
        focused = self.focused
        if focused is None and isinstance(event, events.Key) and self.take_key(event.key):
            return
        await super().on_event(event)
        if focused is not None and isinstance(event, events.Key) and not event.is_printable:
            self._wait_until_done(focused)

    def _wait_until_done(self, focused: Widget) -> None:
        """Keep keys until a field, and all that hear of what it does, have worked through what is queued for them."""
        waits = self._waits_for = object()
        self._gives_up = get_running_loop().call_later(PATIENCE_S, self._came_through, waits)
        self._pass_through([focused, focused, *focused.ancestors], waits)

    def _pass_through(self, pumps: Sequence[MessagePump], waits: object) -> None:
        """Queue behind what each of them still has to do, one after the other."""
        for number, pump in enumerate(pumps):
            if pump.call_later(self._pass_through, pumps[number + 1 :], waits):
                return
        if not (self.screen_stack and self.screen.call_later(self._came_through, waits)):
            self._came_through(waits)

    def _came_through(self, waits: object) -> None:
        self.call_later(self._goes_on_after, waits)

    async def _goes_on_after(self, waits: object) -> None:
        if self._waits_for is not waits:
            return
        self._waits_for = None
        if self._gives_up is not None:
            self._gives_up.cancel()
        await self.give_keys()

    def field_is_there(self) -> None:
        """A field has the focus: what was typed before it was there goes to it."""
        self._stop_seeking()
        if self._behind:
            self.call_later(self.give_keys)

    async def _seek_field(self) -> None:
        """No field took the focus in time: the one that is there gets it; where none is, keys do without."""
        was_seeking = self._seeks_field is not None
        self._stop_seeking()
        if not (was_seeking and self._behind and self.focused is None and self.opens_a_field):
            await self.give_keys()
            return
        if self.screen.focus_next() is not None:
            return
        self._comes_without_field = True
        try:
            await self.give_keys()
        finally:
            self._comes_without_field = False

    def _stop_seeking(self) -> None:
        if self._seeks_field is not None:
            self._seeks_field.cancel()
            self._seeks_field = None
