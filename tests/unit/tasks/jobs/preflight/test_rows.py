"""Checks of the rows: formats, limits, leakage, templates, roles, and what is at the service already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rft_tui.job_model import JobMethod
from rft_tui.model import JsonObject, Prompt
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.files import plan_rows
from rft_tui.tasks.jobs.pilot import pilot_of
from rft_tui.tasks.jobs.preflight.facts import NetworkFacts
from rft_tui.tasks.jobs.preflight.rows import NEAR_ROWS, row_facts
from rft_tui.tasks.jobs.request import DataSource
from tests.unit.tasks.jobs.preflight.desk import SIMULATED, findings, only
from tests.unit.tasks.jobs.requests import (
    a_request,
    add_rows,
    imported,
    preference_rows,
    questions,
    supervised_rows,
    two_parts,
)


def test_sound_rows(store: Store) -> None:
    two_parts(store)
    found = findings(store, a_request())
    assert [only(found, check).state for check in ("training_file", "validation_file", "leakage")] == ["ok"] * 3
    assert only(found, "training_file").evidence["rows"] == 40
    assert "no input stands in both" in only(found, "leakage").message


@pytest.mark.parametrize(
    ("method", "rows"), [("supervised", supervised_rows()), ("dpo", preference_rows())], ids=["supervised", "dpo"]
)
def test_each_method_takes_its_own_rows_only(
    store: Store, tmp_path: Path, method: JobMethod, rows: list[JsonObject]
) -> None:
    imported(store, tmp_path, "train", rows)
    found = findings(store, a_request(method, validation=None))
    assert only(found, "training_file").state == "ok"
    assert only(found, "validation_file").state == "warning"
    other: JobMethod = "dpo" if method == "supervised" else "supervised"
    finding = only(findings(store, a_request(other, validation=None)), "training_file")
    assert finding.state == "error"
    assert "× " in finding.message
    assert "line 1" in finding.message


def test_limits_of_the_method(store: Store, tmp_path: Path) -> None:
    add_rows(store, "train", questions(20))
    add_rows(store, "valid", questions(1001, "V"))
    finding = only(findings(store, a_request()), "validation_file")
    assert finding.state == "error"
    assert "too_many_rows" in finding.message
    imported(store, tmp_path, "few", supervised_rows(9))
    few = a_request("supervised", training=DataSource("dataset", "few"), validation=None)
    assert only(findings(store, few), "training_file").state == "error"


def test_what_a_pilot_sends_is_what_is_checked(store: Store) -> None:
    add_rows(store, "train", questions(60))
    add_rows(store, "valid", questions(1001, "V"))
    found = findings(store, pilot_of(a_request()))
    assert [only(found, part).evidence["rows"] for part in ("training_file", "validation_file")] == [32, 16]
    assert only(found, "validation_file").state == "ok"


def test_leakage_exact_near_and_whole(store: Store) -> None:
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    add_rows(store, "train", [*questions(20), f"{words} and so on until the end"])
    add_rows(store, "valid", [*questions(12, "V"), f"{words} and so on until the ending"])
    near = only(findings(store, a_request()), "leakage")
    assert near.state == "warning"
    assert "nearly the same" in near.message
    add_rows(store, "leaky", [*questions(12, "W"), *questions(3)])
    exact = only(findings(store, a_request(validation=DataSource("dataset", "leaky"))), "leakage")
    assert exact.state == "error"
    assert exact.message.startswith("3 rows of the training part stand in validation too")
    same = only(findings(store, a_request(validation=DataSource("dataset", "train"))), "leakage")
    assert same.state == "error"


def test_rows_with_a_prompt_in_front_already_leak_too(store: Store) -> None:
    add_rows(store, "train", questions(12))
    add_rows(store, "valid", [f"P.\n\n{text}" for text in questions(12)])
    prompt = Prompt("p", "P.", "a" * 32)
    found = findings(store, a_request(), prompt=prompt)
    assert only(found, "leakage").state == "error"
    assert "carry the prompt already" in only(found, "rendering").message
    assert only(findings(store, a_request()), "leakage").state != "error"


def test_a_file_leaks_into_a_dataset(store: Store, tmp_path: Path) -> None:
    two_parts(store)
    imported(store, tmp_path, "again", [{"messages": [{"role": "user", "content": "T0: what follows 0?"}]}])
    source = DataSource("file", str(tmp_path / "again.jsonl"))
    assert only(findings(store, a_request(validation=source)), "leakage").state == "error"


def test_only_the_first_rows_are_held_against_each_other_for_likeness(store: Store) -> None:
    add_rows(store, "train", questions(NEAR_ROWS + 10))
    add_rows(store, "valid", questions(12, "V"))
    train, valid = plan_rows(a_request(), "train", None), plan_rows(a_request(), "validation", None)
    assert train is not None
    assert row_facts(store, train, (), valid).near_looked_at == NEAR_ROWS
    assert f"looked for in {NEAR_ROWS:,} of" in only(findings(store, a_request()), "leakage").message


@pytest.mark.parametrize("name", ["test", "my-test 2", "FINAL_Test"])
def test_a_final_test_of_its_own(store: Store, name: str) -> None:
    two_parts(store)
    add_rows(store, name, questions(11, "F"))
    add_rows(store, "latest", questions(3, "T"))
    finding = only(findings(store, a_request()), "final_test")
    assert finding.state == "ok"
    assert "by its name" in finding.message


def test_a_final_test_that_the_job_knows(store: Store) -> None:
    two_parts(store)
    add_rows(store, "held", [*questions(2, "V"), *questions(1, "T"), *questions(9, "F")])
    finding = only(findings(store, a_request(test="held")), "final_test")
    assert finding.state == "warning"
    assert "1 inputs with training and 2 inputs with validation" in finding.message
    assert only(findings(store, a_request(test="valid")), "final_test").state == "warning"
    assert not only(findings(store, a_request()), "final_test").is_known


def test_fields_that_the_grader_reads(store: Store, tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "Q?"}], "reference_answer": "a"}
    imported(store, tmp_path, "train", [*[row | {"n": n} for n in range(11)], {"messages": row["messages"], "n": 1}])
    add_rows(store, "valid", questions(12, "V"))
    finding = only(findings(store, a_request()), "template_variables")
    assert finding.state == "error"
    assert "1 row lacks item.reference_answer" in finding.message
    assert "line 12" in finding.message


def test_the_system_role(store: Store, tmp_path: Path) -> None:
    messages = [{"role": "system", "content": "Be."}, {"role": "user", "content": "Q?"}]
    imported(store, tmp_path, "train", [{"messages": messages, "reference_answer": str(n)} for n in range(12)])
    add_rows(store, "valid", questions(12, "V"))
    found = findings(store, a_request())
    assert only(found, "system_role").evidence == {"count": 12}
    imported(
        store, tmp_path, "chat", [one | {"messages": [messages[0], *one["messages"]]} for one in supervised_rows()]
    )
    chat = a_request("supervised", training=DataSource("dataset", "chat"), validation=None)
    assert "system_role" not in findings(store, chat)


class TestAtTheService:
    """Rows that are at the service already cannot be looked at, and that is said."""

    request = a_request(training=DataSource("remote", "file-1"), validation=DataSource("remote", "file-2"))

    def test_nothing_is_known_of_them(self, store: Store) -> None:
        found = findings(store, self.request)
        for check in ("training_file", "validation_file", "leakage", "template_variables", "time_and_cost"):
            assert not only(found, check).is_known
            assert only(found, check).state == "warning"

    @pytest.mark.parametrize(
        ("head", "state"), [(None, "error"), ({"purpose": "batch"}, "error"), ({"purpose": "fine-tune"}, "warning")]
    )
    def test_whether_they_are_there(self, store: Store, head: JsonObject | None, state: str) -> None:
        network = NetworkFacts(files={"file-1": head})
        found = findings(store, self.request, network=network)
        assert only(found, "training_file").state == state
        assert not only(found, "validation_file").is_known

    def test_no_prompt_can_be_put_into_them(self, store: Store) -> None:
        finding = only(findings(store, self.request, prompt=Prompt("p", "P.", "a" * 32)), "rendering")
        assert finding.state == "error"


def test_worked_examples_would_be_learned(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "train", supervised_rows())
    prompt = Prompt("p", "P.", "a" * 32, ({"question": "1?", "answer": "1"},))
    finding = only(findings(store, a_request("supervised", validation=None), prompt=prompt), "rendering")
    assert finding.state == "warning"


@pytest.mark.parametrize("others", [{"validation": None}, {"grader": None}])
def test_what_a_reinforcement_job_cannot_do_without(store: Store, others: dict[str, Any]) -> None:
    two_parts(store)
    found = findings(store, a_request(**others))
    assert sum(finding.state == "error" for each in found.values() for finding in each) == 1


def test_a_file_with_rows_that_cannot_be_read(store: Store, tmp_path: Path) -> None:
    add_rows(store, "valid", questions(12, "V"))
    path = tmp_path / "bad.jsonl"
    good = b'{"messages": [{"role": "user", "content": "Q?"}], "reference_answer": "a"}\n'
    path.write_bytes(good + b'{"messages": [\n' + good.replace(b"user", b"\x1b[2J"))
    finding = only(findings(store, a_request(training=DataSource("file", str(path)))), "training_file")
    assert finding.state == "error"
    assert "line 2" in finding.message
    assert finding.evidence["rows"] == 3
    path.write_bytes(b"")
    assert only(findings(store, a_request(training=DataSource("file", str(path)))), "training_file").state == "error"


def test_rows_that_are_longer_than_a_supervised_job_reads(store: Store, tmp_path: Path) -> None:
    rows = supervised_rows()
    rows[3]["messages"][1]["content"] = "word " * 60_000
    imported(store, tmp_path, "train", rows)
    finding = only(findings(store, a_request("supervised", validation=None)), "training_file")
    assert finding.state == "warning"
    assert "longest row has about 75," in finding.message


def test_a_final_test_against_rows_that_are_no_dataset(store: Store, tmp_path: Path) -> None:
    two_parts(store)
    add_rows(store, "test", questions(12, "F"))
    path = tmp_path / "v.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "Q?"}], "reference_answer": "a"}\n' * 11)
    found = findings(store, a_request(validation=DataSource("file", str(path))))
    assert not only(found, "final_test").is_known


def test_hostile_names_are_only_shown(store: Store) -> None:
    add_rows(store, "a\x1b[2J\ntrain", ["one"])
    add_rows(store, "test \x1b]0;x\x07", questions(12, "F"))
    prompt = Prompt("p\x1b[1m", "P.", "a" * 32)
    source = DataSource("dataset", "a\x1b[2J\ntrain")
    found = findings(store, a_request(training=source, validation=source, model="m\x1b", suffix="\x1b"), prompt=prompt)
    for finding in (one for each in found.values() for one in each):
        assert (finding.message + finding.hint).isprintable()


def test_questions_without_words_are_not_called_apart(store: Store) -> None:
    add_rows(store, "train", ["?", "??", "???"] * 4)
    add_rows(store, "valid", ["!", "!!", "!!!"] * 4)
    finding = only(findings(store, a_request()), "leakage")
    assert (finding.state, finding.is_known) == ("warning", False)
    assert "have no words" in finding.message


def test_a_time_that_nothing_tells_is_not_ticked_off(store: Store) -> None:
    two_parts(store)
    finding = only(findings(store, a_request(), SIMULATED), "time_and_cost")
    assert (finding.state, finding.is_known) == ("warning", False)
    assert finding.message.startswith("not known: the time; nothing to pay")
