"""The words of a filter: every one is understood, and none can make it fail."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rft_tui.model import VERDICT_KEYS, Band, Verdict
from rft_tui.store.query import FLAGS, KEYED, TEXT_FIELDS, Query, Term, parse_query

PIECES = st.sampled_from(
    [
        *FLAGS,
        *(f"{key}:" for key in KEYED),
        "-",
        '"',
        ":",
        "<",
        ">=",
        "=",
        " ",
        "\n",
        "(",
        "[",
        "é",
        "\ud83d",
        "x",
        "0.5",
        "\0",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join)))
@example("re:a{99999999999999999999}")
@example("re:" + "(" * 5000)
@example("re:[[a]")
@example("re:(?P<a>x)(?P<a>y)")
@example('-"')
@example("score<=")
@example("run:" + "9" * 5000)
def test_no_text_makes_it_fail(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        query = parse_query(text)
    for term in query.terms:
        assert term.kind in FLAGS or term.kind in KEYED or term.kind in ("text", "field")
        assert all(isinstance(note, str) for note in query.notes)


@given(st.lists(st.sampled_from(["mistakes", "-verdict", "band:partial", 'tag:"a b"', "x", '"y z"', "score<0.5"])))
def test_terms_stand_in_their_order(words: list[str]) -> None:
    alone = [term for word in words for term in parse_query(word).terms]
    assert parse_query("  ".join(words)) == Query(tuple(alone))


@pytest.mark.parametrize("flag", FLAGS)
def test_flags(flag: str) -> None:
    assert parse_query(flag) == Query((Term(flag),))
    query = parse_query(f"-{flag}")
    assert query == Query((Term(flag, negated=True),))
    assert query.has(flag, negated=True)
    assert not query.has(flag)


@pytest.mark.parametrize("field", [*TEXT_FIELDS, "tag", "model", "run"])
def test_words_with_a_value(field: str) -> None:
    assert parse_query(f"{field}:abc").terms == (Term(field, "abc"),)
    assert parse_query(f'-{field}:"a b"').terms == (Term(field, "a b", True),)
    assert parse_query(f'{field}:"a:b<c').terms == (Term(field, "a:b<c"),)


@pytest.mark.parametrize("band", Band)
def test_bands(band: Band) -> None:
    assert parse_query(f"band:{band}").terms == (Term("band", band.value),)
    assert parse_query(f"band:{band[:2].upper()}").terms == (Term("band", band.value),)


def test_a_band_with_a_dash() -> None:
    assert parse_query("band:off-base").terms == (Term("band", "off_base"),)


@pytest.mark.parametrize("verdict", Verdict)
def test_verdicts_by_name_and_key(verdict: Verdict) -> None:
    assert parse_query(f"verdict:{verdict}").terms == (Term("verdict", verdict.value),)
    assert parse_query(f"verdict:{VERDICT_KEYS[verdict]}").terms == (Term("verdict", verdict.value),)


@pytest.mark.parametrize(
    ("text", "name"), [("score<0.5", "<"), ("score<=.5", "<="), ("score>1", ">"), ("score=1", "=")]
)
def test_scores(text: str, name: str) -> None:
    (term,) = parse_query(text).terms
    assert (term.kind, term.name) == ("score", name)
    assert parse_query("score:1").terms == (Term("score", "1", name="="),)


@pytest.mark.parametrize(
    ("text", "said", "kept"),
    [
        ("band:none", "none of full", "band:none"),
        ("verdict:q", "none of right", "verdict:q"),
        ("score<high", "not a number", "score<high"),
        ("re:(", "not a regular expression", "("),
        ("re:a{99999999999999999999}", "too large", "a{99999999999999999999}"),
        ("re:" + "(" * 5000, "nested too deep", "(" * 5000),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_meant_is_searched_for_as_text(text: str, said: str, kept: str) -> None:
    for sign in ("", "-"):
        query = parse_query(sign + text)
        assert query.terms == (Term("text", kept, bool(sign)),)
        assert said in query.notes[0]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ('""', ()),
        ("sepsis", (Term("text", "sepsis"),)),
        ('"septic arthritis"', (Term("text", "septic arthritis"),)),
        ('-"septic arthritis"', (Term("text", "septic arthritis", True),)),
        ("topic:medicine", (Term("field", "medicine", name="topic"),)),
        ('-topic:"internal medicine"', (Term("field", "internal medicine", True, "topic"),)),
        ("a<b", (Term("text", "a<b"),)),
        ("verdict:", (Term("text", "verdict:"),)),
        ("MISTAKES", (Term("text", "MISTAKES"),)),
        ("re:a.*b", (Term("re", "a.*b"),)),
        ('re:"a b"', (Term("re", "a b"),)),
    ],
)
def test_words(text: str, terms: tuple[Term, ...]) -> None:
    assert parse_query(text) == Query(terms)
