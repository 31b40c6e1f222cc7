"""The words that differ between reference and prediction."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from rft_tui.safetext import shown
from rft_tui.tui.paint import Line, expand_tabs

LONGEST = 400
"""Words on a side beyond which no difference is looked for: it would take long and show little."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def word_diff(reference: str, prediction: str) -> tuple[Line, Line]:
    """Both texts as spans, words that stand only on one side marked; exact comparison, so case and signs count."""
    left, right = _TOKEN.findall(_clean(reference)), _TOKEN.findall(_clean(prediction))
    if len(left) > LONGEST or len(right) > LONGEST:
        return [("".join(left), "text.normal")], [("".join(right), "text.normal")]
    left_words = [token for token in left if not token.isspace()]
    right_words = [token for token in right if not token.isspace()]
    same_left, same_right = set[int](), set[int]()
    matcher = SequenceMatcher(None, left_words, right_words, autojunk=False)
    for block in matcher.get_matching_blocks():
        same_left.update(range(block.a, block.a + block.size))
        same_right.update(range(block.b, block.b + block.size))
    return _spans(left, same_left, "diff.reference"), _spans(right, same_right, "diff.prediction")


def _clean(text: str) -> str:
    return expand_tabs(shown(text[: LONGEST * 200]))


def _spans(tokens: list[str], same: set[int], name: str) -> Line:
    """Spans of the tokens; blanks between two marked words are marked too."""
    marked: list[bool | None] = []
    word = 0
    for token in tokens:
        if token.isspace():
            marked.append(None)
        else:
            marked.append(word not in same)
            word += 1
    line: Line = []
    for index, token in enumerate(tokens):
        state = marked[index]
        if state is None:
            state = (
                0 < index < len(tokens) - 1
                and bool(marked[index - 1])
                and bool(marked[index + 1])
                and "\n" not in token
            )
        style = name if state else "text.normal"
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + token, style)
        else:
            line.append((token, style))
    return line
