"""What stands in a form is read, or is the problem of its field, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.errors import UsageError
from rft_tui.tui.form_values import ValuesReader, whole


def reader(text: str) -> ValuesReader:
    """A form with one field."""
    return ValuesReader({"file": text}, Path("folder"))


@pytest.mark.parametrize("error", [UsageError("no"), ValueError("no"), RecursionError("no"), RuntimeError("no")])
def test_what_cannot_be_read_is_the_fields_problem(error: Exception) -> None:
    def read(_text: str) -> str:
        raise error

    made = reader("x")
    assert (made.take("file", read), made.problems) == (None, {"file": "no"})


def test_a_home_folder_that_there_is_not_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    made = reader("~/x.json")
    assert made.take("file", made.path) is None
    assert "home" in made.problems["file"]


def test_paths_are_meant_from_the_folder_and_empty_fields_are_none() -> None:
    assert reader("").take("file", whole) is None
    assert reader("a").path("a") == Path("folder/a")
    assert reader("a").path("/a") == Path("/a")
