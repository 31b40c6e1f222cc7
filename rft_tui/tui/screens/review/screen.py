"""Review, the home screen: a list of predictions and one of them in full; one key a verdict, then on to the next."""

from __future__ import annotations

from rft_tui.model import Verdict
from rft_tui.tui.actions import REVIEW, TAGS, Action
from rft_tui.tui.screens.review.choices import ReviewChoices
from rft_tui.tui.screens.review.verdicts import ReviewVerdicts
from rft_tui.tui.widgets.table import Table

NEEDS_ROW = frozenset(
    {
        *(verdict.value for verdict in Verdict),
        "tags",
        "note",
        "reference",
        "similar",
        "next_run",
        "previous_run",
        "mark",
    }
)
"""Review actions that are about one prediction."""


class ReviewScreen(ReviewVerdicts, ReviewChoices):
    """The list at the left, the item at the right; on a narrow screen one of them."""

    def on_resize(self) -> None:
        """Lay out again for another width."""
        self.lay_out()
        super().on_resize()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        """Open the row."""
        message.stop()
        self.do_open()

    def why_not(self, action: Action) -> str | None:
        """Actions on a prediction need one."""
        needs_row = (action.scope == REVIEW and action.id.removeprefix("review.") in NEEDS_ROW) or action.scope == TAGS
        if needs_row and self.row is None:
            return "there is no prediction here"
        if action.scope == TAGS:
            return None
        return super().why_not(action)

    def text_to_take(self) -> tuple[str, str] | None:
        """The question, both answers and the reasoning, in full."""
        item = self.item
        if item is None:
            return None
        parts = [("question", item.question), ("reference", item.reference), ("prediction", item.output_text),
                 ("reasoning", item.summary)]  # fmt: skip
        return "\n\n".join(f"# {name}\n\n{text}" for name, text in parts if text) + "\n", ".md"

    # Moving

    def move(self, rows: int) -> None:
        """Scroll the item where that is what keys move, else go through the list."""
        if self.in_item and not self.is_narrow:
            self.pane.scroll(rows)
        else:
            self.table.go(self.table.cursor + rows)

    def move_page(self, pages: int) -> None:
        """By pages: in the item where that is what is read."""
        if self.is_narrow and self.pane.display:
            self.pane.scroll(pages * max(1, self.pane.size.height - 2))
        else:
            self.move(pages * max(1, self.table.rows_shown - 1))

    def do_next_pane(self) -> None:
        """From list to item and back."""
        self.go_to_pane(self.state.list_open if self.is_narrow else not self.in_item)

    def go_to_pane(self, in_pane: bool) -> None:
        """Let keys move the item, or the list; a narrow screen shows that one."""
        self.state.list_open = not in_pane
        self.set_active(not in_pane)
        if self.is_narrow:
            self.lay_out()
            self.paint_item(keep_place=True)

    def do_back(self) -> None:
        """Back to the list, or close the tag bar."""
        if self.tag_bar.display:
            self.do_tags_close()
        else:
            self.go_to_pane(self.is_narrow)
        self.footer.say(None)

    def do_refresh(self) -> None:
        """Read the cache again."""
        self.forget_summary()
        self.reload(keep=self.state.prediction)
