"""``rft-tui init``."""

from __future__ import annotations

from pathlib import Path

import click

from rft_tui.cli.console import Calling, command


@command
@click.argument("where", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def init(calling: Calling, where: Path | None) -> None:
    """Make a workspace: rft.toml, prompts/ and graders/ with examples.

    DIR is the current folder unless it is given. What is there already stays as it is.
    """
    from rft_tui.settings import CACHE_FILE
    from rft_tui.store.database import Store
    from rft_tui.workspace import init_workspace

    target = where or calling.folder or Path()
    written = init_workspace(target)
    Store(target / CACHE_FILE).close()
    if calling.as_json:
        calling.emit({"workspace": str(target.resolve()), "written": [str(path) for path in written]})
        return
    calling.lines([f"wrote {path}" for path in written])
    calling.say(
        "The workspace is ready. Next: rft-tui data import FILE, then rft-tui import PREDICTIONS."
        if written
        else "This is a workspace already; nothing was changed."
    )
