"""The words of a Review filter: ``mistakes -verdict band:partial topic:medicine "septic arthritis"``.

A filter is a list of terms that must all hold; ``-`` before a term turns it round. Words without a meaning of their own
are searched for in question, prediction, reference, summary and grader steps.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from rft_tui.model import VERDICT_KEYS, Band, Verdict

FLAGS: dict[str, str] = {
    "mistakes": "score below full marks",
    "errors": "no score: the answer or the grader failed",
    "pass": "at or above the pass threshold",
    "fail": "below the pass threshold",
    "verdict": "has a verdict (-verdict: still to review)",
    "flips": "some runs of the item pass and others fail",
    "allfail": "every run of the item fails",
    "disagree": "your verdict and the grader disagree",
    "marked": "marked with space",
    "calibration": "in the random calibration sample (about every fifth item)",
    "note": "has a note",
    "corrected": "you corrected its reference",
}
"""Terms of one word, and what they keep."""

TEXT_FIELDS = ("question", "prediction", "reference", "summary", "steps")
"""Texts that are searched; as ``field:text`` one of them alone."""

KEYED: dict[str, str] = {
    "band": "band:full, band:formatting, band:partial, band:off_base",
    "verdict": "verdict:right … or its key, verdict:x",
    "tag": "tag:NAME",
    "score": "score<0.5, score>=0.8, score=1",
    "run": "run:2, the run index",
    "model": "model:NAME",
    "list": "list:NAME, the predictions of a kept list, such as list:flips",
    "re": "re:PATTERN, a regular expression over the same texts",
    **{field: f"{field}:TEXT, only in the {field}" for field in TEXT_FIELDS},
}
"""Terms with a value; any other ``name:value`` asks for a field of the item."""

COMPARISONS = ("<=", ">=", "<", ">", "=")
"""How a score may be compared with a number."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: its kind (a flag, a key of KEYED, ``text`` or ``field``), its value, turned round or not."""

    kind: str
    value: str = ""
    negated: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter and what was odd about it."""

    terms: tuple[Term, ...] = ()
    notes: tuple[str, ...] = ()

    def has(self, kind: str, *, negated: bool = False) -> bool:
        """Whether a term of this kind is in it."""
        return any(term.kind == kind and term.negated == negated for term in self.terms)


_WORD = re.compile(
    r'(?P<sign>-?)(?:(?P<key>[^\s:"<>=]+)(?P<operator>:|<=|>=|<|>|=))?(?:"(?P<quoted>[^"]*)"?|(?P<plain>\S+))'
)


def parse_query(text: str) -> Query:
    """Read a filter; never fails: what cannot be meant is searched for as text, and said in the notes."""
    notes: list[str] = []
    terms = [term for sign, key, operator, value in _words(text) if (term := _term(sign, key, operator, value, notes))]
    return Query(tuple(terms), tuple(notes))


def _words(text: str) -> Iterator[tuple[bool, str, str, str]]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _WORD.match(text, position)
        if match is None:
            match = re.compile(r"\S+").match(text, position)
            assert match is not None
            yield False, "", "", match.group()
        else:
            value = match["quoted"] if match["quoted"] is not None else match["plain"]
            yield bool(match["sign"]), match["key"] or "", match["operator"] or "", value
        position = match.end()


def pattern_fault(pattern: str) -> str:
    """What keeps a text from being a regular expression, empty where nothing does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError) as error:
        return str(error)
    except RecursionError:
        return "its groups are nested too deep"
    return ""


def _term(negated: bool, key: str, operator: str, value: str, notes: list[str]) -> Term | None:
    if not key:
        if value in FLAGS:
            return Term(value, negated=negated)
        return Term("text", value, negated) if value else None
    if key == "score" or (operator != ":" and key not in KEYED):
        return _score_term(negated, key, operator, value, notes)
    if key == "band":
        return _choice(negated, key, value, [band.value for band in Band], notes)
    if key == "verdict":
        names = {verdict_key: verdict.value for verdict, verdict_key in VERDICT_KEYS.items()}
        return _choice(negated, key, names.get(value, value), [verdict.value for verdict in Verdict], notes)
    if key == "re":
        fault = pattern_fault(value)
        if fault:
            notes.append(f"not a regular expression ({fault}): searched for as text")
            return Term("text", value, negated)
        return Term("re", value, negated)
    if key in KEYED:
        return Term(key, value, negated)
    return Term("field", value, negated, key)


def _score_term(negated: bool, key: str, operator: str, value: str, notes: list[str]) -> Term:
    if key == "score":
        comparison = "=" if operator == ":" else operator
        try:
            float(value)
        except ValueError:
            notes.append(f"score{operator}{value}: not a number; searched for as text")
        else:
            return Term("score", value, negated, comparison)
    return Term("text", f"{key}{operator}{value}", negated)


def _choice(negated: bool, key: str, value: str, choices: list[str], notes: list[str]) -> Term:
    fitting = [choice for choice in choices if choice.startswith(value.lower().replace("-", "_"))]
    if not value or not fitting:
        notes.append(f"{key}:{value} is none of {', '.join(choices)}; searched for as text")
        return Term("text", f"{key}:{value}", negated)
    return Term(key, fitting[0], negated)
