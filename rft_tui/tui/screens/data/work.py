"""What the Data screen does with a dataset: check it, split it, write it into a file; in the background."""

from __future__ import annotations

from pathlib import Path

from textual.message import Message

from rft_tui.errors import UsageError
from rft_tui.model import Problem, Prompt
from rft_tui.store.datasets import StoredDataset
from rft_tui.tui.screens.base import WorkScreen


class CheckDone(Message):
    """Posted when a worker has checked a dataset."""

    def __init__(self, dataset: str, problems: list[Problem]) -> None:
        super().__init__()
        self.dataset = dataset
        self.problems = problems


class DataChanged(Message):
    """Posted when a worker has made datasets or files; `said` tells which."""

    def __init__(self, said: str, *, warning: bool = False) -> None:
        super().__init__()
        self.said = said
        self.warning = warning


def check(screen: WorkScreen, dataset: StoredDataset, against: StoredDataset | None = None) -> None:
    """Check every row by every rule, and for leakage against another dataset if one is given; posts CheckDone."""

    def work() -> None:
        from rft_tui.datasets.leakage import OtherRows
        from rft_tui.tasks.check_data import check_dataset, rows_of

        store = screen.rft.workspace.store
        others = [] if against is None else [OtherRows(against.name, rows_of(store, against))]
        report = check_dataset(store, dataset, against=others)
        screen.post_message(CheckDone(dataset.name, list(report.problems)))

    screen.say(f"checking {dataset.name} …", "state.info")
    screen.run_worker(work, thread=True, exclusive=True, group="data.check", exit_on_error=False)


def bring_in(screen: WorkScreen, text: str) -> None:
    """Import a dataset file; posts DataChanged."""
    path = typed_path(screen, text)

    def work() -> None:
        from rft_tui.tasks.import_data import import_dataset

        done = import_dataset(screen.rft.workspace.store, path)
        said = [f"{done.dataset.name}: {done.dataset.rows:,} items", *done.notes]
        screen.post_message(DataChanged(" · ".join(said), warning=bool(done.problems)))

    screen.say(f"importing {path.name} …", "state.info")
    screen.run_worker(work, thread=True, exclusive=True, group="data.import", exit_on_error=False)


def typed_path(screen: WorkScreen, text: str) -> Path:
    """A typed path; relative ones begin at the workspace. Raises UsageError for a home that nobody has."""
    try:
        path = Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{text.strip()}: {error}", hint="Write the whole path.") from error
    return path if path.is_absolute() else screen.rft.workspace.folder / path


def split(screen: WorkScreen, dataset: StoredDataset, text: str) -> None:
    """Draw parts as typed, ``train=60 validation=10 test=10 seed=42``; posts DataChanged. Raises UsageError."""
    sizes, seed = parse_sizes(text)

    def work() -> None:
        from rft_tui.tasks.split_data import split_dataset

        report = split_dataset(screen.rft.workspace.store, dataset, sizes, seed=seed)
        made = ", ".join(f"{part.name} {part.rows:,}" for part in report.parts)
        screen.post_message(DataChanged(" · ".join([f"made {made}", *report.notes]), warning=bool(report.notes)))

    screen.run_worker(work, thread=True, exclusive=True, group="data.split", exit_on_error=False)


def parse_sizes(text: str) -> tuple[dict[str, int], int]:
    """Names and sizes of parts, and the seed (42 unless said). Raises UsageError saying what is wrong."""
    sizes: dict[str, int] = {}
    for word in text.split():
        name, sign, number = word.rpartition("=")
        if not sign or not name or not number.isdecimal():
            raise UsageError(f"{word!r} is no size", hint="Write NAME=N, for example train=60 validation=10 test=10.")
        sizes[name] = int(number)
    seed = sizes.pop("seed", 42)
    if not sizes:
        raise UsageError("no part is named", hint="Write NAME=N, for example train=60 validation=10 test=10.")
    return sizes, seed


def export(screen: WorkScreen, dataset: StoredDataset, prompt: Prompt | None, text: str) -> None:
    """Write the rows into a file of the workspace, rendered with the prompt if one is shown; posts DataChanged.

    Raises UsageError for a file that is there already: nothing is written over from a screen.
    """
    path = typed_path(screen, text)
    if path.exists():
        raise UsageError(f"{path} is there already", hint="Name another file.")

    def work() -> None:
        from rft_tui.datasets.write import write_rows
        from rft_tui.tasks.export_data import export_rows

        notes: dict[str, int] = {}
        count = write_rows(path, export_rows(screen.rft.workspace.store, dataset, notes, prompt=prompt))
        how = f" with prompt {prompt.name}" if prompt else ""
        screen.post_message(DataChanged(f"{count:,} rows{how} written to {path}"))

    screen.run_worker(work, thread=True, exclusive=True, group="data.export", exit_on_error=False)
