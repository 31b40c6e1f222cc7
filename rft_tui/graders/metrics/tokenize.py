"""Splitting text into tokens, in the ways that the metrics' reference libraries do."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_BLANK = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""Unicode white space; unlike `re`'s own class it leaves out the four ASCII separators, as the reference does."""

_OPENING_QUOTE = re.compile("[«“‘„]|`+")
_OPENING_BACKTICKS = re.compile("``")
_DOUBLE_QUOTE_AFTER_OPENER = re.compile(r"""([ (\[{<])(?:"|'')""")
_FINAL_PERIOD = re.compile(rf"""([^.])\.([\])}}>"'»”’ ]*+){_BLANK}*$""")
_COLON_OR_COMMA = re.compile(r"([:,])(\D)")
_FINAL_COLON_OR_COMMA = re.compile(r"([:,])$")
_PUNCTUATION = re.compile(r"\.{2,}|[;@#$%&‒–—―?!]")
_CLOSING_APOSTROPHE = re.compile("([^'])' ")
_BRACKETS_AND_DASHES = re.compile(r"--|[*\[\](){}<>»”’]")
_CLOSING_DOUBLE_QUOTE = re.compile("''|\"")
_BLANKS = re.compile(f"{_BLANK}+")
_SHORT_CLITIC = re.compile("([^' ])('[sSmMdD]?) ")
_LONG_CLITIC = re.compile("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ")
_CONTRACTION = re.compile(
    r"\b(can(?=not\b)|d(?='ye\b)|gim(?=me\b)|gon(?=na\b)|got(?=ta\b)|lem(?=me\b)|more(?='n\b)|wan(?=na\s))"
    r"(not|'ye|me|na|ta|'n)",
    re.IGNORECASE,
)
_TIS = re.compile(r" ('t)(is)\b", re.IGNORECASE)
_TWAS = re.compile(r" ('t)(was)\b", re.IGNORECASE)

_APOSTROPHE = re.compile("'")
_CLITIC = re.compile("re|ve|ll|[mtsdn]", re.IGNORECASE)
_ALPHABETIC_SIGN = re.compile(
    "[\u200c\u200d\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]"
)

_ROUGE_TOKEN = re.compile("[a-z0-9]+")


def split_tokens(text: str) -> list[str]:
    """The tokens between white space, as `str.split` finds them."""
    return text.split()


def rouge_tokens(text: str) -> list[str]:
    """The runs of a–z and 0–9 of the lower-cased text; everything else separates (rouge-score 0.1.2)."""
    return _ROUGE_TOKEN.findall(text.lower())


def treebank_tokens(text: str) -> list[str]:
    """The tokens of the Penn Treebank convention, clitics and punctuation apart, the whole text taken as one sentence.

    The rules and their order are those of the `NLTKWordTokenizer` of nltk 3.10; time grows linearly with the text.
    """
    text = _pad_starting_quotes(text)
    text = _FINAL_PERIOD.sub(r"\1 . \2 ", text)
    text = _COLON_OR_COMMA.sub(r" \1 \2", text)
    text = _FINAL_COLON_OR_COMMA.sub(r" \1 ", text)
    text = _PUNCTUATION.sub(r" \g<0> ", text)
    text = _CLOSING_APOSTROPHE.sub(r"\1 ' ", text)
    text = _BRACKETS_AND_DASHES.sub(r" \g<0> ", text)
    text = _CLOSING_DOUBLE_QUOTE.sub(" '' ", text)
    text = _BLANKS.sub(" ", f" {text} ")
    if "'" in text:
        text = _SHORT_CLITIC.sub(r"\1 \2 ", text)
        text = _LONG_CLITIC.sub(r"\1 \2 ", text)
    text = _CONTRACTION.sub(r" \1 \2 ", text)
    text = _TIS.sub(r" \1 \2 ", text)
    text = _TWAS.sub(r" \1 \2 ", text)
    return text.split()


TOKENIZERS: Final[dict[str, Callable[[str], list[str]]]] = {"split": split_tokens, "treebank": treebank_tokens}
"""The tokenizers that a variant's name can name."""


def _pad_starting_quotes(text: str) -> str:
    text = _OPENING_QUOTE.sub(r" \g<0> ", text)
    if text.startswith('"'):
        text = "``" + text[1:]
    text = _OPENING_BACKTICKS.sub(" `` ", text)
    text = _DOUBLE_QUOTE_AFTER_OPENER.sub(r"\1 `` ", text)
    return _APOSTROPHE.sub(_starting_apostrophe, text)


def _starting_apostrophe(match: re.Match[str]) -> str:
    """An apostrophe that opens a quoted word stands alone; one inside a word or before a clitic stays."""
    text, start, end = match.string, match.start(), match.end()
    if end == len(text) or not _is_word_character(text[end]):
        return "'"
    if start and _is_word_character(text[start - 1]):
        return "'"
    clitic = _CLITIC.match(text, end)
    if clitic and (clitic.end() == len(text) or not _is_word_character(text[clitic.end()])):
        return "'"
    return "' "


def _is_word_character(character: str) -> bool:
    """Whether it is part of a word for Unicode regular expressions (`re` differs on marks and fractions)."""
    if character.isascii():
        return character.isalnum() or character == "_"
    category = unicodedata.category(character)
    return category[0] in "LM" or category in {"Nd", "Nl", "Pc"} or _ALPHABETIC_SIGN.match(character) is not None
