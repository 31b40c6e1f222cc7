"""What screens share that show what a second rater says: figures above, the list, one entry; asking after a yes."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from rft_tui.safetext import one_line
from rft_tui.store.filters import Sort
from rft_tui.store.kept_lists import put_list
from rft_tui.tui.actions import Action
from rft_tui.tui.paint import Line
from rft_tui.tui.rating.choosing import choose_rater
from rft_tui.tui.rating.desk import AskingDesk
from rft_tui.tui.rating.wish import RaterWish, wish_json
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.summary_panes import SummaryPanes
from rft_tui.tui.widgets.table import TableSource

MOST_SUMMARY = 8
"""Lines of the figures at the most."""


class ListKept(Message):
    """Posted when predictions are kept as a list, to be read from one of them on."""

    def __init__(self, prediction: int) -> None:
        super().__init__()
        self.prediction = prediction


class AskingScreen(OverScreen, SummaryPanes):
    """A view of a desk: leaving it lets the desk go on, esc ends asking first.

    Subclasses say what is listed, what stands above, and which predictions Review is to show.
    """

    list_share = "2fr"
    pane_share = "3fr"
    list_name = ""
    """The name of the kept list that Review shows."""

    def __init__(self, desk: AskingDesk, source: TableSource) -> None:
        super().__init__(source)
        self.desk = desk

    def on_mount(self) -> None:
        """Show what is known, and read the rest; who is asked must be known first."""
        super().on_mount()
        self.show_result()
        if self.desk.wish is None:
            self.desk.read()
            choose_rater(self, None, self.chosen)
        elif not self.desk.is_asking:
            self.desk.offered = False
            self.desk.read()

    def on_screen_resume(self) -> None:
        """Something may have come meanwhile."""
        super().on_screen_resume()
        if self.is_mounted:
            self.show_result()

    def lay_out(self) -> None:
        """On a narrow screen an entry has the room of the figures too."""
        super().lay_out()
        self.summary.display = not (self.is_narrow and self.in_pane)

    # What is shown

    def list_source(self) -> TableSource:
        """What is listed now."""
        raise NotImplementedError

    def place_of(self, row: object, source: TableSource) -> int:
        """Where in another source the row is that the cursor was on."""
        raise NotImplementedError

    def show_result(self) -> None:
        """Show what the desk knows now; the cursor stays on its row."""
        here, source = self.table.current, self.list_source()
        place = 0 if here is None else self.place_of(here, source)
        self.table.show(source, place)
        self.show_summary()
        self.show_current(keep_place=here is not None)
        self.refresh_bars()

    def show_current(self, *, keep_place: bool = False) -> None:
        """Show the entry under the cursor."""
        raise NotImplementedError

    @property
    def most_summary(self) -> int:
        """Lines of the figures at the most: they leave two thirds of the screen."""
        return min(MOST_SUMMARY, max(1, self.app.size.height // 3))

    def progress_line(self) -> Line:
        """How far asking is, and what ends it."""
        desk = self.desk
        if desk.is_stopping:
            return [("stopping: what is on its way may still come", "state.info")]
        if desk.is_asking:
            return [(f"{desk.progress_words()} · {self.hint_key('back')} stops", "state.info")]
        return [("reading …", "state.info")] if desk.is_reading else []

    def rater_words(self) -> Line:
        """Who the rater is; it is called a model."""
        wish = self.desk.wish
        if wish is None:
            return [("no rater chosen", "text.dim")]
        room = 18 if self.is_narrow else 40
        line: Line = [("a model: ", "text.dim"), (one_line(wish.model, room), "text.normal")]
        if wish.profile and not self.is_narrow:
            line.append((f" through {one_line(wish.profile, 20)}", "text.dim"))
        return line

    def error_lines(self) -> list[Line]:
        """What went wrong, and what to do."""
        error = self.desk.error
        return [] if error is None else [self.error_spans(error)]

    # Asking

    def why_not(self, action: Action) -> str | None:
        """One thing after the other."""
        desk, what = self.desk, action.id.rpartition(".")[2]
        if what in ("ask", "model", "pairs") and hasattr(self, action.method):
            if desk.is_asking:
                return f"it is asking now · {self.hint_key('back')} stops it"
            if what == "ask" and desk.is_reading:
                return "reading … what asking takes is not known yet"
        if action.id == "open" and self.table.current is None:
            return "there is nothing to open here"
        return super().why_not(action)

    def offer(self) -> None:
        """When the price is known: ask for a yes, or say what asking would take where something is there already."""
        desk = self.desk
        estimate = desk.estimate
        if estimate is None or desk.offered or desk.is_asking or not self.is_current:
            return
        if self.is_asking or self.is_confirming:
            return
        desk.offered = True
        if not desk.has_more:
            return
        if not estimate.requests:
            desk.ask()
        elif self.has_something:
            self.say(f"as it was kept · {self.hint_key(self.ask_action)} {desk.cost_words()}", "state.info")
        else:
            self.ask_for_yes()

    ask_action = ""
    """The action that asks."""

    @property
    def has_something(self) -> bool:
        """Whether there is something to read without asking."""
        raise NotImplementedError

    def ask_for_yes(self) -> None:
        """Say what asking takes, and ask only after another key."""
        desk = self.desk
        if desk.wish is None:
            choose_rater(self, None, self.chosen)
            return
        desk.check()
        if desk.estimate is None:
            desk.offered = False
            desk.read()
        elif not desk.estimate.requests and not desk.has_more:
            self.say(self.nothing_left(), "state.good")
        elif not desk.estimate.requests:
            desk.ask()
        else:
            self.confirm(desk.cost_words(), desk.ask)

    def nothing_left(self) -> str:
        """What is said where everything is answered."""
        raise NotImplementedError

    def choose_model(self) -> None:
        """Choose another rater."""
        choose_rater(self, self.desk.wish, self.chosen)

    def chosen(self, wish: RaterWish) -> None:
        """Somebody has chosen a rater."""
        self.take_wish(wish)

    def take_wish(self, wish: RaterWish) -> None:
        """Keep a choice for the next time, and go by it."""
        self.rft.session["rater"] = wish_json(wish)
        self.rft.remember()
        self.desk.choose(wish)

    # Going elsewhere

    def do_back(self) -> None:
        """From the entry to the list; then asking is ended; then out."""
        if self.in_pane:
            self.go_to_pane(False)
        elif self.desk.is_asking and not self.desk.is_stopping:
            self.desk.stop()
            self.say("stopping: what was answered is kept", "text.dim")
        else:
            self.close_over()

    def predictions(self) -> Sequence[int]:
        """What Review is to show, in this order."""
        raise NotImplementedError

    def prediction_here(self) -> int | None:
        """The prediction from which Review is read on."""
        raise NotImplementedError

    def grader_here(self) -> int | None:
        """The version by which Review shows scores."""
        raise NotImplementedError

    def do_open(self) -> None:
        """Keep the list, in the background: others may be writing just now."""
        at = self.prediction_here()
        if at is None:
            return
        store, predictions, name = self.rft.workspace.store, list(self.predictions()), self.list_name

        def keep() -> None:
            with store.write() as db:
                put_list(db, name, predictions)
            self.post_message(ListKept(at))

        self.run_worker(keep, thread=True, exclusive=True, group="graders.list", exit_on_error=False)

    def on_list_kept(self, message: ListKept) -> None:
        """Read it in Review, in this order."""
        from rft_tui.tui.screens.review.screen import ReviewScreen

        review = self.rft.work_screen("review")
        if not self.is_current or not isinstance(review, ReviewScreen):
            return
        grader = self.grader_here()
        self.close_over()
        self.rft.show_screen("review")
        wanted = {"runs": None, "baseline": None, "query": f"list:{self.list_name}", "sort": Sort.LIST.value,
                  "descending": False, "threshold": None, "prediction": message.prediction}  # fmt: skip
        review.look_by(wanted | ({"grader": grader} if grader is not None else {}))
