"""``rft-tui profile list`` and ``test``."""

from __future__ import annotations

import asyncio

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, table
from rft_tui.errors import EXIT_DONE, EXIT_SERVICE, RftError


@command
def list_all(calling: Calling) -> None:
    """List the profiles: those of rft.toml, and those that are built in."""
    from rft_tui.providers.profiles import BUILT_IN, find_key, list_profiles, named_profile

    workspace = calling.workspace()
    rows = []
    default = named_profile(workspace.settings, None).name
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
        (one.name + (" (default)" if one.name == default else ""), one.service, one.profile.api, one.profile.backend,
         key, where)
        for one, key, where in rows
    ]  # fmt: skip
    calling.lines(table(columns, cells))


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
