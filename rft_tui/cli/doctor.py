"""``rft-tui doctor``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rft_tui.cli import doctor_parts as parts
from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, table
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, RftError, UsageError
from rft_tui.model import JsonObject


@dataclass
class _Findings:
    """What is broken, and what is only worth knowing."""

    broken: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def error(self, error: RftError) -> None:
        """Take an error down as broken, with its hint."""
        self.broken.append(f"{error.message} {error.hint}".strip())


@command
def doctor(calling: Calling) -> int:
    """Check the installation, the terminal, the files and the sandbox.

    Works with and without a workspace. Exit status 1 if something is broken.
    """
    findings = _Findings()
    versions = parts.versions()
    findings.broken += [f"{name} is not installed" for name in parts.REQUIRED if versions[name] is None]
    findings.broken += parts.sqlite_problems()
    folder = _workspace_folder(calling, findings)
    paths = _paths(calling, folder, findings)
    store = _store(folder, findings)
    sandbox = parts.sandbox()
    findings.warnings += [f"sandbox: {layer['name']}: {layer['note']}" for layer in sandbox if not layer["present"]]
    document: JsonObject = {
        "ok": not findings.broken,
        "problems": findings.broken,
        "warnings": findings.warnings,
        "versions": versions,
        "terminal": parts.terminal(),
        "paths": paths,
        "store": store,
        "services": _services(folder, findings),
        "worker": _worker(folder),
        "sandbox": sandbox,
        "clipboard": parts.clipboard(),
    }
    if calling.as_json:
        calling.emit(document)
    else:
        _show(calling, document)
    return EXIT_DONE if document["ok"] else EXIT_FAILURES


def _workspace_folder(calling: Calling, findings: _Findings) -> Path | None:
    from rft_tui.settings import load_workspace_settings
    from rft_tui.workspace import find_workspace

    try:
        folder = find_workspace(calling.folder or Path.cwd())
    except UsageError as error:
        if calling.folder is not None:
            findings.error(error)
        return None
    try:
        load_workspace_settings(folder)
    except RftError as error:
        findings.error(error)
    return folder


def _paths(calling: Calling, folder: Path | None, findings: _Findings) -> JsonObject:
    """Where everything lies; settings and keymap are read to see whether they can be."""
    from rft_tui import logs
    from rft_tui.settings import CACHE_FILE, KEYMAP_FILE, config_folder, load_user_settings

    try:
        load_user_settings()
    except RftError as error:
        findings.error(error)
    keymap = config_folder() / KEYMAP_FILE
    fault = calling.app.keymap_error(keymap)
    if fault is not None:
        findings.error(fault)
    if logs.problem():
        findings.warnings.append(f"there is no log: {logs.problem()}")
    return {
        "workspace": None if folder is None else str(folder),
        "cache": None if folder is None else str(folder / CACHE_FILE),
        "settings": parts.described(config_folder() / "settings.toml"),
        "keymap": parts.described(keymap),
        "log": parts.described(logs.log_path()),
    }


def _store(folder: Path | None, findings: _Findings) -> JsonObject | None:
    """The cache's own check; None where there is no cache."""
    from rft_tui.settings import CACHE_FILE
    from rft_tui.store.database import Store, file_system_type

    if folder is None or not (folder / CACHE_FILE).is_file():
        return None
    path = folder / CACHE_FILE
    found: JsonObject = {"file_system": file_system_type(path) or "unknown", "bytes": path.stat().st_size}
    try:
        store = Store(path, create=False)
    except RftError as error:
        findings.error(error)
        return found
    try:
        with store.read() as db:
            found["journal"] = db.execute("PRAGMA journal_mode").fetchone()[0]
            found["schema"] = db.execute("PRAGMA user_version").fetchone()[0]
            for name in ("dataset", "item", "run", "prediction", "grader", "grade", "verdict_log"):
                found[f"{name}s"] = db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        found["integrity"] = store.integrity()
        findings.broken += [f"{path}: {line}" for line in found["integrity"]]
    except RftError as error:
        findings.error(error)
    finally:
        store.close()
    return found


def _services(folder: Path | None, findings: _Findings) -> list[JsonObject]:
    """The profiles, and where each one's key comes from; nothing is asked over the network."""
    from rft_tui.providers.profiles import find_key, list_profiles
    from rft_tui.settings import load_workspace_settings

    if folder is None:
        return []
    try:
        settings = load_workspace_settings(folder)
    except RftError:
        return []
    found: list[JsonObject] = []
    for profile in list_profiles(settings):
        try:
            key = find_key(profile).source
        except RftError as error:
            key = error.message
            if profile.name in settings.profiles:
                findings.warnings.append(f"{error.message}. {error.hint}")
        found.append({"profile": profile.name, "service": profile.service, "key": key})
    return found


def _worker(folder: Path | None) -> str:
    """Whether somebody does the tasks, and how many wait."""
    from rft_tui.settings import CACHE_FILE
    from rft_tui.store.database import Store
    from rft_tui.store.owners import is_alive
    from rft_tui.store.tasks import OPEN_STATES, current_worker, list_tasks

    if folder is None or not (folder / CACHE_FILE).is_file():
        return "none here"
    try:
        store = Store(folder / CACHE_FILE, create=False)
        with store.read() as db:
            worker, waiting = current_worker(db), len(list_tasks(db, OPEN_STATES))
        store.close()
    except RftError as error:
        return error.message
    said = "at work" if worker is not None and is_alive(worker[0]) else "not running"
    return f"{said}, {waiting} open task{'' if waiting == 1 else 's'}"


def _show(calling: Calling, document: JsonObject) -> None:
    missing = "not installed"
    _section(calling, "versions", [(name, version or missing) for name, version in document["versions"].items()])
    _section(calling, "terminal", list(document["terminal"].items()))
    _section(calling, "paths", [(name, value or "none here") for name, value in document["paths"].items()])
    store = document["store"] or {"cache": "none here"}
    _section(calling, "cache", [(name, "ok" if value == [] else value) for name, value in store.items()])
    services = [(one["profile"], f"{one['service']} · key: {one['key']}") for one in document["services"]]
    _section(calling, "services", [*services, ("worker", document["worker"])])
    layers = [(one["name"], f"{'yes' if one['present'] else 'NO'}: {one['note']}") for one in document["sandbox"]]
    _section(calling, "sandbox of python graders", layers)
    _section(calling, "clipboard, in this order", [(str(n), way) for n, way in enumerate(document["clipboard"], 1)])
    for warning in document["warnings"]:
        calling.line(f"warning: {warning}")
    for problem in document["problems"]:
        calling.line(f"BROKEN: {problem}")
    calling.line("All is well." if document["ok"] else "Something is broken; see above.")


def _section(calling: Calling, title: str, rows: Sequence[tuple[str, object]]) -> None:
    calling.line(title)
    lines = table(
        [Column(""), Column("", limit=300)], [(name, "–" if value is None else value) for name, value in rows]
    )
    calling.lines([f"  {line}" for line in lines[1:]])
    calling.line()
