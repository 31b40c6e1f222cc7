"""What would be sent for a new job, to be read before it is: the exact body, the files, what it takes; S sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from rft_tui.safetext import one_line, shown
from rft_tui.tasks.jobs.pilot import pilot_words
from rft_tui.tui.actions import JOB_BODY, Action
from rft_tui.tui.editing.highlight import json_text
from rft_tui.tui.new_job.findings_words import STYLES, counts
from rft_tui.tui.new_job.placeholders import files_words
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.jobs.raw import indented
from rft_tui.tui.screens.over_reading import ReadingScreen
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.tui.screens.jobs.preflight_work import Looked

COSTS = ("time_and_cost", "judge_cost")
"""Checks that say what a job takes."""

MOST_LINES = 5000
"""Lines of a body that are shown."""


class JobBodyScreen(ReadingScreen):
    """The body in a pane that scrolls, with what is to be known before it is sent above it."""

    scope: ClassVar[str] = JOB_BODY

    def __init__(self, looked: Looked, on_send: Callable[[], None]) -> None:
        super().__init__()
        self.looked = looked
        self._on_send = on_send
        self._text = indented(looked.body)

    def on_mount(self) -> None:
        """Show it."""
        self.pane.show(self._lines)
        super().on_mount()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """The job's name and profile; the screen's name and what pre-flight has found."""
        name: Line = [(one_line(self.looked.request.name, 60), "text.accent bold")]
        name += [(" · ", "text.dim"), (one_line(self.looked.profile.name, 30), "text.normal")]
        if self.looked.profile.is_simulated:
            name.append((" SIMULATED", "state.warning bold"))
        return (name, []), ([("▸What is sent", "text.accent bold")], counts(self.looked.found))

    def why_not(self, action: Action) -> str | None:
        """Nothing is filtered or opened here."""
        if action.id in ("filter", "sort", "sort_reverse", "open", "left", "right", "next_pane"):
            return f"{action.label}: not here"
        return super().why_not(action)

    def text_to_take(self) -> tuple[str, str]:
        """The body as JSON."""
        return self._text + "\n", ".json"

    def _lines(self, width: int) -> list[Line]:
        lines = [line for one in self._sentences() for line in wrap_line(one, width)]
        lines += [[], [("POST /fine_tuning/jobs", "text.accent bold")]]
        body = self._text.split("\n")
        for line in body[:MOST_LINES]:
            lines += _wrapped(line, width)
        if len(body) > MOST_LINES:
            more = f"… {len(body) - MOST_LINES:,} lines more; {self.hint_key('copy')} copies all of it"
            lines.append([(more, "text.faint")])
        return lines

    def _sentences(self) -> Iterator[Line]:
        looked = self.looked
        send, take, out = (self.hint_key(action) for action in ("job_body.send", "copy", "back"))
        yield [(f"{send} sends exactly this, {take} copies the body, {out} goes back.", "text.dim")]
        for finding in looked.found.findings:
            if finding.state == "error":
                yield [("✗ ", "state.bad bold"), (f"{finding.title}: {finding.message}", "state.bad")]
        for finding in looked.found.findings:
            if finding.check in COSTS:
                sign: Line = [("! ", STYLES["warning"])] if finding.state == "warning" else []
                yield [*sign, (f"{finding.title}: ", "text.normal bold"), (finding.message, "text.normal")]
        if looked.request.pilot:
            yield [(pilot_words(looked.request), "text.normal")]
        yield [(files_words(looked.facts), "text.normal")]
        if looked.facts.network.refusal is None:
            said = f"The service itself was not asked: {self.hint_key('job_form.ask')} in the form asks it."
            yield [("! ", STYLES["warning"]), (said, "text.normal")]

    @property
    def page_lines(self) -> int:
        """Half of what is in view: a body is read slowly."""
        return max(1, self.pane.size.height // 2)

    # Sending

    def do_job_body_send(self) -> None:
        """Send it; over a ✗ only for who types the job's name."""
        found = self.looked.found
        if not found.blocks:
            self._send()
            return
        errors = sum(one.state == "error" for one in found.findings)
        self.ask(f"type {one_line(found.job_name, 24)!r} to overrule", "", self._overrule,
                 hints=(("✗", f"{counted(errors, 'reason')} against it"),))  # fmt: skip

    def _overrule(self, typed: str) -> None:
        if typed.strip() == self.looked.found.job_name:
            self._send()
        else:
            self.say(f"nothing was sent: the job's name is {self.looked.found.job_name}", "state.warning")

    def _send(self) -> None:
        self.close_over()
        self._on_send()


def _wrapped(line: str, width: int) -> list[Line]:
    """A line of JSON in colours, broken where it is too long, its rest under its beginning."""
    text = shown(line)
    indent = min(len(text) - len(text.lstrip(" ")), width // 2)
    spans = json_text(text[indent:], 0)[0]
    return [[(" " * indent, "text.normal"), *one] for one in wrap_line(spans, width - indent)]
