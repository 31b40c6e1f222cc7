"""What a second rater is asked in the background, as long as somebody wants it, whatever screen is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Protocol

from textual.message import Message

from rft_tui.errors import RftError
from rft_tui.model import JudgeUse
from rft_tui.providers.profiles import find_key
from rft_tui.tasks.predicting.estimate import Estimate
from rft_tui.tui.rating.wish import RaterWish
from rft_tui.tui.task_words import at_most, counted, money
from rft_tui.tui.workbench import Workbench

Known = Callable[[], None]
"""Takes over what a worker has found out; runs on the app's side."""

Hear = Callable[[Known], None]
"""Tells from a thread what has come meanwhile."""

Work = Callable[[Event, Hear], Known]
"""Work for a thread: it ends soon after the event is set, and gives what is known at its end."""


class FromWorker(Message):
    """Posted by a worker with what is to be taken over on the app's side."""

    def __init__(self, take: Known) -> None:
        super().__init__()
        self.take = take


class DeskHost(Protocol):
    """The screen that is always there while the app runs: it does the work and hears of what comes of it."""

    @property
    def rft(self) -> Workbench:
        """The app."""
        ...

    def in_thread(self, work: Callable[[], None]) -> None:
        """Do something in a thread."""
        ...

    def tell(self, take: Known) -> None:
        """From a thread: take something over on the app's side."""
        ...

    def desk_changed(self, desk: AskingDesk) -> None:
        """Show what is known now."""
        ...

    def desk_ended(self, desk: AskingDesk, said: str, style: str) -> None:
        """Say how asking has ended."""
        ...


class AskingDesk:
    """Questions to one rater about one grader version: read, priced, asked, stopped.

    `word` is the name of what a person looks at: ``v3``. `estimate` says what asking would take, None until that is
    known or where nobody can be asked; `offered` that this was put before the person already.
    """

    noun = ""

    def __init__(self, host: DeskHost, name: str, word: str, wish: RaterWish | None) -> None:
        self.host = host
        self.name = name
        self.word = word
        self.wish = wish
        self.estimate: Estimate | None = None
        self.error: RftError | None = None
        self.offered = False
        self.is_reading = False
        self.is_asking = False
        self.progress = (0, 0)
        self._stop = Event()
        self._serial = 0

    @property
    def is_simulated(self) -> bool:
        """Whether the embedded service has a part in what is shown, or would have."""
        return self.profile_is_simulated

    @property
    def profile_is_simulated(self) -> bool:
        """Whether the embedded service is asked."""
        return self.wish is not None and self.wish.service.startswith("simulated")

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more is asked and what is on its way may still come."""
        return self.is_asking and self._stop.is_set()

    def read(self) -> None:
        """Read in the background what is kept, and what asking would take."""
        raise NotImplementedError

    def ask(self) -> None:
        """Ask in the background."""
        raise NotImplementedError

    def choose(self, wish: RaterWish) -> None:
        """Take another rater, or another number of pairs."""
        self.wish, self.estimate, self.error, self.offered = wish, None, None, False
        self.read()

    @property
    def has_more(self) -> bool:
        """Whether something is not answered yet, paid for or not."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises RftError where the rater cannot be asked."""
        if self.wish is not None:
            find_key(self.wish.find(self.host.rft.workspace.settings))

    def stop(self) -> None:
        """Ask nothing more; what is on its way may still come."""
        self._stop.set()
        self.host.desk_changed(self)

    def leave(self) -> None:
        """The app ends."""
        self._serial += 1
        self._stop.set()

    def cost_words(self) -> str:
        """What asking would take, in few words."""
        wish, estimate = self.wish, self.estimate
        if wish is None or estimate is None:
            return ""
        simulated = self.profile_is_simulated
        return f"asks {at_most(estimate.requests, estimate.cost, through=wish.profile, simulated=simulated)}"

    def progress_words(self) -> str:
        """How far asking is; empty where nobody is asked."""
        if not self.is_asking:
            return ""
        done, of = self.progress
        return f"{self.noun} {done:,}/{of:,}"

    def begin(self, work: Work, *, asks: bool) -> None:
        """Work in a thread; what it gives is taken over unless something else was begun meanwhile."""
        self._serial += 1
        serial, stop = self._serial, Event()
        self._stop, self.error = stop, None
        self.is_reading, self.is_asking = not asks, asks

        def hear(heard: Known) -> None:
            if not self.host.rft.is_leaving:
                self.host.tell(lambda: self._take(serial, heard, ends=False))

        def run() -> None:
            take: Known = _nothing
            try:
                take = work(stop, hear)
            except RftError as error:
                take = partial(self._failed, error)
            finally:
                if not self.host.rft.is_leaving:
                    self.host.tell(lambda: self._take(serial, take, ends=True))

        self.host.in_thread(run)
        self.host.desk_changed(self)

    def _failed(self, error: RftError) -> None:
        self.error = error
        self.host.rft.log_error(error)
        if self.is_asking:
            self.host.desk_ended(self, error.message, "state.bad")

    def _take(self, serial: int, take: Known, *, ends: bool) -> None:
        if serial != self._serial:
            return
        take()
        if ends:
            self.is_reading = self.is_asking = False
        self.host.desk_changed(self)


class Bill:
    """What was asked and paid in one go; `cost` is None where the price of an answer is not known."""

    def __init__(self) -> None:
        self.asked = 0
        self.cached = 0
        self.cost: float | None = 0.0

    def count(self, use: JudgeUse) -> None:
        """Count one answer."""
        if use.cached:
            self.cached += 1
            return
        self.asked += 1
        self.cost = None if self.cost is None or use.cost is None else self.cost + use.cost


def bill_words(asked: int, cached: int, cost: float | None) -> str:
    """What was asked and paid, in few words."""
    paid = "unknown price" if cost is None else money(cost)
    kept = f", {cached:,} kept from before" if cached else ""
    return f"{counted(asked, 'question')} asked{kept}, {paid}"


def _nothing() -> None:
    """Nothing is to be taken over: the work failed, which is said elsewhere."""
