"""``rft-tui profile list`` and ``test``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, table
from rft_tui.errors import EXIT_DONE, EXIT_SERVICE, RftError

if TYPE_CHECKING:
    from rft_tui.settings import WorkspaceSettings


@command
def list_all(calling: Calling) -> None:
    """List the profiles: those of rft.toml, and those that are built in."""
    from rft_tui.providers.profiles import BUILT_IN, find_key, list_profiles

    workspace = calling.workspace()
    rows = []
    default, wrong = _chosen(workspace.settings, judge=False)
    judge, wrong_judge = _chosen(workspace.settings, judge=True)
    for said in dict.fromkeys(one for one in (wrong, wrong_judge) if one):
        calling.say(said)
    for one in list_profiles(workspace.settings):
        try:
            key = find_key(one).source or "none needed"
        except RftError as error:
            key = error.message
        own = one.name in workspace.settings.profiles or one.name not in BUILT_IN
        rows.append((one, key, "rft.toml" if own else "built in"))
    if calling.as_json:
        calling.emit(
            {
                "profiles": [
                    {
                        "profile": one.name, "service": one.service, "api": one.profile.api,
                        "backend": one.profile.backend, "key": key, "from": where, "default": one.name == default,
                        "judge": one.name == judge,
                    }
                    for one, key, where in rows
                ]
            }
        )  # fmt: skip
        return
    columns = [
        Column("profile"), Column("service", limit=72), Column("api"), Column("jobs"), Column("key", limit=72),
        Column("from"),
    ]  # fmt: skip
    cells = [
        (one.name + _mark(one.name, default, judge), one.service, one.profile.api, one.profile.backend,
         key, where)
        for one, key, where in rows
    ]  # fmt: skip
    calling.lines(table(columns, cells))


def _chosen(settings: WorkspaceSettings, *, judge: bool) -> tuple[str, str]:
    """The profile that is used where none is said, or what is wrong with the choice."""
    from rft_tui.providers.profiles import named_profile

    try:
        return named_profile(settings, None, judge=judge).name, ""
    except RftError as error:
        return "", f"{error.message}. {error.hint}"


def _mark(name: str, default: str, judge: str) -> str:
    words = [word for word, chosen in (("default", default), ("judge", judge)) if name == chosen]
    return f" ({', '.join(words)})" if words else ""


@command
@click.argument("name", required=False)
def test(calling: Calling, name: str | None) -> int:
    """Say whether a service can be reached and what it offers; the default profile unless one is named."""
    from rft_tui.providers.probe import probe
    from rft_tui.providers.profiles import named_profile

    workspace = calling.workspace()
    profile = named_profile(workspace.settings, name)
    report = asyncio.run(probe(profile, workspace.store.path.parent))
    if calling.as_json:
        calling.emit(report.as_json())
    else:
        calling.lines(report.lines())
    return EXIT_DONE if report.ok else EXIT_SERVICE
