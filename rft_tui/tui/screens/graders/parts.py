"""Parts of a grader that come and go outside the raw JSON: messages, parameters, labels, children."""

from __future__ import annotations

from rft_tui.graders.additions import Addition, Removal, additions, removals, with_addition
from rft_tui.graders.document import Part, PartPath
from rft_tui.graders.document_edits import without_part
from rft_tui.safetext import one_line
from rft_tui.tui.screens.graders.consequences import GradersConsequences
from rft_tui.tui.screens.graders.panes import TEXT

ASKED = {"name": "name for the formula", "label": "label"}
"""What is asked for before something is added."""


class GradersParts(GradersConsequences):
    """The keys that add a part and take one out; each is one step that can be taken back."""

    @property
    def shown_part(self) -> Part | None:
        """The part that is shown, the field under the cursor of a form; None in the raw JSON."""
        tab = self.work.tab
        if not tab.parts:
            return None
        return tab.parts[self.form.cursor if tab.kind == "form" else 0]

    def do_graders_add_part(self) -> None:
        """Choose what to add to the grader whose part is shown."""
        self.keep()
        part = self.shown_part
        found = additions(self.work.text, part.grader if part else (), part.path if part else ())
        if not found:
            self.say("there is nothing more that this grader can hold", "text.dim")
            return
        from rft_tui.tui.screens.pick import Choice, PickScreen

        def done(value: str | None) -> None:
            if value is None:
                return
            addition = found[int(value)]
            if addition.asks:
                self.ask(ASKED[addition.asks], "", lambda typed: self._add(addition, typed))
            else:
                self._add(addition, "")

        choices = [Choice(str(number), one.label, one.about) for number, one in enumerate(found)]
        self.app.push_screen(PickScreen("add", choices), self.guarded(done))

    def _add(self, addition: Addition, typed: str) -> None:
        text, path = with_addition(self.work.text, addition, typed)
        self._change(text, path)
        is_message = self.work.tab.kind == "text" and not self.work.is_raw
        if is_message:
            self.edit_here()
        self.say(f"added: {one_line(addition.label, 60)} · {self.hint_key('graders.take_back')} takes it back",
                 "state.good")  # fmt: skip

    def do_graders_drop_part(self) -> None:
        """Take out what is shown, or one of the graders that it belongs to."""
        self.keep()
        part = self.shown_part
        if part is None:
            self.say(f"choose a part first: {self.hint_key('graders.raw')} shows them", "text.dim")
            return
        found = removals(part)
        if not found:
            there = part.value is not None
            said = "is what the grader is; it cannot be taken out" if there else "is not in the grader"
            self.say(f"{one_line(part.label, 60)} {said}", "state.warning")
        elif len(found) == 1:
            self._drop(found[0])
        else:
            from rft_tui.tui.screens.pick import Choice, PickScreen

            choices = [Choice(str(number), one.label) for number, one in enumerate(found)]

            def done(value: str | None) -> None:
                if value is not None:
                    self._drop(found[int(value)])

            self.app.push_screen(PickScreen("take out", choices), self.guarded(done))

    def _drop(self, removal: Removal) -> None:
        self._change(without_part(self.work.text, removal.path), removal.path)
        self.say(f"took out: {one_line(removal.label, 60)} · {self.hint_key('graders.take_back')} takes it back",
                 "state.good")  # fmt: skip

    def _change(self, text: str, path: PartPath) -> None:
        """Take another JSON text, and stand on what came at a path, or beside what went."""
        self.shows_difference = False
        self.work.change_json(text, path)
        self.go_to(TEXT)
        self._show_body()
        found = self.work.place_of(path)
        if found is not None and found[0].key == self.work.tab.key and self.work.tab.kind == "form":
            self.form.go(found[1])
        self.paused()
