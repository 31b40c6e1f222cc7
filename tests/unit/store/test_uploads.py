from __future__ import annotations

from pathlib import Path

from rft_tui.store.database import Store
from rft_tui.store.uploads import SENDING, THERE, SessionMemory, UploadKey, begin_upload, end_upload, get_upload

KEY = UploadKey("https://service/v1", "fine-tune", "a" * 64)


def begun(store: Store) -> SessionMemory:
    with store.write() as db:
        begin_upload(db, KEY, "rows.jsonl", 100)
    return SessionMemory(store, KEY)


def test_nothing_is_known_at_first(store: Store) -> None:
    with store.read() as db:
        assert get_upload(db, KEY) is None
    assert SessionMemory(store, KEY).session() is None
    assert begun(store).session() is None


def test_parts_are_remembered_in_their_order(store: Store, tmp_path: Path) -> None:
    memory = begun(store)
    memory.begun("upload_1", 8)
    for part in ("part_b", 'part "a"', "part_ü"):
        memory.arrived(part)
    with_another = Store(store.path)
    assert SessionMemory(with_another, KEY).session() == ("upload_1", 8, ["part_b", 'part "a"', "part_ü"])
    with_another.close()
    other = SessionMemory(store, UploadKey(KEY.service, KEY.purpose, "b" * 64))
    assert other.session() is None


def test_what_is_at_a_service_stays_known_and_its_parts_do_not(store: Store) -> None:
    memory = begun(store)
    memory.begun("upload_1", 8)
    memory.arrived("part_1")
    with store.write() as db:
        end_upload(db, KEY, "file-1")
        found = get_upload(db, KEY)
    assert found is not None
    assert (found.state, found.remote_id, found.name, found.size) == (THERE, "file-1", "rows.jsonl", 100)
    assert memory.session() is None
    begun(store)
    with store.read() as db:
        again = get_upload(db, KEY)
    assert again is not None
    assert (again.state, again.remote_id) == (SENDING, None)


def test_beginning_again_keeps_what_has_arrived(store: Store) -> None:
    memory = begun(store)
    memory.begun("upload_1", 8)
    memory.arrived("part_1")
    assert begun(store).session() == ("upload_1", 8, ["part_1"])


def test_an_upload_that_is_forgotten_is_begun_anew(store: Store) -> None:
    memory = begun(store)
    memory.begun("upload_1", 8)
    memory.arrived("part_1")
    memory.forget()
    assert memory.session() is None
    memory.begun("upload_2", 16)
    assert memory.session() == ("upload_2", 16, [])


def test_an_old_upload_is_not_gone_on_with(store: Store) -> None:
    memory = begun(store)
    memory.begun("upload_1", 8)
    with store.write() as db:
        db.execute("UPDATE upload SET begun_at = '2026-01-01T00:00:00.000+00:00'")
    assert memory.session() is None


def test_two_senders_of_one_upload_do_not_mix_their_parts(store: Store) -> None:
    one = begun(store)
    one.begun("upload_1", 8)
    one.arrived("one 1")
    other = begun(store)
    assert other.session() == ("upload_1", 8, ["one 1"])
    other.arrived("other 2")
    one.arrived("one 2")
    other.arrived("other 3")
    assert SessionMemory(store, KEY).session() == ("upload_1", 8, ["one 1", "other 2", "other 3"])
    third = begun(store)
    third.begun("upload_2", 8)
    one.arrived("one 3")
    one.forget()
    assert SessionMemory(store, KEY).session() == ("upload_2", 8, [])
