"""Files, uploads and batches, as the official client uses them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from rft_tui.simulator.running import RunningSimulator, running_simulator
from tests.unit.simulator.bodies import JOINT, chat_body
from tests.unit.simulator.contract import assert_fits


def test_files_as_the_client_keeps_them(own_client: OpenAI) -> None:
    content = b'{"a": 1}\r\n--boundary\r\n' + bytes(range(256))
    made = own_client.files.create(file=("rows \u00fc.jsonl", content), purpose="fine-tune")
    assert_fits(made.to_dict(), "OpenAIFile")
    assert (made.bytes, made.purpose) == (len(content), "fine-tune")
    others = [own_client.files.create(file=(f"{number}", b""), purpose="batch") for number in range(2)]
    assert own_client.files.content(made.id).read() == content
    assert [one.id for one in own_client.files.list(limit=1)] == [others[1].id, others[0].id, made.id]
    assert [one.id for one in own_client.files.list(purpose="fine-tune", order="asc")] == [made.id]
    assert own_client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        own_client.files.retrieve(made.id)


def test_uploads_as_the_client_sends_them(client: OpenAI) -> None:
    content = b"0123456789" * 1000
    upload = client.uploads.create(filename="f", purpose="batch", bytes=len(content), mime_type="text/jsonl")
    assert_fits(upload.to_dict(), "Upload")
    second, first = (client.uploads.parts.create(upload.id, data=data) for data in (content[6000:], content[:6000]))
    assert_fits(first.to_dict(), "UploadPart")
    with pytest.raises(openai.BadRequestError):
        client.uploads.complete(upload.id, part_ids=[first.id])
    digest = hashlib.md5(content).hexdigest()
    done = client.uploads.complete(upload.id, part_ids=[first.id, second.id], md5=digest)
    assert_fits(done.to_dict(), "Upload")
    assert done.file is not None
    assert client.files.content(done.file.id).read() == content
    with pytest.raises(openai.BadRequestError):
        client.uploads.cancel(upload.id)


def batch_lines(count: int, **others: Any) -> bytes:
    lines = [
        {"custom_id": f"c{number}", "method": "POST", "url": "/v1/chat/completions", "body": chat_body(seed=number)}
        | others
        for number in range(count)
    ]
    return b"\n".join(json.dumps(line).encode() for line in lines)


def run_batch(client: OpenAI, content: bytes) -> Any:
    stored = client.files.create(file=("in.jsonl", content), purpose="batch")
    batch = client.batches.create(
        input_file_id=stored.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"k": "v"}
    )
    assert_fits(batch.to_dict(), "Batch")
    assert batch.status == "validating"
    seen = []
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        batch = client.batches.retrieve(batch.id)
        seen.append(batch.status)
    assert_fits(batch.to_dict(), "Batch")
    assert [one for number, one in enumerate(seen) if one not in seen[:number]] == sorted(
        set(seen), key=["validating", "in_progress", "finalizing", batch.status].index
    )
    return batch


def rows(client: OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()] if file_id else []


def test_a_batch_answers_every_line(client: OpenAI) -> None:
    bad = {"custom_id": "bad", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "simulated-smollm2"}}
    batch = run_batch(client, batch_lines(150) + b"\n" + json.dumps(bad).encode())
    assert batch.status == "completed"
    assert (batch.request_counts.completed, batch.request_counts.failed) == (150, 1)
    good, failed = rows(client, batch.output_file_id), rows(client, batch.error_file_id)
    assert {row["custom_id"] for row in good} == {f"c{number}" for number in range(150)}
    assert [row["custom_id"] for row in good] != [f"c{number}" for number in range(150)]
    for row in good:
        assert_fits(row["response"]["body"], "CreateChatCompletionResponse")
    assert [(row["custom_id"], row["response"]["status_code"]) for row in failed] == [("bad", 400)]
    assert batch.usage.total_tokens > 0
    assert [one.id for one in client.batches.list(limit=1)] == [batch.id]


def test_the_same_line_again_is_the_next_run(client: OpenAI) -> None:
    line = json.loads(batch_lines(1))
    line["body"]["messages"] = [{"role": "user", "content": JOINT}]
    content = b"\n".join(json.dumps({**line, "custom_id": str(run)}).encode() for run in range(3))
    batch = run_batch(client, content)
    said = {row["response"]["body"]["choices"][0]["message"]["content"] for row in rows(client, batch.output_file_id)}
    assert len(said) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"{", "invalid_json_line"),
        (b'{"custom_id": "a", "method": "GET", "url": "/v1/chat/completions", "body": {}}', "invalid_method"),
        (batch_lines(1, url="/v1/responses"), "mismatched_url"),
        (batch_lines(2, custom_id="same"), "duplicate_custom_id"),
        (batch_lines(1) + b"\n" + batch_lines(1, custom_id="b", body={"model": "other"}), "mismatched_model"),
    ],
)
def test_a_bad_batch_file_fails_with_its_lines(client: OpenAI, content: bytes, code: str) -> None:
    batch = run_batch(client, content)
    assert batch.status == "failed"
    assert code in {error.code for error in batch.errors.data}


def test_lines_that_expire_are_named_and_get_through_later(simulator: RunningSimulator, own_client: OpenAI) -> None:
    simulator.set_faults({"batch-expired": 0.5})
    batch = run_batch(own_client, batch_lines(40))
    assert batch.status == "expired"
    expired = rows(own_client, batch.error_file_id)
    assert 5 < len(expired) < 35
    assert {row["error"]["code"] for row in expired} == {"batch_expired"}
    assert len(rows(own_client, batch.output_file_id)) == 40 - len(expired)
    simulator.set_faults()
    assert run_batch(own_client, batch_lines(40)).status == "completed"


def test_a_cancelled_batch_ends() -> None:
    with running_simulator(batch_stage_s=30) as simulator:
        client = OpenAI(base_url=simulator.base_url, api_key="any", max_retries=0)
        with client:
            stored = client.files.create(file=("in", batch_lines(2)), purpose="batch")
            made = client.batches.create(
                input_file_id=stored.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            assert client.batches.cancel(made.id).status == "cancelling"
            assert_fits(client.batches.retrieve(made.id).to_dict(), "Batch")
