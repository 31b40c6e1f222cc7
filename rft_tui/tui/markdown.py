"""A safe subset of Markdown for summaries and answers: headings, lists, emphasis, code. No links, no HTML, no images.

Everything else stays as it was written; one key shows the raw text.
"""

from __future__ import annotations

import re

from rft_tui.safetext import shown
from rft_tui.tui.paint import Line, expand_tabs, wrap_line, wrap_text

_INLINE = re.compile(r"`([^`\n]{1,400})`|\*\*([^*\n]{1,400})\*\*|(?<![\w*])\*([^*\s][^*\n]{0,400}?)\*(?![\w*])")
_LIST = re.compile(r"^(\s{0,12})([-*+]|\d{1,3}[.)])\s+(.*)$")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")

LONGEST = 60_000
"""Characters beyond which the text is shown raw."""


def render_markdown(text: str, width: int) -> list[Line]:
    """The text as styled lines of at most `width` cells."""
    if len(text) > LONGEST:
        return wrap_text(text, width)
    lines: list[Line] = []
    in_code = False
    for raw in expand_tabs(shown(text)).split("\n"):
        if raw.lstrip().startswith("```"):
            in_code = not in_code
            continue
        lines += _code_line(raw, width) if in_code else _text_line(raw, width)
    return lines


def _code_line(raw: str, width: int) -> list[Line]:
    return [[("  ", "text.normal"), *part] for part in wrap_line([(raw, "syntax.string")], max(1, width - 2))]


def _text_line(raw: str, width: int) -> list[Line]:
    if not raw.strip():
        return [[]]
    if heading := _HEADING.match(raw):
        return wrap_line([(heading[1].replace("**", ""), "text.normal bold")], width)
    if entry := _LIST.match(raw):
        sign = "•" if entry[2] in "-*+" else entry[2]
        lead = f"{entry[1]}{sign} "
        body = wrap_line(_inline(entry[3]), max(8, width - len(lead)))
        return [[(lead if number == 0 else " " * len(lead), "text.dim"), *part] for number, part in enumerate(body)]
    return wrap_line(_inline(raw), width)


def _inline(text: str) -> Line:
    line: Line = []
    position = 0
    for match in _INLINE.finditer(text):
        if match.start() > position:
            line.append((text[position : match.start()], "text.normal"))
        if match[1] is not None:
            line.append((match[1], "syntax.string"))
        elif match[2] is not None:
            line.append((match[2], "text.normal bold"))
        else:
            line.append((match[3], "text.normal italic"))
        position = match.end()
    if position < len(text):
        line.append((text[position:], "text.normal"))
    return line
