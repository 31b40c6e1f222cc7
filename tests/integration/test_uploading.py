"""A file sent by processes that are killed, over connections that break."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from tests.upload_service import taking_process
from tests.uploading import run_process

MB = 1 << 20


def test_a_killed_upload_goes_on_in_another_process(tmp_path: Path) -> None:
    path, cache = tmp_path / "rows.jsonl", tmp_path / ".rft" / "cache.db"
    path.write_bytes(os.urandom(24 * MB + 5))
    with taking_process(resets=0.1, seed=4) as server:
        first = run_process(server.url, cache, path, 2 * MB, kill_at=8 * MB)
        second = run_process(server.url, cache, path, 2 * MB)
        third = run_process(server.url, cache, path, 2 * MB)
        state = server.state()
    (found,) = state["files"].values()
    assert first.file_id == ""
    assert found["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert second.file_id == third.file_id == found["id"]
    assert second.sent == sorted(set(second.sent))
    assert second.sent[0] >= 8 * MB
    assert second.sent[-1] == path.stat().st_size
    assert third.sent == []
    assert list(state["uploads"]) == ["upload_1"]
    assert second.peak_kib - second.before_kib < 40 * 1024
