"""The list of pre-flight: a sign, a sentence and what to do for each finding; one unfolds to all that it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from textual.events import Click

from rft_tui.safetext import shown
from rft_tui.tasks.jobs.preflight.findings import Finding
from rft_tui.tui.editing.highlight import json_text
from rft_tui.tui.new_job.findings_words import STYLES, hint_words
from rft_tui.tui.paint import Line, crop, wrap_line
from rft_tui.tui.widgets.lines import LineWidget

INDENT = 2
"""Cells before everything but the sign."""

MOST_EVIDENCE = 200
"""Lines of evidence of one finding that are shown."""

LONGEST_LINE = 1000
"""Characters of such a line."""


class FindingsPane(LineWidget):
    """Findings with a cursor, folded to what matters: of one that is fine its first line, of others all but evidence.

    `words` stand there while there are no findings; a pane that is old is shown dim.
    """

    def __init__(self) -> None:
        super().__init__()
        self.findings: tuple[Finding, ...] = ()
        self.words: list[Line] = []
        self.cursor = 0
        self.top = 0
        self.is_active = False
        self.is_old = False
        self.on_moved: Callable[[], None] | None = None
        self.on_chosen: Callable[[], None] | None = None
        self.asking = ""
        self._unfolded: set[tuple[str, str]] = set()
        self._lines: list[tuple[int, Line]] = []
        self._width = -1

    def show(self, findings: Sequence[Finding], words: list[Line], asking: str, *, is_old: bool = False) -> None:
        """Show other findings; the cursor stays at the same check, and what was unfolded stays so.

        `asking` stands at those that the service alone knows.
        """
        if (tuple(findings), words, asking, is_old) == (self.findings, self.words, self.asking, self.is_old):
            return
        check = _key(self.current) if self.current is not None else None
        self.findings, self.words, self.asking, self.is_old = tuple(findings), words, asking, is_old
        keys = [_key(one) for one in self.findings]
        self.cursor = keys.index(check) if check in keys else max(0, min(self.cursor, len(keys) - 1))
        self._compose_again()

    @property
    def current(self) -> Finding | None:
        """The finding of the cursor."""
        return self.findings[self.cursor] if self.cursor < len(self.findings) else None

    def go(self, position: int) -> None:
        """Move the cursor; it stays within the list and in view."""
        position = max(0, min(position, len(self.findings) - 1))
        if position != self.cursor:
            self.cursor = position
            self._keep_in_view()
            self.refresh()
            if self.on_moved is not None:
                self.on_moved()

    def go_to_next(self) -> bool:
        """To the next finding that is not fine, round the end; whether there is one."""
        count = len(self.findings)
        for step in range(1, count + 1):
            position = (self.cursor + step) % count
            if self.findings[position].state != "ok":
                self.go(position)
                return True
        return False

    def scroll(self, lines: int) -> None:
        """Scroll by some lines, with the cursor on what is in view; at an end, the cursor goes on by itself."""
        composed, height = self._composed(), max(1, self.size.height)
        top = max(0, min(self.top + lines, len(composed) - height))
        if top == self.top:
            self.go(self.cursor + (1 if lines > 0 else -1))
            return
        self.top = top
        shown = [number for number, _line in composed[top : top + height]]
        if self.cursor not in shown:
            self.cursor = shown[0] if lines > 0 else shown[-1]
        self.refresh()

    def unfold(self) -> None:
        """Show all of the finding of the cursor, or fold it again."""
        if self.current is not None:
            self._unfolded ^= {_key(self.current)}
            self._compose_again()

    def set_active(self, active: bool) -> None:
        """Show whether keys move this list."""
        if active != self.is_active:
            self.is_active = active
            self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._keep_in_view()

    def _compose_again(self) -> None:
        self._width = -1
        self._keep_in_view()
        self.refresh()

    def _composed(self) -> list[tuple[int, Line]]:
        """Every line with the number of its finding."""
        width = self.size.width
        if width != self._width and width:
            self._width = width
            self._lines = [(number, line) for number in range(len(self.findings)) for line in self._lines_of(number)]
        return self._lines

    def _lines_of(self, number: int) -> list[Line]:
        one = self.findings[number]
        unfolded = _key(one) in self._unfolded
        return finding_lines(one, self._width - 2, self.asking, unfolded=unfolded, is_old=self.is_old)

    def _keep_in_view(self) -> None:
        """Scroll as little as is needed: to the finding's last line, and never beyond its first."""
        lines = self._composed()
        mine = [place for place, (number, _line) in enumerate(lines) if number == self.cursor]
        height = self.size.height
        if not mine or not height:
            self.top = 0
            return
        self.top = max(self.top, mine[-1] - height + 1)
        self.top = max(0, min(self.top, mine[0], len(lines) - 1))

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A line of a finding, or of the words."""
        if not self.findings:
            return ([(" ", "text.normal"), *self.words[y]] if y < len(self.words) else []), "background"
        lines, place = self._composed(), self.top + y
        if place >= len(lines):
            return [], "background"
        number, line = lines[place]
        is_here = number == self.cursor
        is_first = place == 0 or lines[place - 1][0] != number
        more = "↑" if y == 0 and self.top else "↓" if y == self.size.height - 1 and place < len(lines) - 1 else " "
        sign = ("▸", "text.accent bold") if is_here and is_first and self.is_active else (more, "text.faint")
        surface = ("selection" if self.is_active else "marked") if is_here else "background"
        return [sign, *line], surface

    def on_click(self, event: Click) -> None:
        """Put the cursor on the clicked finding; a click on the cursor's unfolds it."""
        lines, place = self._composed(), self.top + event.y
        if place >= len(lines):
            return
        if self.on_chosen is not None:
            self.on_chosen()
        number = lines[place][0]
        if number == self.cursor:
            self.unfold()
        else:
            self.go(number)

    def on_mouse_scroll_down(self) -> None:
        """Three lines down."""
        self.scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Three lines up."""
        self.scroll(-3)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check, finding.title


def finding_lines(finding: Finding, width: int, asking: str, *, unfolded: bool, is_old: bool) -> list[Line]:
    """One finding as lines of at most `width` cells; `asking` says how it is with the service."""
    style = "text.dim" if is_old else "text.normal"
    head: Line = [(finding.sign, "text.dim" if is_old else f"{STYLES[finding.state]} bold")]
    head += [(f" {finding.title}: ", f"{style} bold"), (finding.message, style)]
    if finding.state == "ok" and not unfolded:
        return [crop(head, width)]
    lines = _hanging(head, width)
    if hint := hint_words(finding, asking):
        lines += [[(" " * INDENT, style), *one] for one in wrap_line([(hint, "text.dim")], width - INDENT)]
    if unfolded:
        lines += _evidence(finding, width)
    return lines


def _hanging(line: Line, width: int) -> list[Line]:
    """Wrapped, with everything but the sign under the first word."""
    first, *rest = wrap_line(line, width - INDENT)
    return [first, *([(" " * INDENT, "text.normal"), *one] for one in rest)]


def _evidence(finding: Finding, width: int) -> list[Line]:
    """What a finding rests on, as JSON in colours; long texts are cut at the width."""
    evidence = {key: value for key, value in finding.evidence.items() if key != "known"}
    if not evidence:
        return [[(" " * INDENT, "text.normal"), ("nothing more is known of it", "text.faint")]]
    text = json.dumps(evidence, indent=2, ensure_ascii=False, default=str)
    lines = [shown(line[:LONGEST_LINE]) for line in text.split("\n")[1:-1]]
    made = [crop([("  ", "text.normal"), *json_text(line, 0)[0]], width) for line in lines[:MOST_EVIDENCE]]
    if len(lines) > MOST_EVIDENCE:
        made.append([("  ", "text.normal"), (f"… {len(lines) - MOST_EVIDENCE:,} lines more", "text.faint")])
    return made
