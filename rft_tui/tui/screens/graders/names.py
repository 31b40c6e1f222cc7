"""The names that texts of a grader may hold: coloured by what there is, and completed as one types."""

from __future__ import annotations

from rft_tui.tasks.retesting.probes import ProbeRow
from rft_tui.tui.editing import highlight
from rft_tui.tui.editing.grader_text import Tab, key_of
from rft_tui.tui.editing.names import Completer, Name, formula_names, item_names, no_names, sample_names, template_names
from rft_tui.tui.screens.graders.lint import GradersLint

LOOKED_AT = 50
"""Rows of the probe set whose fields are known by name."""


class GradersNames(GradersLint):
    """Fields of the items and names of children, as the parts of a grader use them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ProbeRow] = []
        self.fields: frozenset[str] | None = None
        self._names: tuple[Name, ...] | None = None

    def fields_known(self, fields: frozenset[str] | None) -> None:
        """The fields of the items are these: colour the names in templates by them."""
        self._names = None
        if fields != self.fields:
            self.fields = fields
            if self.work.tab.kind == "text":
                self.editor.color(self.highlighter(self.work.tab))
            elif self.work.tab.kind == "form":
                self.color_form()

    def highlighter(self, tab: Tab) -> highlight.Highlighter:
        """How the text of a tab is coloured."""
        if tab.kind == "python":
            return highlight.python
        if tab.kind == "raw":
            return highlight.json_text
        if tab.kind == "formula":
            return highlight.formula(self._children(tab))
        return highlight.templates(self.fields)

    def completer(self, tab: Tab) -> Completer:
        """What is completed in the text of a tab."""
        if tab.kind == "formula":
            return formula_names(self._children(tab))
        return template_names(self._template_names) if tab.kind == "text" else no_names

    def template_completer(self) -> Completer:
        """What is completed in a text with templates."""
        return template_names(self._template_names)

    def color_form(self) -> None:
        """Colour the fields that take templates."""
        colors = highlight.templates(self.fields)
        self.form.color({key_of(part): colors for part in self.work.tab.parts if part.is_templated})

    def _children(self, tab: Tab) -> list[str]:
        """The names of the graders that a formula combines, in their order."""
        grader = tab.parts[0].grader
        here = len(grader) + 1
        parts = [one for each in self.work.tabs for one in each.parts]
        names = {one.grader: str(one.value) for one in parts if one.path == (*one.grader, "name")}
        found: dict[str, None] = {}
        for part in parts:
            if part.grader[: here - 1] == grader and len(part.grader) >= here and part.path[here - 1] == "graders":
                key = part.grader[here] if len(part.grader) > here else 0
                # a formula calls a child by its key, or by its own name where the children stand in a list or alone
                found[key if isinstance(key, str) else names.get(part.grader[: here + 1], "")] = None
        return list(found)

    def _template_names(self) -> tuple[Name, ...]:
        """The names of items and samples, with their values in the first row; looked up once for each probe set."""
        if self._names is None:
            first = self.rows[0] if self.rows else None
            of_items = item_names(row.fields for row in self.rows[:LOOKED_AT])
            self._names = (*of_items, *sample_names(first.output_text if first else None, first.model if first else ""))
        return self._names
