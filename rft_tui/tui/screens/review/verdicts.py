"""What a person says of a prediction in Review: verdicts, tags, notes, corrected references, and taking it back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from rft_tui.model import Verdict
from rft_tui.store.listing import ReviewRow
from rft_tui.store.review import answers_of, clear_marks, toggle_mark
from rft_tui.store.similar import SimilarGroup, similar_groups
from rft_tui.store.verdicts import EventKind, Undone, clean_tag, count_verdicts, known_tags, record, undo
from rft_tui.tui.actions import Action
from rft_tui.tui.outbox import Write
from rft_tui.tui.screens.review.reading import ReviewReading


class ReviewVerdicts(ReviewReading):
    """Actions of the Review screen that write to the verdict log. Each is stored before it is shown."""

    def run(self, action: Action) -> None:
        """Tag digits share one method."""
        number = action.id.removeprefix("tags.")
        if number.isdecimal():
            self.footer.say(None)
            self.toggle_tag(int(number) or 10)
            return
        super().run(action)

    def record(self, kind: EventKind, value: str, row: ReviewRow) -> None:
        """Store one event on the row's prediction and show it."""
        self.record_on([row.answer], kind, value)
        self.refresh_row()

    def record_on(self, answers: Sequence[int], kind: EventKind, value: str, *, row_id: str | None = None) -> None:
        """Store one step on some answers, or on a row; where the cache is busy, say that it will be stored."""
        grader = self.context.grader if self.context else None
        version, reviewer = grader.version if grader else None, self.rft.workspace.reviewer
        self.store_step(
            lambda db: record(db, reviewer, kind, value, answers=answers, row_id=row_id, grader_version=version)
        )

    def store_step(self, write: Write) -> bool:
        """Store a step, now or as soon as it can be; whether it is stored."""
        if self.rft.store_soon(write):
            return True
        waiting = self.rft.outbox.waiting
        self.say(f"the cache is busy: {waiting} kept here until it can be stored", "state.warning")
        return False

    def stored(self) -> None:
        """What waited is stored now."""
        self.table.forget()
        self.show_again()

    def give(self, verdict: Verdict) -> None:
        """Record a verdict and go on to the next prediction."""
        row = self.row
        if row is None:
            return
        self.record(EventKind.VERDICT, verdict.value, row)
        if self.table.cursor + 1 < self.table.count:
            self.table.go(self.table.cursor + 1)
        else:
            self.show_again()
            with self.rft.workspace.store.read() as db:
                given = count_verdicts(db, self.rft.workspace.reviewer)
            self.say(
                f"end of the list · {given:,} verdicts in all · {self.hint_key('refresh')} reads the list again",
                "state.good",
            )
        self.show_tags()

    def do_review_right(self) -> None:
        """The prediction is right."""
        self.give(Verdict.RIGHT)

    def do_review_wrong(self) -> None:
        """The prediction is wrong."""
        self.give(Verdict.WRONG)

    def do_review_grader(self) -> None:
        """The grader is wrong."""
        self.give(Verdict.GRADER)

    def do_review_label(self) -> None:
        """The reference is wrong."""
        self.give(Verdict.LABEL)

    def do_review_both(self) -> None:
        """Both are acceptable."""
        self.give(Verdict.BOTH)

    def do_review_skip(self) -> None:
        """Say nothing."""
        self.give(Verdict.SKIP)

    def do_review_undo(self) -> None:
        """Take back the last step and show what it was about."""
        found: list[tuple[Undone | None, int | None]] = []

        def take_back(db: sqlite3.Connection) -> None:
            undone = undo(db, self.rft.workspace.reviewer)
            found.append((undone, _prediction_of(db, undone.answers, undone.row_ids) if undone else None))

        if not self.store_step(take_back):
            return
        undone, prediction = found[0]
        if undone is None:
            self.say("nothing to undo", "state.warning")
            return
        self.table.forget()
        here = self.item is not None and (self.item.answer in undone.answers or self.item.row_id in undone.row_ids)
        if prediction is not None and self.listing is not None and not here:
            position = self.listing.position_of(prediction)
            if position is not None:
                self.table.go(position)
        self.show_again()
        many = f" on {len(undone.answers)} predictions" if len(undone.answers) > 1 else ""
        self.say(f"undone: {undone.kind.value} {undone.value}{many}", "state.info")

    def do_review_mark(self) -> None:
        """Mark the prediction and go on."""
        row = self.row
        if row is None:
            return
        self.store_step(lambda db: toggle_mark(db, row.prediction))
        self.refresh_row()
        self.table.go(self.table.cursor + 1)

    def do_review_unmark(self) -> None:
        """Take all marks away."""
        if self.store_step(clear_marks):
            self.table.forget()
            self.say("no prediction is marked now", "state.info")

    # Tags

    def moved(self) -> None:
        """The tag bar follows the cursor."""
        super().moved()
        self.show_tags()

    def do_review_tags(self) -> None:
        """Open the tag bar."""
        self.tag_bar.display = True
        self.show_tags()
        self.refresh_bars()

    def do_tags_close(self) -> None:
        """Close the tag bar."""
        self.tag_bar.close()
        self.refresh_bars()

    def do_tags_new(self) -> None:
        """Name a new tag and set it."""
        self.ask("new tag", "", self.set_tag)

    def show_tags(self) -> None:
        """Paint the tag bar for the prediction."""
        row = self.row
        if not self.tag_bar.display or row is None:
            return
        with self.rft.workspace.store.read() as db:
            tags = known_tags(db, self.rft.workspace.reviewer)
        self.tag_bar.show(tags, row.tags)

    def toggle_tag(self, number: int) -> None:
        """Set the tag of a digit, or take it away."""
        row = self.row
        if row is None or number > len(self.tag_bar.tags):
            self.say("no tag has this digit", "state.warning")
            return
        tag = self.tag_bar.tags[number - 1]
        self.record(EventKind.UNTAG if tag in row.tags else EventKind.TAG, tag, row)
        self.show_again()

    def set_tag(self, tag: str) -> None:
        """Set a tag that was typed."""
        tag, row = clean_tag(tag), self.row
        if tag and row is not None:
            self.record(EventKind.TAG, tag, row)
            self.show_again()

    # Notes and references

    def do_review_note(self) -> None:
        """Write a note."""
        row, item = self.row, self.item
        if row is None or item is None:
            return

        def done(text: str) -> None:
            if text != item.state.note:
                self.record(EventKind.NOTE, text, row)
            self.show_again()

        self.ask("note", item.state.note, done)

    def do_review_reference(self) -> None:
        """Correct the reference answer."""
        item = self.item
        if item is None:
            return
        before = item.correction if item.correction is not None else item.reference or ""
        if "\n" in before:
            self.say("this reference has several lines: correct it in the dataset's file", "state.warning")
            return

        def done(text: str) -> None:
            if not text.strip():
                self.say("an empty reference is not kept", "state.warning")
                return
            if text != before:
                self.record_on([], EventKind.REFERENCE, text, row_id=item.row_id)
            self.show_again()

        self.ask("right reference", before, done)

    # Similar mistakes

    def do_review_similar(self) -> None:
        """Offer what the mistake may be grouped with, then ask for the tag of all of them."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        row, context = self.row, self.context
        if row is None or context is None:
            return
        with self.rft.workspace.store.read() as db:
            groups = similar_groups(db, context.selection, row.prediction)
        if not groups:
            self.say("no other mistake is like this one", "state.info")
            return
        choices = [
            Choice(str(number), group.label, f"{len(group.predictions):,} mistakes")
            for number, group in enumerate(groups)
        ]

        def chosen(value: str | None) -> None:
            if value is not None:
                group = groups[int(value)]
                self.ask(f"tag for all {len(group.predictions):,}", "", lambda tag: self.tag_group(group, tag))

        self.app.push_screen(PickScreen("mistakes like this one", choices), self.guarded(chosen))

    def tag_group(self, group: SimilarGroup, tag: str) -> None:
        """Set one tag on a group, as one step that one undo takes back."""
        tag = clean_tag(tag)
        if not tag:
            return
        with self.rft.workspace.store.read() as db:
            answers = [
                answer
                for first in range(0, len(group.predictions), 500)
                for answer in answers_of(db, group.predictions[first : first + 500])
            ]
        self.record_on(answers, EventKind.TAG, tag)
        self.table.forget()
        self.show_again()
        self.say(
            f"tagged {len(group.predictions):,} predictions {tag} · {self.hint_key('review.undo')} takes it back",
            "state.good",
        )

    def show_again(self) -> None:
        """Show the item again where it was: something about it has changed."""
        self.show_current(keep_place=True)
        self.show_tags()


def _prediction_of(db: sqlite3.Connection, answers: tuple[int, ...], row_ids: tuple[str, ...]) -> int | None:
    """A prediction that an undone step was about, to go back to."""
    if answers:
        row = db.execute("SELECT min(id) FROM prediction WHERE answer = ?", [answers[0]]).fetchone()
    elif row_ids:
        row = db.execute(
            "SELECT min(prediction.id) FROM prediction JOIN item ON item.id = prediction.item WHERE item.row_id = ?",
            [row_ids[0]],
        ).fetchone()
    else:
        return None
    return int(row[0]) if row and row[0] is not None else None
