"""Output items of a hosted eval fetched to files while the service lasts; importing reads the files, never the line."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rft_tui.datasets.decode import row_text
from rft_tui.errors import InputError, ServiceError, UsageError
from rft_tui.identity import content_hash
from rft_tui.model import JsonObject
from rft_tui.providers.reading import name_of
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from rft_tui.providers.backends.backend import JobBackend
    from rft_tui.providers.profiles import NamedProfile

FOLDER = "evals"
"""The folder of a workspace that the files lie in: one for each eval, and in it one for each run."""

LAST_DAY = date(2026, 11, 30)
"""The day on which OpenAI shuts hosted evals down, as its page of deprecations announced it in November 2026."""

_NOT_FOUND = "not_found"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_EVERY = 100


async def fetch_eval(
    profile: NamedProfile,
    cache: Path,
    folder: Path,
    eval_id: str,
    runs: Sequence[str] = (),
    said: Callable[[str], None] = lambda _line: None,
) -> list[Path]:
    """Fetch the output items of an eval's runs (all of them, or those named), each run to a file; the files.

    `cache` is the folder that the cache lies in, `folder` the workspace's. A file is there whole or not at all; one of
    an earlier call is replaced. Raises UsageError where there is nothing to fetch, ServiceError where the service
    refuses or is away.
    """
    from rft_tui.providers.backends.registry import open_backend
    from rft_tui.providers.service import ModelService

    try:
        async with ModelService(profile, folder=cache) as service:
            backend = open_backend(service)
            wanted = list(runs) or [name_of(run.get("id")) for run in await backend.evaluations(eval_id)]
            wanted = [run for run in dict.fromkeys(wanted) if run]
            if not wanted:
                raise UsageError(f"the eval {one_line(eval_id, 100)!r} has no runs at {profile.name}")
            return [await _fetch_run(backend, folder, eval_id, run, said) for run in wanted]
    except ServiceError as error:
        if error.outcome != _NOT_FOUND:
            raise
        raise ServiceError(error.message, hint=_hint(profile, folder / FOLDER), outcome=error.outcome) from error


def _hint(profile: NamedProfile, fetched: Path) -> str:
    """What to do where the service does not know the eval: its id may be wrong, or the service may be no more."""
    end = f" OpenAI ends hosted evals on {LAST_DAY}: after that nothing can be fetched." if profile.is_openai else ""
    there = (
        f" What was fetched before lies in {one_line(str(fetched))} and can be imported." if fetched.is_dir() else ""
    )
    return f"The eval or its run is not there; check the ids.{end}{there}"


async def _fetch_run(backend: JobBackend, folder: Path, eval_id: str, run: str, said: Callable[[str], None]) -> Path:
    path = folder / FOLDER / file_name(eval_id) / f"{file_name(run)}.jsonl"
    partial = path.with_suffix(f".{secrets.token_hex(6)}.part")
    items: AsyncIterator[JsonObject] = backend.output_items(eval_id, run)
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            async with aclosing(cast("AsyncGenerator[JsonObject]", items)) as entries:
                async for item in entries:
                    stream.write(row_text(item | {"run_id": item.get("run_id") or run}) + b"\n")
                    count += 1
                    if count % _EVERY == 0:
                        said(f"{one_line(run, 60)}: {count:,} output items …")
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            partial.unlink()
    return path


def file_name(identity: str) -> str:
    """The name of the file or folder of an id of the service, which may be anything."""
    return identity if _PLAIN_NAME.fullmatch(identity) else content_hash("name", identity)[:32]
