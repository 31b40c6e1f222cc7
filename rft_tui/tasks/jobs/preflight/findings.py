"""What pre-flight finds: a list of findings, each good, worth a warning, or a reason not to launch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

State = Literal["ok", "warning", "error"]

SIGNS: dict[State, str] = {"ok": "✓", "warning": "!", "error": "✗"}
"""How each state is shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which check it came from, a title, a sentence with the figures, what to do, and the evidence.

    What could not be found out is a warning with ``"known": false`` in its evidence, never an ok.
    """

    check: str
    state: State
    title: str
    message: str
    hint: str = ""
    evidence: JsonObject = field(default_factory=dict)

    @property
    def sign(self) -> str:
        """✓, ! or ✗."""
        return SIGNS[self.state]

    @property
    def is_known(self) -> bool:
        """Whether it says something of the job, and not only that something is not known."""
        return self.evidence.get("known") is not False


@dataclass(frozen=True, slots=True)
class Preflight:
    """All findings in their order. `job_name` is what has to be typed to launch over a ✗."""

    findings: tuple[Finding, ...]
    job_name: str
    simulated: bool = False

    @property
    def blocks(self) -> bool:
        """Whether a ✗ stands against the launch."""
        return any(finding.state == "error" for finding in self.findings)

    def as_json(self) -> JsonObject:
        """The document of ``job preflight --json``: ``{"ok", "job", "findings": [{"check", "state", "title",
        "message", "hint", "evidence"}]}``; `state` is ``ok``, ``warning`` or ``error``."""
        found = [
            {
                "check": one.check,
                "state": one.state,
                "title": one.title,
                "message": one.message,
                "hint": one.hint,
                "evidence": one.evidence,
            }
            for one in self.findings
        ]
        mark: JsonObject = {"simulated": True} if self.simulated else {}
        return {"ok": not self.blocks, "job": self.job_name, "findings": found} | mark


LONGEST = 2000
"""Characters of a sentence."""


def good(check: str, title: str, message: str, **evidence: object) -> Finding:
    """A ✓."""
    return _finding(check, "ok", title, message, "", evidence)


def warning(check: str, title: str, message: str, hint: str = "", **evidence: object) -> Finding:
    """A !."""
    return _finding(check, "warning", title, message, hint, evidence)


def error(check: str, title: str, message: str, hint: str = "", **evidence: object) -> Finding:
    """A ✗."""
    return _finding(check, "error", title, message, hint, evidence)


def unknown(check: str, title: str, message: str, hint: str = "", **evidence: object) -> Finding:
    """A ! for what could not be found out."""
    return _finding(check, "warning", title, f"not known: {message}", hint, {"known": False, **evidence})


def _finding(check: str, state: State, title: str, message: str, hint: str, evidence: JsonObject) -> Finding:
    """Names of files, models and datasets stand in these sentences, so all of them are made safe to show here."""
    return Finding(check, state, one_line(title, 100), one_line(message, LONGEST), one_line(hint, LONGEST), evidence)
