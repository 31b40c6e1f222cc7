"""What the bench tries, as a person chooses it on its screen: items, seed, limits; kept for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.graders.bench.rules import DEFAULT_LIMITS, parse_limits
from rft_tui.safetext import one_line
from rft_tui.tasks.bench_plan import BenchWish, parse_wish
from rft_tui.tui.screens.bench.running import BenchRunning


def wish_of(session: Mapping[str, Any], name: str) -> BenchWish:
    """What was last wished of a bench: items and seed for all graders, limits for the one of a name."""
    kept = session.get("bench")
    kept = kept if isinstance(kept, dict) else {}
    limits = kept.get("limits")
    mine = limits.get(name) if isinstance(limits, dict) else None
    try:
        chosen = parse_limits(map(str, mine) if isinstance(mine, list) else [])
    except UsageError:
        chosen = dict(DEFAULT_LIMITS)
    try:
        return parse_wish(str(kept.get("wish", "")), chosen)
    except UsageError:
        return BenchWish(limits=chosen)


class BenchSettings(BenchRunning):
    """Items and seed for all graders, limits for each of its own."""

    @property
    def drawn_items(self) -> int | None:
        """How many items there are of those that were asked for; None where that is not known."""
        is_planning = self.is_working and self.progress is None
        return None if self.plan is None or is_planning or self.error is not None else len(self.plan.items)

    def settings_words(self) -> str:
        """What is tried, in few words."""
        wish = self.wish
        drawn = self.drawn_items
        short = drawn is not None and drawn < wish.items
        words = [f"{drawn:,} of {wish.items:,} items asked for" if short else f"{wish.items:,} items"]
        words.append(f"seed {wish.seed}")
        words += [f"×{wish.repeat}"] if wish.repeat > 1 else []
        words += [one_line(", ".join(wish.datasets), 20)] if wish.datasets else []
        changed = self._changed_limits()
        return " · ".join([*words, f"limits {one_line(' '.join(changed), 30)}" if changed else "usual limits"])

    def _changed_limits(self) -> list[str]:
        limits = self.wish.limits
        return [f"{name}={limits[name]:g}" for name in DEFAULT_LIMITS if limits[name] != DEFAULT_LIMITS[name]]

    def do_bench_items(self) -> None:
        """Type what is drawn and how."""

        def done(text: str) -> None:
            self._wish(parse_wish(text, self.wish.limits))

        self.ask("bench", self.wish.text, done, hints=(("items seed repeat dataset reference examples", ""),))

    def do_bench_limits(self) -> None:
        """Choose a limit and type it."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        limits = self.wish.limits
        choices = [Choice("", "all as usual", "")] if self._changed_limits() else []
        for name, usual in DEFAULT_LIMITS.items():
            now = limits[name]
            choices.append(Choice(name, name, f"{now:g}" + (f" (usual: {usual:g})" if now != usual else "")))

        def done(name: str | None) -> None:
            if name == "":
                self._wish(replace(self.wish, limits=dict(DEFAULT_LIMITS)))
            elif name is not None:
                self.ask(f"{name}, 0 to 1", f"{limits[name]:g}", lambda text: self._limit(name, text))

        self.app.push_screen(PickScreen("limits, as shares of the range", choices), self.guarded(done))

    def _limit(self, name: str, text: str) -> None:
        words = [one for one in self._changed_limits() if not one.startswith(f"{name}=")]
        if text.strip():
            words.append(f"{name}={text.strip()}")
        self._wish(replace(self.wish, limits=parse_limits(words)))

    def _wish(self, wish: BenchWish) -> None:
        """Keep a wish for the next time too, and do it."""
        self.wish = wish
        kept = self.rft.session.get("bench")
        limits = kept.get("limits") if isinstance(kept, dict) else None
        mine = {**limits, self.name_here: self._changed_limits()} if isinstance(limits, dict) else {
            self.name_here: self._changed_limits()
        }  # fmt: skip
        self.rft.session["bench"] = {
            "wish": wish.text,
            "limits": {name: words for name, words in mine.items() if words},
        }
        self.rft.remember()
        self.begin(again=True)
