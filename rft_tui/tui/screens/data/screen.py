"""Data: datasets with their problems, and the items of one of them with the whole row beside the list."""

from __future__ import annotations

from typing import Any, ClassVar

from rft_tui.model import Problem, Prompt
from rft_tui.safetext import one_line
from rft_tui.store.datasets import StoredDataset, StoredItem, get_item, list_datasets
from rft_tui.store.items_listing import ItemListing, ItemRow
from rft_tui.tui.actions import DATA, Action
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.data import work as data_work
from rft_tui.tui.screens.data.list import (
    DatasetsSource,
    ItemsSource,
    dataset_details,
    item_details,
    problem_lines,
    rendered_lines,
)
from rft_tui.tui.screens.two_panes import TwoPanes


class DataScreen(TwoPanes):
    """The list of datasets, and one level in, the items of one."""

    scope: ClassVar[str] = DATA
    title_word: ClassVar[str] = "Data"
    list_share = "1fr"
    pane_share = "1fr"

    def __init__(self) -> None:
        super().__init__(DatasetsSource([]))
        self.dataset: StoredDataset | None = None
        self.needle = ""
        self.prompt: Prompt | None = None
        self.raw = False
        self._report: tuple[str, list[Problem]] | None = None
        self._cursors: dict[str, int] = {}

    def on_mount(self) -> None:
        """Show what was shown last."""
        super().on_mount()
        saved = self.rft.session.get("data")
        saved = saved if isinstance(saved, dict) else {}
        cursors = saved.get("cursors")
        if isinstance(cursors, dict):
            self._cursors = {name: value for name, value in cursors.items() if isinstance(value, int)}
        self.show_datasets()
        wanted = saved.get("dataset")
        dataset = next((one for one in self._datasets() if one.name == wanted), None)
        if dataset is not None:
            self.open_dataset(dataset)

    def remembered(self) -> dict[str, Any]:
        """Which dataset is open and where the cursors stand."""
        self._cursors[self._place()] = self.table.cursor
        return {"dataset": self.dataset.name if self.dataset else None, "cursors": self._cursors}

    def _place(self) -> str:
        return self.dataset.name if self.dataset else ""

    def _datasets(self) -> list[StoredDataset]:
        source = self.table.source
        return source.datasets if isinstance(source, DatasetsSource) else []

    def show_datasets(self) -> None:
        """Show the list of datasets."""
        self._close_listing()
        with self.rft.workspace.store.read() as db:
            datasets = list_datasets(db)
        self.dataset, self.needle = None, ""
        self.table.show(DatasetsSource(datasets), self._cursors.get("", 0))
        self.show_current()
        self.refresh_bars()

    def open_dataset(self, dataset: StoredDataset, needle: str = "") -> None:
        """Show the items of a dataset, or those that hold a needle."""
        listing = ItemListing(self.rft.workspace.store, dataset.id, needle)
        self._cursors[self._place()] = self.table.cursor
        self._close_listing()
        self.dataset, self.needle = dataset, needle
        self.table.show(ItemsSource(listing), 0 if needle else self._cursors.get(dataset.name, 0))
        self.show_current()
        self.refresh_bars()
        self.rft.remember()

    def _close_listing(self) -> None:
        source = self.table.source
        if isinstance(source, ItemsSource):
            source.listing.close()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and dataset; screens, filter and count."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        if self.dataset is not None:
            name += [(" · ", "text.dim"), (one_line(self.dataset.name, 40), "text.normal")]
        if self.prompt is not None:
            name += [(" · with prompt ", "text.dim"), (one_line(self.prompt.name, 20), "state.info")]
        words = self.tabs()
        if self.needle:
            words = [*words, (f" /{one_line(self.needle, 30)}", "state.warning")]
        what = "items" if self.dataset else "datasets"
        return (name, []), (words, [(f"{self.table.count:,} {what}", "text.dim")])

    def why_not(self, action: Action) -> str | None:
        """Some actions need a dataset, some an item."""
        if action.id in ("data.prompt", "data.raw", "edit", "copy") and self.dataset is None:
            return "open a dataset first"
        if (
            action.id in ("open", "filter", "data.check", "data.split", "data.export", "data.predict")
            and self.table.count == 0
            and self.dataset is None
        ):
            return "there are no datasets here"
        return super().why_not(action)

    @property
    def item(self) -> StoredItem | None:
        """The item under the cursor."""
        row = self.table.current
        if not isinstance(row, ItemRow):
            return None
        with self.rft.workspace.store.read() as db:
            return get_item(db, row.item)

    def show_current(self) -> None:
        """Show the dataset's facts and problems, or the item in full."""
        row = self.table.current
        if isinstance(row, StoredDataset):
            dataset = row
            report = self._report[1] if self._report and self._report[0] == dataset.name else None
            if report is None:
                self.pane.show(lambda width: dataset_details(dataset, width))
            else:
                self.pane.show(lambda width: problem_lines(report, width))
            return
        item = self.item
        if item is None:
            self.pane.show(lambda _width: [])
            return
        self.pane.show(lambda width: item_details(item, self._rendered(item, width), width, raw=self.raw))

    def _rendered(self, item: StoredItem, width: int) -> list[Line] | None:
        if self.prompt is None:
            return None
        from rft_tui.datasets.render import render

        rendered = render(self.prompt, item.messages)
        return rendered_lines(rendered.messages, rendered.notes, width)

    def text_to_take(self) -> tuple[str, str] | None:
        """The row as it stands in the file."""
        item = self.item
        return None if item is None else (item.raw.decode("utf-8", "replace"), ".json")

    def do_open(self) -> None:
        """Open the dataset, or read the item."""
        row = self.table.current
        if isinstance(row, StoredDataset):
            self.open_dataset(row)
        elif row is not None:
            self.go_to_pane(True)

    def do_back(self) -> None:
        """From the item to the list, from the list to the datasets."""
        if self.in_pane:
            self.go_to_pane(False)
        elif self.needle and self.dataset is not None:
            self.open_dataset(self.dataset)
        elif self.dataset is not None:
            self._cursors[self.dataset.name] = self.table.cursor
            self.show_datasets()
            self.rft.remember()
        self.footer.say(None)

    def do_refresh(self) -> None:
        """Read the cache again."""
        self._report = None
        if self.dataset is not None:
            self.open_dataset(self.dataset, self.needle)
        else:
            self.show_datasets()

    def do_filter(self) -> None:
        """Keep items whose question or reference holds a text."""
        dataset = self.dataset
        if dataset is None:
            row = self.table.current
            if not isinstance(row, StoredDataset):
                return
            dataset = row
        before = self.needle

        def keep(text: str) -> None:
            self.open_dataset(dataset, text.strip())

        self.ask("/", before, keep, on_change=keep, on_cancel=lambda: self.open_dataset(dataset, before))

    def do_data_raw(self) -> None:
        """The row as it stands in the file, or laid out."""
        self.raw = not self.raw
        self.show_current()

    def do_data_prompt(self) -> None:
        """Show the items as they are sent with a prompt."""
        from rft_tui.datasets.prompts import list_prompts
        from rft_tui.tui.screens.pick import Choice, PickScreen

        folder = self.rft.workspace.prompts_folder
        prompts = {prompt.name: prompt for prompt in (list_prompts(folder) if folder.is_dir() else [])}
        if not prompts:
            self.say(f"there is no prompt yet: {self.hint_key('data.prompts')} makes one", "state.warning")
            return
        choices = [Choice("", "no prompt")] + [
            Choice(name, name, one_line(prompt.text, 60)) for name, prompt in prompts.items()
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                self.prompt = prompts.get(name)
                self.show_current()
                self.refresh_bars()

        current = self.prompt.name if self.prompt else ""
        self.app.push_screen(PickScreen("show items with prompt", choices, current=current), self.guarded(chosen))

    def do_data_prompts(self) -> None:
        """Make, edit and compare prompts."""
        from rft_tui.tui.screens.prompts.screen import PromptsScreen

        self.app.push_screen(PromptsScreen(self.guarded(self._prompt_saved)))

    def _prompt_saved(self, name: str) -> None:
        """Show the items with the new text, if they are shown with that prompt."""
        if self.prompt is not None and self.prompt.name == name:
            from rft_tui.tui.prompt_choice import find_prompt

            self.prompt = find_prompt(self.rft.workspace, name)
            self.show_current()

    def do_data_predict(self) -> None:
        """Open the form of a new run on the dataset."""
        from rft_tui.tui.screens.runs.new_run import NewRunScreen

        row = self.dataset or self.table.current
        if isinstance(row, StoredDataset):
            self.app.push_screen(NewRunScreen({"dataset": row.name}))

    def do_data_check(self) -> None:
        """Check the dataset's file again, every rule, in the background; or show its facts again."""
        row = self.dataset or self.table.current
        if not isinstance(row, StoredDataset):
            return
        if self._report is not None and self._report[0] == row.name:
            self._report = None
            self.show_current()
            return
        others = [one for one in self._all_datasets() if one.id != row.id]
        if not others:
            data_work.check(self, row)
            return
        from rft_tui.tui.screens.pick import Choice, PickScreen

        choices = [Choice("", "by itself")] + [Choice(one.name, one_line(one.name), "leakage too") for one in others]

        def chosen(name: str | None) -> None:
            if name is not None:
                data_work.check(self, row, next((one for one in others if one.name == name), None))

        self.app.push_screen(PickScreen(f"check {one_line(row.name, 40)} against", choices), self.guarded(chosen))

    def _all_datasets(self) -> list[StoredDataset]:
        with self.rft.workspace.store.read() as db:
            return list_datasets(db)

    def do_data_import(self) -> None:
        """Bring in a dataset from a file."""
        self.ask("dataset file", "", lambda text: data_work.bring_in(self, text))

    def do_data_split(self) -> None:
        """Draw parts of the dataset as datasets of their own."""
        row = self.dataset or self.table.current
        if not isinstance(row, StoredDataset):
            return
        third = max(1, row.rows // 10)
        name = row.name.replace(" ", "_")
        parts = ("train", row.rows - 2 * third), ("validation", third), ("test", third)
        proposal = " ".join([*(f"{name}-{part}={size}" for part, size in parts), "seed=42"])
        self.ask(f"split {row.name} into", proposal, lambda text: data_work.split(self, row, text))

    def do_data_export(self) -> None:
        """Write the dataset into a file, as it came or with the prompt that is shown."""
        row = self.dataset or self.table.current
        if not isinstance(row, StoredDataset):
            return
        name = f"{row.name}{'-' + self.prompt.name if self.prompt else ''}.jsonl"
        self.ask("write to", name, lambda text: data_work.export(self, row, self.prompt, text))

    def on_data_changed(self, message: data_work.DataChanged) -> None:
        """Show what was made."""
        if self.dataset is None:
            self.show_datasets()
        self.say(message.said, "state.warning" if message.warning else "state.good")

    def on_check_done(self, message: data_work.CheckDone) -> None:
        """Show what was found."""
        self._report = (message.dataset, message.problems)
        if self.dataset is not None:
            self.show_datasets()
        self.show_current()
        errors = sum(problem.severity == "error" for problem in message.problems)
        warnings = len(message.problems) - errors
        self.say(f"{message.dataset}: {errors} errors, {warnings} warnings", "state.bad" if errors else "state.good")

    def on_unmount(self) -> None:
        """Close what is open."""
        self._close_listing()
