"""How the simulated judge marks: by words in common, nothing else. No meaning is understood, and answers say so.

From the question's text two texts are taken: what stands after a label such as ``Reference answer:`` and after one
such as ``Candidate's answer:``, up to the next such label; without labels the last two texts in double quotes, else
the last two lines. Their likeness is twice the number of different words in common over the words of both (1 where
both have none). A score is that share of the schema's range. A label is picked by the order of the labels, best
first: the likeness from 1 to 0 is cut into as many equal parts as there are labels.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from rft_tui.graders.kinds import is_number
from rft_tui.model import JsonObject

RULE = "Lexical rule of the simulated service: share of words in common"
"""How each step of an answer names what was done."""

MOST_CHARACTERS = 200_000
"""The end of a question that is looked at."""

_LABEL = re.compile(
    r"^[ \t>*#-]{0,8}(?:the )?(?:(?P<reference>reference|correct|expected|gold|true|target|ground[ -]truth)"
    r"|(?P<candidate>candidate|model|student|predict|given|submitted|actual|response|output|answer))"
    r"[^:\n]{0,40}:[*]{0,2}",
    re.IGNORECASE | re.MULTILINE,
)
PLACES = ("first", "second", "same")
"""The labels of a comparison of two answers."""

_PART = re.compile(r"^(Question|Reference answer|First answer|Second answer):", re.MULTILINE)
_QUOTED = re.compile(r'"([^"\n]{1,2000})"')
_WORD = re.compile(r"\w+")


class Compared(NamedTuple):
    """Two texts by their words: how many are in both, how many in each."""

    common: int
    reference: int
    candidate: int

    @property
    def likeness(self) -> float:
        """0 to 1."""
        both = self.reference + self.candidate
        return 2 * self.common / both if both else 1.0


def compared_texts(asked: str) -> tuple[str, str]:
    """The reference and the candidate's text that a question to the judge names."""
    asked = asked[-MOST_CHARACTERS:]
    labels = list(_LABEL.finditer(asked))
    found: dict[str, str] = {}
    for number, label in enumerate(labels):
        end = labels[number + 1].start() if number + 1 < len(labels) else len(asked)
        found.setdefault(label.lastgroup or "", asked[label.end() : end].strip())
    if "reference" in found and "candidate" in found:
        return found["reference"], found["candidate"]
    quoted = _QUOTED.findall(asked)
    texts = quoted if len(quoted) > 1 else [line for line in asked.splitlines() if line.strip()]
    first, second = ("", "", *texts)[-2:]
    return first, second


def compare(asked: str) -> Compared:
    """The words of the two texts that a question to the judge names."""
    return _words_of(*compared_texts(asked))


def likeness(reference: str, candidate: str) -> float:
    """How alike two texts are by their words, 0 to 1."""
    return _words_of(reference[-MOST_CHARACTERS:], candidate[-MOST_CHARACTERS:]).likeness


def better_place(asked: str) -> str | None:
    """Which of two answers is better, one of `PLACES`; None where the question does not name two."""
    asked = asked[-MOST_CHARACTERS:]
    parts: dict[str, str] = {}
    titles = list(_PART.finditer(asked))
    for number, title in enumerate(titles):
        end = titles[number + 1].start() if number + 1 < len(titles) else len(asked)
        parts.setdefault(title[1], asked[title.end() : end])
    if "First answer" not in parts or "Second answer" not in parts:
        return None
    standard = parts.get("Reference answer", parts.get("Question", ""))
    first, second = (_words_of(standard, parts[name]).likeness for name in ("First answer", "Second answer"))
    return PLACES[2] if first == second else PLACES[0] if first > second else PLACES[1]


def _words_of(one: str, other: str) -> Compared:
    reference, candidate = ({word.lower() for word in _WORD.findall(text)} for text in (one, other))
    return Compared(len(reference & candidate), len(reference), len(candidate))


def judge_answer(asked: str, schema: JsonObject) -> str | None:
    """The judge's JSON text for a schema with a number ``result`` or with labels; None for a schema of another form."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return None
    labelled = next((name for name, one in properties.items() if labels_of(one)), "")
    result = properties.get("result")
    if not labelled and not (isinstance(result, dict) and result.get("type") in ("number", "integer")):
        return None
    words = compare(asked)
    labels = labels_of(properties[labelled]) if labelled else []
    place = better_place(asked) if set(labels) == set(PLACES) else None
    value = place or (_label(labels, words) if labelled else _score(properties["result"], words))
    step = {
        "description": RULE,
        "conclusion": f"{words.common} of {words.reference} words of the reference are among {words.candidate}",
    }
    answer: JsonObject = {labelled or "result": value}
    if "steps" in properties:
        answer["steps"] = [step]
    for name, one in properties.items():
        if name not in answer and isinstance(one, dict) and one.get("type") == "string":
            answer[name] = RULE
    return json.dumps(answer)


def labels_of(schema: object) -> list[str]:
    """The texts of an enumeration, none where a schema is something else."""
    values = schema.get("enum") if isinstance(schema, dict) else None
    return list(values) if isinstance(values, list) and values and all(isinstance(one, str) for one in values) else []


def _label(labels: list[str], words: Compared) -> str:
    return labels[min(len(labels) - 1, int((1 - words.likeness) * len(labels)))]


def _score(schema: JsonObject, words: Compared) -> float:
    low, high = schema.get("minimum", 0), schema.get("maximum", 1)
    if not (is_number(low) and is_number(high) and low <= high):
        low, high = 0, 1
    score = float(low + words.likeness * (high - low))
    return round(score) if schema.get("type") == "integer" else round(score, 4)
