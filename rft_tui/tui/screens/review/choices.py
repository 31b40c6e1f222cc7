"""What Review shows: filter, order, threshold, runs, grader, baseline, columns, and the ways of showing an item."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

from rft_tui.model import Band
from rft_tui.store.filters import Sort
from rft_tui.store.query import parse_query
from rft_tui.tui.screens.review.list import COLUMNS, DEFAULT_COLUMNS
from rft_tui.tui.screens.review.reading import ReviewReading
from rft_tui.tui.screens.review.state import shown_columns

PREVIEW_AFTER_S = 0.12
"""How long typing into the filter must pause before the list follows."""

THRESHOLD_STEPS = 20
"""Steps of the pass threshold over the grader's range."""


FILTER_HINTS = (
    ("mistakes errors flips allfail", ""),
    ("-verdict", "to review"),
    ("band: tag: score<", ""),
    ("FIELD:TEXT", ""),
    ("re:", "regex"),
)
"""What the footer says while a filter is typed."""


class ReviewChoices(ReviewReading):
    """Actions of the Review screen that change what is shown; none of them writes anything but the session."""

    preview_timer: Timer | None = None

    # Filter

    def do_filter(self) -> None:
        """Type a filter; the list follows."""
        place = self.state.prediction

        def changed(text: str) -> None:
            if self.preview_timer is not None:
                self.preview_timer.stop()
            self.preview_timer = self.set_timer(PREVIEW_AFTER_S, self.guarded(lambda: self.reload(query=text)))

        def done(text: str) -> None:
            self.set_query(text.strip())

        def cancelled() -> None:
            self.state.prediction = place
            self.set_query(self.state.query)

        before = f"{self.state.query} " if self.state.query else ""
        self.ask("/", before, done, on_change=changed, on_cancel=cancelled, hints=FILTER_HINTS)

    def set_query(self, query: str) -> None:
        """Keep a filter and read the list."""
        if self.preview_timer is not None:
            self.preview_timer.stop()
        self._propose_sort(query)
        self.state.query = query
        self.reload(keep=self.state.prediction)
        if self.context is not None and self.context.query.notes:
            self.say(" · ".join(self.context.query.notes), "state.warning")
        self.rft.remember()

    def _propose_sort(self, query: str) -> None:
        """A kept list comes in its own order; without one that order is none."""
        had, has = (parse_query(one).has("list") for one in (self.state.query, query))
        if has and not had:
            self.state.sort, self.state.descending = Sort.LIST.value, False
        elif not has and self.state.sort == Sort.LIST:
            self.state.sort = Sort.SCORE.value

    def toggle_word(self, word: str) -> None:
        """Put a word into the filter, or take it out."""
        words = self.state.query.split()
        words = [one for one in words if one != word] if word in words else [*words, word]
        self.set_query(" ".join(words))

    def do_review_mistakes(self) -> None:
        """Only mistakes, or all."""
        self.toggle_word("mistakes")

    def do_review_pending(self) -> None:
        """Only what has no verdict."""
        self.toggle_word("-verdict")

    def do_review_calibration(self) -> None:
        """The random calibration sample: every score, in an order that says nothing; or back."""
        if "calibration" in self.state.query.split():
            self.state.sort, query = Sort.SCORE.value, "mistakes"
        else:
            self.state.sort, query = Sort.RANDOM.value, "calibration -verdict"
        self.set_query(query)

    def do_review_band(self) -> None:
        """One band after another, then all."""
        bands = [f"band:{band.value}" for band in (Band.OFF_BASE, Band.PARTIAL, Band.FORMATTING, Band.FULL)]
        words = self.state.query.split()
        present = next((word for word in words if word in bands), None)
        others = [word for word in words if word not in bands and word != "mistakes"]
        following = bands[0] if present is None else [*bands[1:], None][bands.index(present)]
        self.set_query(" ".join([*others, following or "mistakes"]))

    # Order

    def do_sort(self) -> None:
        """The next order."""
        has_list = self.context is not None and self.context.query.has("list")
        sorts = [
            sort.value
            for sort in Sort
            if (sort is not Sort.DELTA or self.has_baseline()) and (sort is not Sort.LIST or has_list)
        ]
        position = sorts.index(self.state.sort) if self.state.sort in sorts else -1
        self.state.sort = sorts[(position + 1) % len(sorts)]
        self.reload(keep=None)
        self.say(f"order: {self.state.sort}")

    def do_sort_reverse(self) -> None:
        """The other way round."""
        if self.state.sort in (Sort.USEFULNESS, Sort.RANDOM):
            self.say(f"the order {self.state.sort} has one direction only", "state.warning")
            return
        self.state.descending = not self.state.descending
        self.reload(keep=None)

    def has_baseline(self) -> bool:
        """Whether there is something that Δ is measured against."""
        return self.context is not None and self.context.selection.baseline is not None

    # Threshold

    def do_review_raise(self) -> None:
        """A higher pass line."""
        self.move_threshold(+1)

    def do_review_lower(self) -> None:
        """A lower pass line."""
        self.move_threshold(-1)

    def move_threshold(self, steps: int) -> None:
        """Move the pass line by steps and show its effect at once."""
        context = self.context
        if context is None or context.grader is None:
            self.say("no grader, no threshold", "state.warning")
            return
        rule = context.selection.rule
        step = (rule.high - rule.low) / THRESHOLD_STEPS
        place = round((context.selection.threshold - rule.low) / step) + steps
        threshold = rule.low + step * max(0, min(THRESHOLD_STEPS, place))
        self.state.threshold = round(threshold, 10)
        self.reload(keep=self.state.prediction)
        self.rft.remember()

    # Whose predictions, whose scores

    def do_review_runs(self) -> None:
        """Choose a group of runs, or all."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        context = self.context
        if context is None:
            return
        choices = [Choice("all", "all runs", f"{len(context.groups)} groups")]
        for number, group in enumerate(context.groups):
            beside = f"effort {group.effort}" + (f" · prompt {group.prompt_name}" if group.prompt_name else "")
            choices.append(Choice(str(number), group.label, beside + (" · SIMULATED" if group.simulated else "")))
        current = next((str(n) for n, group in enumerate(context.groups) if list(group.runs) == self.state.runs), "all")

        def chosen(value: str | None) -> None:
            if value is None:
                return
            self.state.runs = None if value == "all" else list(context.groups[int(value)].runs)
            self.forget_summary()
            self.reload(keep=self.state.prediction)

        self.app.push_screen(PickScreen("whose predictions", choices, current=current), self.guarded(chosen))

    def do_review_by(self) -> None:
        """Choose the grader."""
        self.pick_grader("scores of", self.state.grader, self.set_grader)

    def set_grader(self, grader: int) -> None:
        """Show the scores of a grader."""
        self.state.grader, self.state.threshold, self.state.baseline = grader, None, -1
        self.forget_summary()
        self.reload(keep=self.state.prediction)

    def do_review_baseline(self) -> None:
        """Choose what Δ is measured against."""
        current = self.context.selection.baseline if self.context else None
        self.pick_grader("Δ against", current, self.set_baseline, nothing="nothing: no Δ")

    def set_baseline(self, grader: int) -> None:
        """Measure Δ against a version."""
        self.state.baseline = grader
        self.reload(keep=self.state.prediction)

    def pick_grader(self, title: str, current: int | None, done: Callable[[int], None], *, nothing: str = "") -> None:
        """Offer the graders that have grades."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        context = self.context
        if context is None or not context.graders:
            self.say("nothing is graded yet: rft-tui grade", "state.warning")
            return
        choices = [Choice("0", nothing)] if nothing else []
        choices += [Choice(str(grader.id), grader.label, grader.type) for grader in reversed(context.graders)]

        def chosen(value: str | None) -> None:
            if value is not None:
                done(int(value))

        self.app.push_screen(PickScreen(title, choices, current=str(current or 0)), self.guarded(chosen))

    def do_review_columns(self) -> None:
        """Show or hide a column."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        shown = shown_columns(self.state)
        choices = [Choice(name, name, "shown" if name in shown else "hidden") for name in COLUMNS]

        def chosen(value: str | None) -> None:
            if value is None:
                return
            kept = [name for name in COLUMNS if (name in shown) != (name == value)]
            self.state.columns = kept if kept and tuple(kept) != DEFAULT_COLUMNS else None
            self.reload(keep=self.state.prediction)

        self.app.push_screen(PickScreen("columns", choices), self.guarded(chosen))

    # Ways of showing an item

    def do_review_fold(self) -> None:
        """Fold the question."""
        self.state.fold_question = not self.state.fold_question
        self.reload(keep=self.state.prediction)

    def do_review_raw(self) -> None:
        """Texts as they are."""
        self.state.raw = not self.state.raw
        self.reload(keep=self.state.prediction)
        self.say("raw text" if self.state.raw else "safe Markdown")

    def do_review_next_run(self) -> None:
        """The item in the next run."""
        self.go_to_sibling(+1)

    def do_review_previous_run(self) -> None:
        """The item in the run before."""
        self.go_to_sibling(-1)

    def go_to_sibling(self, step: int) -> None:
        """Show the same item in another run; the cursor follows where the list holds it."""
        item = self.item
        if item is None or len(item.siblings) < 2:
            self.say("this item has one run only", "state.warning")
            return
        here = next((n for n, one in enumerate(item.siblings) if one.prediction == item.prediction), 0)
        other = item.siblings[(here + step) % len(item.siblings)].prediction
        position = self.listing.position_of(other) if self.listing else None
        if position is not None:
            self.table.go(position)
        else:
            self.show_current(other)
            self.say("not in the list: its filter leaves this run out", "text.dim")

    def do_review_next_mistake(self) -> None:
        """The next mistake without a verdict."""
        self.go_to_mistake(+1)

    def do_review_previous_mistake(self) -> None:
        """The mistake before without a verdict."""
        self.go_to_mistake(-1)

    def go_to_mistake(self, step: int) -> None:
        """To the next mistake in a direction that has no verdict yet."""
        position = self.listing.next_mistake(self.table.cursor, step) if self.listing else None
        if position is None:
            self.say("no further mistake without a verdict", "state.warning")
        else:
            self.table.go(position)
