"""Uploads: a file that is sent in parts."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.checks import check_body, list_of, table
from rft_tui.simulator.files import MOST_BYTES, FileStore, StoredFile, expiry_of
from rft_tui.simulator.rejection import RequestError, not_found

MOST_UPLOADS = 200
MOST_UPLOAD_PARTS = 2_000
MOST_PART_BYTES = 64 * 1024 * 1024
LIFE_S = 3_600
"""How long an upload may take."""

_CREATE = table(
    {
        "filename": checks.name,
        "purpose": checks.one_of("assistants", "batch", "fine-tune", "vision"),
        "bytes": checks.whole(0, MOST_BYTES),
        "mime_type": checks.text,
        "expires_after": table(
            {"anchor": checks.one_of("created_at"), "seconds": checks.whole(3_600, 2_592_000)}, "anchor", "seconds"
        ),
    },
    "filename",
    "purpose",
    "bytes",
    "mime_type",
)
_COMPLETE = table({"part_ids": list_of(checks.text, 1, MOST_UPLOAD_PARTS), "md5": checks.text}, "part_ids")


@dataclass(slots=True)
class Upload:
    """An upload under way, its parts by id."""

    id: str
    asked: JsonObject
    created_at: int
    status: str = "pending"
    parts: dict[str, Path] = field(default_factory=dict)
    file: StoredFile | None = None

    def as_json(self) -> JsonObject:
        """The upload object."""
        shown: JsonObject = {
            "id": self.id,
            "object": "upload",
            "bytes": self.asked["bytes"],
            "created_at": self.created_at,
            "expires_at": self.created_at + LIFE_S,
            "filename": self.asked["filename"],
            "purpose": self.asked["purpose"],
            "status": self.status,
        }
        return shown if self.file is None else {**shown, "file": self.file.as_json()}


class Uploads:
    """All uploads, the oldest forgotten where there are too many. Ids never come again, not in a later service."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._uploads: dict[str, Upload] = {}
        self._made = 0
        self._token = secrets.token_hex(4)

    def create(self, body: Any) -> JsonObject:
        """Begin an upload. Raises RequestError."""
        asked = check_body(body, _CREATE)
        self._files.check_room(asked["bytes"])
        self._made += 1
        upload = Upload(f"upload_simulated_{self._made}{self._token}", asked, int(time.time()))
        self._uploads[upload.id] = upload
        if len(self._uploads) > MOST_UPLOADS:
            self._drop(next(iter(self._uploads)))
        return upload.as_json()

    def pending(self, upload_id: str) -> Upload:
        """An upload that takes parts. Raises RequestError."""
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise not_found("Upload", upload_id)
        if upload.status == "pending" and time.time() > upload.created_at + LIFE_S:
            upload.status = "expired"
        if upload.status != "pending":
            raise RequestError(f"Upload has status {upload.status}.", code="invalid_upload_status")
        return upload

    def add_part(self, upload_id: str, path: Path) -> JsonObject:
        """Keep a part that was written to a path; one that comes twice is kept twice. Raises RequestError."""
        upload = self.pending(upload_id)
        held = sum(one.stat().st_size for one in upload.parts.values()) + path.stat().st_size
        if held > MOST_BYTES or len(upload.parts) >= MOST_UPLOAD_PARTS:
            path.unlink(missing_ok=True)
            raise RequestError("The parts are together larger than any upload.", code="upload_too_large")
        part_id = f"part_simulated_{path.name}"
        upload.parts[part_id] = path
        return {"id": part_id, "object": "upload.part", "created_at": int(time.time()), "upload_id": upload_id}

    def complete(self, upload_id: str, body: Any) -> JsonObject:
        """Put the named parts together in their order. Raises RequestError."""
        upload = self.pending(upload_id)
        asked = check_body(body, _COMPLETE)
        if unknown := [one for one in asked["part_ids"] if one not in upload.parts]:
            raise not_found("part", unknown[0])
        paths = [upload.parts[one] for one in asked["part_ids"]]
        if sum(path.stat().st_size for path in paths) != upload.asked["bytes"]:
            raise RequestError("The parts do not have the number of bytes that was said.", param="part_ids")
        target = self._files.new_path()
        digest = hashlib.md5(usedforsecurity=False)
        with target.open("wb") as file:
            for path in paths:
                with path.open("rb") as source:
                    while block := source.read(1 << 20):
                        digest.update(block)
                        file.write(block)
        if asked.get("md5", digest.hexdigest()) != digest.hexdigest():
            target.unlink()
            raise RequestError("The checksum does not match.", param="md5")
        expires = upload.asked.get("expires_after", {})
        expiry_s = expiry_of(expires.get("anchor"), expires.get("seconds"))
        upload.file = self._files.add(target, upload.asked["filename"], upload.asked["purpose"], expiry_s)
        self._forget_parts(upload)
        upload.status = "completed"
        return upload.as_json()

    def cancel(self, upload_id: str) -> JsonObject:
        """Give an upload up. Raises RequestError."""
        upload = self.pending(upload_id)
        self._forget_parts(upload)
        upload.status = "cancelled"
        return upload.as_json()

    def _drop(self, upload_id: str) -> None:
        self._forget_parts(self._uploads.pop(upload_id))

    def _forget_parts(self, upload: Upload) -> None:
        for path in upload.parts.values():
            path.unlink(missing_ok=True)
        upload.parts.clear()
