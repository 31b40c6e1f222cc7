"""New graders: from an example, a copy, a file, a function, or JSON that is pasted."""

from __future__ import annotations

import json

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.document import named_text
from rft_tui.graders.json_spans import JsonTextError, parse_spans
from rft_tui.graders.spec import MAX_FILE_BYTES, display_name, load_text, parse_spec
from rft_tui.safetext import one_line
from rft_tui.store.drafts import load_draft, save_draft
from rft_tui.store.graders import clean_name, grader_text, versions_of
from rft_tui.tui.editing.grader_text import RAW
from rft_tui.tui.screens.data.work import typed_path
from rft_tui.tui.screens.graders.lists import EntriesSource, read_entries
from rft_tui.tui.screens.graders.panes import NAMES, TEXT
from rft_tui.tui.screens.graders.parts import GradersParts
from rft_tui.tui.screens.pick import Choice


class GradersMaking(GradersParts):
    """What begins a grader. A text that came from elsewhere is kept as it is spelt there."""

    def __init__(self) -> None:
        super().__init__()
        self.editor.take_paste = self._take_paste

    def read_list(self, name: str = "", *, again: bool = True) -> None:
        """Read the graders, stand on one of them, and show it."""
        raise NotImplementedError

    def do_graders_new(self) -> None:
        """Choose what to begin with."""
        from rft_tui.tui.screens.pick import PickScreen

        def done(value: str | None) -> None:
            kind, _, rest = (value or "").partition(" ")
            if kind in ("type", "template"):
                self._from_example(kind, rest)
            elif kind == "copy":
                with self.rft.workspace.store.read() as db:
                    entry = next(one for one in read_entries(db) if one.name == rest)
                    assert entry.newest is not None
                    text = grader_text(db, entry.newest)
                self._begin(text, f"{rest} copy", is_renamed=True)
            elif kind == "file":
                self._from_file(rest)
            elif kind == "path":
                self.ask("grader file", "", self._from_file)
            elif kind == "paste":
                self._from_paste()

        self.app.push_screen(PickScreen("new grader from", self._beginnings()), self.guarded(done))

    def _beginnings(self) -> list[Choice]:
        from rft_tui.graders.examples import EXAMPLE_TYPES
        from rft_tui.graders.templates import TEMPLATES
        from rft_tui.tasks.graders import unstored_files

        source = self.table.source
        entries = source.entries if isinstance(source, EntriesSource) else []
        files = unstored_files(self.rft.workspace.store, self.rft.workspace.graders_folder)
        here = self.entry
        known = [one for one in entries if one.newest is not None and not one.newest.is_external]
        known.sort(key=lambda one: one is not here)
        choices = [Choice(f"type {name}", name, "an example of this type") for name in EXAMPLE_TYPES]
        choices += [Choice(f"template {name}", name, "worked out for short expert answers") for name in TEMPLATES]
        choices += [Choice(f"copy {one.name}", f"copy of {one_line(one.name, 50)}", "another grader") for one in known]
        choices += [Choice(f"file {path}", one_line(path.name), "file in graders/") for path in files]
        choices.append(Choice("path ", "a file …", "JSON of a grader, or FILE.py[:FUNCTION]"))
        choices.append(Choice("paste ", "paste the JSON …", "from the clipboard"))
        return choices

    def _from_example(self, kind: str, name: str) -> None:
        from rft_tui.graders.examples import example_spec
        from rft_tui.graders.templates import template_spec

        spec = example_spec(name) if kind == "type" else template_spec(name)
        self._begin(_pretty(spec), str(spec["name"]), is_renamed=True)

    def _from_file(self, typed: str) -> None:
        """Begin with a file: the JSON as it stands there, or a python function."""
        name, _, function = typed.rpartition(":")
        if ".py" in typed:
            from rft_tui.graders.from_function import spec_from_function

            path = typed_path(self, name if name.endswith(".py") else typed)
            spec = spec_from_function(path, function if name.endswith(".py") else None)
            self._begin(_pretty(spec), display_name(spec))
            return
        path = typed_path(self, typed)
        text = load_text(path)
        self._begin(text, display_name(parse_spec(text, one_line(str(path)))))

    def _from_paste(self) -> None:
        """Begin with JSON that is pasted or typed."""
        from rft_tui.tui.screens.graders.paste import PasteScreen

        def done(text: str | None) -> None:
            if text is not None:
                self._begin(text, display_name(parse_spec(text, "what was pasted")))

        self.app.push_screen(PasteScreen(), self.guarded(done))

    def _begin(self, text: str, name: str, *, is_renamed: bool = False) -> None:
        """Begin a grader with a text, under a name that is free; it is a draft until it is saved.

        With `is_renamed` its JSON gets that name too; what came from elsewhere stays as it is.
        """
        source = self.table.source
        taken = {one.name for one in source.entries if one.path is None} if isinstance(source, EntriesSource) else set()

        def named(typed: str) -> None:
            wanted = clean_name(typed)
            with self.rft.workspace.store.write() as db:
                if wanted in taken or versions_of(db, wanted) or load_draft(db, wanted) is not None:
                    raise UsageError(f"there is a grader {wanted!r} already", hint="Choose another name.")
                save_draft(db, wanted, None, _renamed(text, wanted) if is_renamed else text)
            self.keep()
            self.opened = None
            self.pane = NAMES
            self.read_list(wanted)
            if self.work.tab.kind == "form":
                self.go_to(TEXT)
            else:
                self.edit_here()

        number, free = 2, clean_name(name)
        while free in taken:
            free, number = f"{clean_name(name)} {number}", number + 1
        self.ask("name of the new grader", free, named)

    def _take_paste(self, text: str) -> bool:
        """Refuse what is too large, and let a whole grader that is pasted beside the raw JSON take its place."""
        if len(text) > MAX_FILE_BYTES:
            self.say(too_large(text), "state.warning")
            return True
        if self.work.tab.key != RAW or not self._is_beside_json() or not _is_grader(text):
            return False
        self.work.replace_all(text)
        self.paused()
        self.say(f"what was pasted is the grader now · {self.hint_key('graders.take_back')} takes it back",
                 "state.info")  # fmt: skip
        return True

    def _is_beside_json(self) -> bool:
        """Whether the cursor stands before or behind the JSON, where nothing can be put into it."""
        buffer = self.work.buffer
        if buffer.selection is not None:
            return False
        try:
            span = parse_spans(buffer.text)
        except JsonTextError:
            return False
        place = len(buffer.between((0, 0), buffer.cursor))
        return place <= span.start or place >= span.end


def _renamed(text: str, name: str) -> str:
    try:
        return named_text(text, name)
    except GraderSpecError:
        return text


def too_large(text: str) -> str:
    """That a pasted text is no grader any more."""
    return f"{len(text):,} characters were pasted; a grader has at most {MAX_FILE_BYTES:,}: nothing was taken"


def _is_grader(text: str) -> bool:
    try:
        return "type" in parse_spec(text, "")
    except GraderSpecError:
        return False


def _pretty(spec: object) -> str:
    return json.dumps(spec, indent=2, ensure_ascii=False) + "\n"
