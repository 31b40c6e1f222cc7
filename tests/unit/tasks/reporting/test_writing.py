"""A report in HTML and Markdown: whatever its texts are, they are shown and never obeyed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tasks.reporting.document import Chart, Report, Section, number, text
from rft_tui.tasks.reporting.html import LONGEST_PASSAGE, as_html
from rft_tui.tasks.reporting.markdown import as_markdown, line
from tests.unit.tasks.reporting.reports import ATTRIBUTES, TAGS, Page, report_with

HOSTILE = (
    "<script>document.title='x'</script>",
    "</pre></details><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><link rel=stylesheet href=http://example.org/x.css>",
    "]]><!--",
    "\x1b]0;title\x07\x00\x0b",
    "a\u202eb\ud800",
    "&lt;script&gt;",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_an_element_or_an_attribute(hostile: str) -> None:
    plain, page = Page(as_html(report_with("plain"))), Page(as_html(report_with(hostile)))
    assert page.tags == plain.tags
    assert [name for name, _value in page.attributes] == [name for name, _value in plain.attributes]


@given(st.text())
def test_a_page_is_made_of_what_it_may_hold(content: str) -> None:
    page = Page(as_html(report_with(content)))
    assert set(page.tags) <= TAGS
    assert {name for name, _value in page.attributes} <= ATTRIBUTES
    links = [value for name, value in page.attributes if name == "href"]
    assert links == ["data:,"]


@given(st.text())
def test_a_picture_is_well_formed_and_says_what_it_shows(content: str) -> None:
    for block in report_with(content).sections[0].blocks:
        if isinstance(block, Chart):
            drawing = ElementTree.fromstring(block.svg)
            assert drawing.get("role") == "img"
            assert drawing.get("aria-label") is not None


def test_the_page_says_that_it_is_simulated_and_may_load_nothing() -> None:
    html = as_html(report_with("x"))
    assert "SIMULATED" in html
    assert "default-src 'none'" in html
    assert "SIMULATED" not in as_html(Report("x", "y", ()))


def test_a_long_text_is_cut_and_says_so() -> None:
    page = as_html(report_with("x" * (LONGEST_PASSAGE + 5)))
    assert "… 5 more characters" in page


def test_markdown_keeps_tables_and_says_pictures_in_words() -> None:
    report = Report("Means", "sample", (Section("A", (Chart("Picture", "<svg/>", "up and to the right"),)),))
    assert as_markdown(report) == "# Means\n\nsample\n\n## A\n\n*Picture.* up and to the right\n"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("<script>", "\\<script\\>"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("[x](http://example.org)", "\\[x\\](http://example.org)"),
        ("two\nlines", "two lines"),
    ],
)
def test_nothing_is_markup_on_a_line_of_markdown(given_text: str, expected: str) -> None:
    assert line(given_text).replace("␊", " ") == expected


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    markdown = as_markdown(report_with("````\nx\n````"))
    assert "`````text\n````\nx\n````\n`````" in markdown


@pytest.mark.parametrize(
    ("value", "signed", "expected"),
    [(0.5, False, "0.500"), (-0.25, True, "−0.250"), (0.25, True, "+0.250"), (None, False, "–"),
     (1234.5, False, "1,234.500")],
)  # fmt: skip
def test_numbers_stand_to_the_right_with_a_true_minus(value: float | None, signed: bool, expected: str) -> None:
    cell = number(value, signed=signed)
    assert (cell.text, cell.is_number) == (expected, True)
    assert text("x").is_number is False
