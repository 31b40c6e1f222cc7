"""``rft-tui run why``: where a prediction came from, and what made it a hit."""

from __future__ import annotations

import json

import click

from rft_tui.cli.console import Calling, command
from rft_tui.errors import UsageError


@command
@click.argument("run", type=int)
@click.argument("line", type=int)
@click.option("--raw", is_flag=True, help="Give the service's own answer, as it came.")
def why(calling: Calling, run: int, line: int, raw: bool) -> None:
    """Say where a prediction came from: asked in this run, or taken from the cache, and by what it is identified.

    LINE is the line of the item in the dataset's file.
    """
    from rft_tui.store.answers import raw_body
    from rft_tui.store.origin import origin_of

    with calling.workspace().store.read() as db:
        found = origin_of(db, run, line)
    if found is None:
        raise UsageError(
            f"run {run} has no prediction for the item of line {line}", hint="See rft-tui run list and data show."
        )
    if raw:
        with calling.workspace().store.read() as db:
            body = raw_body(db, found.answer)
        if body is None:
            raise UsageError(
                "no body is kept of this answer",
                hint="Answers from plain files have none, and bodies beyond 8 MB are not kept.",
            )
        calling.raw(body)
        return
    if calling.as_json:
        calling.emit(found.as_json())
        return
    said = "taken from the cache" if found.cached else "asked in this run"
    if found.source:
        said = f"imported from {found.source}"
    calling.line(f"run {run}, line {line}: {said}")
    facts = [
        ("asked", f"{found.asked_at or 'before answers were dated'}, in run {found.asked_by or '–'}"),
        ("answered by", found.served_model or "not said"),
        ("shared by runs", ", ".join(map(str, found.shared_by))),
        ("identity", found.key),
        ("  input", found.input_id),
        ("  prompt", found.prompt or "none"),
        ("  service", found.service),
        ("  model", found.model),
        ("  effort", found.effort or "the service's own"),
        ("  parameters", json.dumps(found.parameters, ensure_ascii=False, sort_keys=True)),
        ("  run index", str(found.run_index)),
    ]
    calling.lines([f"  {name:<16}{value}" for name, value in facts])
    calling.say("The same identity is never asked twice; a change of any part of it is a new question.")
