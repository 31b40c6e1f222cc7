"""Files of other programs that mean harm or are broken: said with file and place, and nothing is imported."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.errors import InputError
from rft_tui.interchange import zip_members
from rft_tui.interchange.foreign import UnmappedFields
from rft_tui.interchange.formats import FORMATS
from rft_tui.interchange.importer import ImportOptions, import_predictions
from rft_tui.interchange.rows import plain_row
from rft_tui.interchange.zip_members import ZipMembers
from rft_tui.store.database import Store
from tests.unit.interchange.files import counts, write_lines, write_list
from tests.unit.interchange.test_other_programs import FIXTURES

HEADER = {"version": 2, "status": "success", "eval": {"model": "m", "task": "t", "eval_id": "e"}}
SAMPLE = {
    "id": 1, "epoch": 1, "input": "q", "target": "a", "scores": {"s": {"value": 1}},
    "output": {"choices": [{"message": {"role": "assistant", "content": "a"}}]},
}  # fmt: skip


def archive(path: Path, members: dict[str, Any], packing: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as target:
        for name, value in members.items():
            target.writestr(name, value if isinstance(value, str | bytes) else json.dumps(value))
    return path


def refused(store: Store, path: Path, said: str) -> InputError:
    before = counts(store)
    with pytest.raises(InputError, match=said) as caught:
        import_predictions(store, [path])
    assert counts(store) == before
    assert path.name in caught.value.message
    return caught.value


def log(samples: list[Any], header: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**(header or HEADER), "samples": samples}


def test_a_bomb_is_refused_by_its_size(store: Store, tmp_path: Path) -> None:
    bomb = archive(tmp_path / "bomb.eval", {"header.json": HEADER, "samples/1_epoch_1.json": b"0" * (70 * 1024**2)})
    refused(store, bomb, "70 members|at most 64 MB are read")
    many = {f"samples/{n}_epoch_1.json": b" " * (8 * 1024**2) for n in range(34)}
    refused(store, archive(tmp_path / "many.eval", many), "bytes unpacked are more than is read")


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "lies.eval", {"a": b"x" * 5000})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", 5000), struct.pack("<I", 10)))
    with ZipMembers(path) as members, pytest.raises(InputError, match=r"lies\.eval, a: it (is damaged|does not have)"):
        members.read("a")


def test_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_members, "MOST_MEMBERS", 3)
    with pytest.raises(InputError, match="4 members"):
        ZipMembers(archive(tmp_path / "many.eval", {str(n): b"" for n in range(4)}))


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a\\..\\b", "C:evil", "con\x1b[31m"])
def test_names_in_an_archive_are_only_labels(store: Store, tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "l.eval", {"header.json": HEADER, f"samples/{name}_epoch_1.json": SAMPLE})
    before = sorted(tmp_path.rglob("*"))
    assert import_predictions(store, [path]).new == 1
    assert [one for one in sorted(tmp_path.rglob("*")) if "cache" not in str(one)] == [
        one for one in before if "cache" not in str(one)
    ]


def test_an_escape_in_a_name_is_not_sent(store: Store, tmp_path: Path) -> None:
    path = archive(tmp_path / "l.eval", {"header.json": HEADER, "samples/\x1b[2J_epoch_1.json": "{"})
    error = refused(store, path, "not valid JSON")
    assert "\x1b" not in error.message


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", ["inspect/deflated.eval", "inspect/small.json", "promptfoo/small.json"])
def test_a_file_that_is_cut_off_is_refused(store: Store, tmp_path: Path, name: str, share: float) -> None:
    raw = (FIXTURES / name).read_bytes()
    path = tmp_path / Path(name).name
    path.write_bytes(raw[: int(len(raw) * share)])
    refused(store, path, "cut off|damaged|no JSON|none of the known formats")


@pytest.mark.parametrize("name", ["promptfoo/small.jsonl", "verifiers/results.jsonl", "openai-evals/items.jsonl"])
def test_a_torn_last_line_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    path = tmp_path / "torn.jsonl"
    path.write_bytes((FIXTURES / name).read_bytes()[:-40])
    refused(store, path, r"row \d+ \(line \d+\): not valid JSON")


def test_damage_inside_an_archive_names_the_member(store: Store, tmp_path: Path) -> None:
    path = archive(tmp_path / "d.eval", {"header.json": HEADER, "samples/1_epoch_1.json": json.dumps(SAMPLE) * 1})
    raw = bytearray(path.read_bytes())
    at = raw.index(b"samples/1_epoch_1.json") + 40
    raw[at : at + 20] = b"\0" * 20
    path.write_bytes(bytes(raw))
    refused(store, path, r"d\.eval, samples/1_epoch_1\.json: it is damaged")


def test_an_archive_that_is_no_log_is_refused(store: Store, tmp_path: Path) -> None:
    refused(store, archive(tmp_path / "x.eval", {"word/document.xml": "<x/>"}), "no log of inspect")
    refused(store, archive(tmp_path / "y.eval", {"header.json": HEADER}), "there are no predictions")


def test_without_a_library_zstandard_is_said_with_what_to_do(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_members, "zstd_unpacker", lambda: None)
    path = tmp_path / "small.eval"
    path.write_bytes((FIXTURES / "inspect" / "small.eval").read_bytes())
    error = refused(store, path, "packed with Zstandard")
    assert "backports.zstd" in error.hint


@pytest.mark.skipif(zip_members.zstd_unpacker() is None, reason="no library reads Zstandard here")
def test_zstandard_that_is_damaged_or_too_long_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = bytearray((FIXTURES / "inspect" / "small.eval").read_bytes())
    at = raw.index(b"samples/7_epoch_1.json") + 100
    raw[at : at + 30] = b"\xff" * 30
    path = tmp_path / "small.eval"
    path.write_bytes(bytes(raw))
    refused(store, path, r"samples/7_epoch_1\.json: it is damaged")
    with ZipMembers(FIXTURES / "inspect" / "small.eval") as members, pytest.raises(InputError, match="MB are read"):
        members.read("header.json", limit=100)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([1], "must be a JSON object"),
        ([SAMPLE, SAMPLE | {"input": 5}], r"row 2 \(line 1\): input must be"),
        ([SAMPLE | {"input": []}], "input must be"),
        ([SAMPLE | {"epoch": -1}], "epoch must be"),
        ([SAMPLE | {"epoch": 10**30}], "epoch must be"),
        ([SAMPLE | {"metadata": json.loads("[" * 120 + "]" * 120)}], "nested more than 100 deep"),
        ([], "there are no predictions"),
    ],
)
def test_a_log_with_a_wrong_sample_is_refused_whole(
    store: Store, tmp_path: Path, samples: list[Any], said: str
) -> None:
    refused(store, write_list(tmp_path / "log.json", log(samples)), said)


def test_a_text_that_is_named_without_end_is_refused(store: Store, tmp_path: Path) -> None:
    many = [{"role": "user", "content": "attachment://1"}] * 100
    sample = SAMPLE | {"input": many, "attachments": {"1": "x" * 1024**2}}
    refused(store, write_list(tmp_path / "log.json", log([sample])), "more than 64 MB of text")


@pytest.mark.parametrize(
    "score", ["maybe", [], {}, None, [[1]], 10**400, "1e999", {"a": {"b": 1}}, "NaN"], ids=lambda value: str(value)[:9]
)
def test_what_is_no_number_is_unscored_and_never_zero(store: Store, tmp_path: Path, score: Any) -> None:
    scored = SAMPLE | {"scores": {"s": {"value": score}}}
    import_predictions(store, [write_list(tmp_path / "log.json", log([scored]))])
    with store.read() as db:
        assert set(db.execute("SELECT score, error_kind FROM grade")) == {(None, "other_error")}


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("attachment://1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
WHOLE: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("inspect", "inspect/small.json", lambda value: value["samples"][-1]),
    ("promptfoo", "promptfoo/small.jsonl", lambda value: value),
    ("lm-eval", "lm-eval", lambda value: value),
    ("verifiers", "verifiers/results.jsonl", lambda value: value),
    ("verifiers", "verifiers-traces/traces.jsonl", lambda value: value),
    ("openai-evals", "openai-evals/items.jsonl", lambda value: value),
]


def first_of(name: str) -> Any:
    path = FIXTURES / name
    path = next(path.glob("samples_tiny_words*")) if path.is_dir() else path
    text = path.read_text(encoding="utf-8")
    return json.loads(text if path.suffix == ".json" else text.splitlines()[0])


def places(value: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Every container of a value with each of its keys."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found: list[tuple[Any, Any]] = []
    for key, inner in pairs:
        found.append((value, key))
        if isinstance(inner, dict | list) and depth < 6:
            found += places(inner, depth + 1)
    return found


@pytest.mark.parametrize(("form", "name", "inside"), WHOLE, ids=[name for _form, name, _inside in WHOLE])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_an_input_error(
    store: Store, tmp_path: Path, form: str, name: str, inside: Callable[[Any], Any], data: st.DataObject
) -> None:
    value = first_of(name)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(places(inside(value))))
        if isinstance(container, list) and not key < len(container):
            continue
        container[key] = data.draw(values)
    path = tmp_path / ("log.json" if name.endswith(".json") else "log.jsonl")
    write = write_list if name.endswith(".json") else lambda at, one: write_lines(at, [one])
    write(path, value)
    with suppress(InputError):
        for one in FORMATS[form].read(path, UnmappedFields()):
            plain_row(path, one.place, one.row)
            for grade in one.grades.values():
                assert (grade.score is None) == (grade.error is not None)
                assert one.answer.error is None or grade.score is None
    with suppress(InputError):
        import_predictions(store, [path], ImportOptions(format=form))


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_packing_that_no_log_has_is_refused(store: Store, tmp_path: Path, packing: int) -> None:
    path = archive(tmp_path / "a.eval", {"header.json": HEADER, "samples/1_epoch_1.json": SAMPLE}, packing)
    data = bytearray(path.read_bytes())
    data[60:70] = b"\xff" * 10
    path.write_bytes(data)
    refused(store, path, "packed in an unknown way")
