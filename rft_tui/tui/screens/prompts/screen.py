"""Prompts: the files and the versions that were saved or used; making, editing and comparing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rft_tui.datasets.conversation import value_text
from rft_tui.model import JsonObject, Prompt
from rft_tui.safetext import one_line
from rft_tui.tui.actions import PROMPTS, Action
from rft_tui.tui.paint import Line, fit, fit_right, wrap_line, wrap_text
from rft_tui.tui.prompt_choice import SHOWN_DIGITS, ListedPrompt, list_versions
from rft_tui.tui.prompt_files import check_new_name, difference, save_prompt
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.two_panes import TwoPanes

DIFF_STYLES = {"-": "state.bad", "+": "state.good", "@": "text.faint"}
"""Colours of the lines of a difference; the sign stands before each line."""

NEEDS_PROMPT = ("prompts.edit", "prompts.external", "prompts.diff", "prompts.mark")


class PromptsSource:
    """Versions as rows of a table."""

    def __init__(self, versions: list[ListedPrompt], marked: str = "", words: Sequence[Line] = ()) -> None:
        self.versions = versions
        self._words = list(words)
        self.marked = marked

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.versions)

    def page(self, first: int, count: int) -> list[ListedPrompt]:
        """Some of them."""
        return self.versions[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit(" prompt", width - 18) + fit_right("examples", 9) + fit_right("letters", 9), "text.dim")]

    def paint(self, row: ListedPrompt, width: int) -> Line:
        """A file's prompt in full, an older version under it."""
        prompt = row.prompt
        sign = "●" if prompt.version == self.marked else " "
        version = f"@{prompt.version[:SHOWN_DIGITS]}"
        name = f"{one_line(prompt.name, 60)} {version}" if row.is_file else f"  {one_line(prompt.name, 40)} {version}"
        words = "" if row.is_file else " older, or not in prompts/"
        room = width - 20
        return [
            (sign, "text.accent bold"),
            (fit(name, min(room, len(name))), "text.normal bold" if row.is_file else "text.dim"),
            (fit(words, room - min(room, len(name)) + 1), "text.faint"),
            (fit_right(str(len(prompt.examples)) if prompt.examples else "–", 9), "text.dim"),
            (fit_right(f"{len(prompt.text):,}", 9), "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """What to press."""
        return self._words


class PromptsScreen(OverScreen, TwoPanes):
    """The versions at the left; text or difference at the right."""

    scope: ClassVar[str] = PROMPTS
    list_share = "2fr"
    pane_share = "3fr"

    def __init__(self, on_saved: Callable[[str], None] | None = None) -> None:
        """`on_saved` is told the name of a prompt that was made or changed."""
        super().__init__(PromptsSource([]))
        self._on_saved = on_saved
        self._shows_difference = False
        self._marked: Prompt | None = None

    @property
    def here(self) -> ListedPrompt | None:
        """The version under the cursor."""
        row: ListedPrompt | None = self.table.current
        return row

    def on_mount(self) -> None:
        """Read the prompts."""
        super().on_mount()
        self.do_refresh()

    def do_refresh(self) -> None:
        """Read files and versions again."""
        self._read(self.here.value if self.here else "")

    def _read(self, wanted: str) -> None:
        notes: list[str] = []
        versions = list_versions(self.rft.workspace, notes)
        place = next((number for number, one in enumerate(versions) if one.value == wanted), 0)
        makes = f" {self.hint_key('prompts.new')} makes one; any text file in prompts/ is one too."
        words: list[Line] = [[(" No prompts yet.", "text.normal")], [(makes, "text.dim")]]
        self.table.show(PromptsSource(versions, self._marked.version if self._marked else "", words), place)
        self.show_current()
        self.refresh_bars()
        if notes:
            self.say(notes[0], "state.warning")

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace; the screen's name and what is compared."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        right: Line = []
        if self._shows_difference and (older := self._older()) is not None:
            right = [(f"against @{older.version[:SHOWN_DIGITS]}", "state.info")]
        return (name, []), ([*self.tabs(), (" ▸Prompts", "text.accent bold")], right)

    def why_not(self, action: Action) -> str | None:
        """Most actions need a prompt."""
        if action.id in NEEDS_PROMPT and self.here is None:
            return "there is no prompt here"
        if action.id == "prompts.diff" and not self._shows_difference and self._older() is None:
            return "there is no other version to compare with"
        if action.id in ("open", "edit"):
            return f"{action.label}: not on this screen"
        return super().why_not(action)

    def _versions(self) -> list[ListedPrompt]:
        source = self.table.source
        return source.versions if isinstance(source, PromptsSource) else []

    def _older(self) -> Prompt | None:
        """What the version of the cursor is compared with: the marked one, else the next older one of its name."""
        here = self.here
        if here is None:
            return None
        if self._marked is not None and self._marked.version != here.prompt.version:
            return self._marked
        later = self._versions()[self.table.cursor + 1 :]
        return next((one.prompt for one in later if one.prompt.name == here.prompt.name), None)

    def show_current(self) -> None:
        """Show the text, or what differs."""
        here = self.here
        self.refresh_bars()
        if here is None:
            self.pane.show(lambda _width: [])
            return
        older = self._older() if self._shows_difference else None
        prompt = here.prompt
        if older is not None:
            self.pane.show(lambda width: _difference_lines(older, prompt, width))
        else:
            self.pane.show(lambda width: _text_lines(prompt, width))

    def do_prompts_diff(self) -> None:
        """Text or difference."""
        self._shows_difference = not self._shows_difference
        self.show_current()
        if self.is_narrow:
            self.go_to_pane(True)

    def do_prompts_mark(self) -> None:
        """Mark the version to compare with, or take the mark away."""
        here = self.here
        if here is not None:
            same = self._marked is not None and self._marked.version == here.prompt.version
            self._marked = None if same else here.prompt
            self._read(here.value)

    def do_prompts_new(self) -> None:
        """Make a prompt."""
        self.ask("name of the prompt", "", lambda text: self._edit(check_new_name(self.rft.workspace, text), ""))

    def do_prompts_edit(self) -> None:
        """Edit the text here."""
        here = self.here
        if here is not None:
            self._edit(here.prompt.name, here.prompt.text)

    def _edit(self, name: str, text: str) -> None:
        from rft_tui.tui.screens.prompts.editor import PromptEditor

        self.app.push_screen(PromptEditor(name, text, self._saved))

    def do_prompts_external(self) -> None:
        """Edit the text in the person's editor and take it back."""
        here = self.here
        if here is None:
            return
        text = self.edited_elsewhere(here.prompt.text, ".txt")
        if text.rstrip() == here.prompt.text:
            self.say("nothing was changed", "text.dim")
            return
        self._saved(save_prompt(self.rft.workspace, here.prompt.name, text, self.rft.store_soon))

    def _saved(self, prompt: Prompt) -> None:
        self._read(prompt.name)
        self.say(f"saved {prompt.name}, version {prompt.version[:SHOWN_DIGITS]}", "state.good")
        if self._on_saved is not None:
            self._on_saved(prompt.name)

    def do_back(self) -> None:
        """From the text to the list, from the list to the screen below."""
        if self.in_pane:
            self.go_to_pane(False)
        else:
            self.close_over()

    def text_to_take(self) -> tuple[str, str] | None:
        """The text."""
        return None if self.here is None else (self.here.prompt.text, ".txt")


def _text_lines(prompt: Prompt, width: int) -> list[Line]:
    lines = wrap_text(prompt.text, width)
    if prompt.examples:
        said = f"{len(prompt.examples)} worked examples go before the item as earlier turns"
        lines += [[], [(fit(said, width), "text.dim")]]
        for example in prompt.examples[:20]:
            lines += [[], *_example(example, width)]
    return lines


def _difference_lines(older: Prompt, newer: Prompt, width: int) -> list[Line]:
    lines: list[Line] = [
        [(f"- {one_line(older.name, 30)}@{older.version[:SHOWN_DIGITS]}", "state.bad bold")],
        [(f"+ {one_line(newer.name, 30)}@{newer.version[:SHOWN_DIGITS]}", "state.good bold")],
        [],
    ]
    found = difference(older, newer)
    for one in found:
        lines += wrap_text(one, width, DIFF_STYLES.get(one[:1], "text.normal"))
    return lines if found else [*lines, [("the two are equal", "text.dim")]]


def _example(example: JsonObject, width: int) -> list[Line]:
    """A worked example as it is sent: the question, the reasoning where there is one, the answer."""
    if "messages" in example:
        said = [(str(one.get("role")), value_text(one.get("content")) or "") for one in example["messages"]]
    else:
        said = [(name, str(example[name])) for name in ("question", "reasoning", "answer") if example.get(name)]
    lines: list[Line] = []
    for name, text in said:
        lines += wrap_line([(f"{name}  ", "text.faint"), (one_line(text, 2000), "text.dim")], width)[:12]
    return lines
