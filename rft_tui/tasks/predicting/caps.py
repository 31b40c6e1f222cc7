"""The caps of a predict task in money and in tokens: whether one more call fits below them."""

from __future__ import annotations

from rft_tui.model import JsonObject
from rft_tui.tasks.background.control import Control


class Caps:
    """What a person allows a task to take, held against what it took; both may change while it runs."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def leave_no_room_for(self, calls: int) -> bool:
        """Whether so many calls, each as dear as those before or as was estimated, would go beyond a cap."""
        if self._is_blind():
            return True
        progress = self._control.progress
        answered = progress.done - progress.cached
        estimated: JsonObject = self._control.task.request.get("each") or {}
        for name, cap, spent in self._set():
            each = spent / answered if answered > 0 else estimated.get(name)
            fits = calls == 1 if each is None else spent + each * calls <= cap
            if spent >= cap or not fits:
                return True
        return False

    def _set(self) -> list[tuple[str, float, float]]:
        """The caps that are set: what they limit, how much of it, and what was spent."""
        settings, progress = self._control.settings, self._control.progress
        tokens = progress.input_tokens + progress.output_tokens
        both = (("cost", settings.get("spend_cap"), progress.cost), ("tokens", settings.get("token_cap"), tokens))
        return [(name, cap, spent) for name, cap, spent in both if cap is not None]

    def _is_blind(self) -> bool:
        """Whether a service keeps to itself what its answers take, so that no cap that is set can be held."""
        progress, caps = self._control.progress, self._set()
        is_free = self._control.settings.get("token_cap") is None and not progress.unpriced
        answered = progress.done > progress.cached
        return bool(caps) and answered and not is_free and all(spent == 0 for _name, _cap, spent in caps)

    def said(self) -> str:
        """Why the task rests, and what to do."""
        progress = self._control.progress
        if self._is_blind():
            return (
                "the cap cannot be held: what the answers take is not known; the same rft-tui predict without it goes"
                " on from here"
            )
        return (
            f"the cap leaves no room for one more call: ${progress.cost:.4f} and"
            f" {progress.input_tokens + progress.output_tokens:,} tokens so far; raise it with rft-tui task set"
            f" {self._control.task.id} --spend-cap or --token-cap, then rft-tui task resume"
        )
