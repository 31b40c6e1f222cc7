"""What the panels of Compare show, and what some of them read for themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rft_tui.errors import RftError
from rft_tui.store.datasets import get_dataset
from rft_tui.store.review import graded_runs
from rft_tui.tui.comparing.panel_words import nothing_common
from rft_tui.tui.comparing.rows import Row, said

if TYPE_CHECKING:
    import sqlite3

    from rft_tui.store.database import Store
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.workspace import Workspace

MOST_GRADERS = 12
"""Graders of the table of models by graders."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a panel that reads for itself is asked about; `gold` is a grader, None for the person's verdicts."""

    workspace: Workspace
    comparison: Comparison
    names: Sequence[str]
    graders: Sequence[StoredGrader]
    cluster: str
    gold: StoredGrader | None
    should_stop: Callable[[], bool]

    @property
    def runs(self) -> list[int]:
        """The runs of all operands."""
        return runs_of(self.comparison)


def runs_of(comparison: Comparison) -> list[int]:
    """The runs of all operands of a comparison."""
    return sorted({run for one in comparison.operands for run in one.operand.run_ids})


def _read_graders(asked: Asked) -> Any:
    """The table of models by the newest graded version of every grader; empty where there is one grader only."""
    from rft_tui.tasks.comparing.by_grader import by_grader

    comparison = asked.comparison
    if len(comparison.graders) > 1:
        return ()
    used = comparison.graders[0]
    with asked.workspace.store.read() as db:
        newest = {one.name: one for one in asked.graders if _has_graded_all(db, one, comparison)}
    newest[used.name] = used
    wanted = [used, *(one for one in newest.values() if one.id != used.id)][:MOST_GRADERS]
    return by_grader(asked.workspace.store, asked.names, wanted, cluster=asked.cluster) if len(wanted) > 1 else ()


def _has_graded_all(db: sqlite3.Connection, grader: StoredGrader, comparison: Comparison) -> bool:
    """Whether a grader has graded something of every operand."""
    return all(graded_runs(db, grader.id, one.operand.run_ids) for one in comparison.operands)


def _read_hacking(asked: Asked) -> Any:
    from rft_tui.tasks.comparing.hacking import hacking_panel

    workspace = asked.workspace
    return hacking_panel(
        workspace.store, asked.comparison, gold=asked.gold, reviewer=workspace.reviewer, should_stop=asked.should_stop
    )


def _read_people(asked: Asked) -> Any:
    from rft_tui.tasks.reviewing.grader_agreement import grader_agreement
    from rft_tui.tasks.reviewing.reviewer_agreement import reviewer_agreement
    from rft_tui.tui.comparing.people_panel import People

    workspace, grader = asked.workspace, asked.comparison.graders[-1]
    with_grader = grader_agreement(workspace.store, grader, workspace.reviewer, asked.runs)
    return People(with_grader, reviewer_agreement(workspace.store, asked.runs))


def _read_labels(asked: Asked) -> Any:
    """The suspects among the items of the baseline's dataset, by all answers that the grader has graded."""
    from rft_tui.tasks.labels.suspects import suspect_labels

    first = asked.comparison.operands[0].operand
    store = asked.workspace.store
    with store.read() as db:
        dataset = get_dataset(db, first.datasets[0])
    return suspect_labels(store, dataset, asked.comparison.graders[-1])


READERS: dict[str, Callable[[Asked], Any]] = {
    "graders": _read_graders,
    "hacking": _read_hacking,
    "people": _read_people,
    "labels": _read_labels,
}
"""The panels that read for themselves."""


def keep_found(store: Store, panel: str, found: Any) -> None:
    """Keep the list of a panel where Review finds it."""
    if panel == "hacking":
        from rft_tui.tasks.comparing.hacking import keep_examples

        keep_examples(store, found)
    elif panel == "people":
        from rft_tui.tasks.reviewing.grader_agreement import keep_disagreements
        from rft_tui.tasks.reviewing.reviewer_agreement import keep_reviewer_disagreements

        keep_disagreements(store, found.grader)
        keep_reviewer_disagreements(store, found.reviewers)
    elif panel == "labels":
        from rft_tui.tasks.labels.suspects import keep_suspects

        keep_suspects(store, found)


def first_of(panel: str, found: Any) -> int | None:
    """The first prediction of a panel's list."""
    if panel == "labels":
        return int(found.suspects[0].prediction) if found.suspects else None
    listed = found.examples if panel == "hacking" else found.grader.disagreements
    return int(listed[0]) if listed else None


def panel_rows(panel: str, comparison: Comparison, found: Any, pair: int, width: int, height: int) -> list[Row]:
    """The lines of a panel; `found` is what its reader found, None while it reads, an error where it could not."""
    if isinstance(found, RftError):
        return [*said(found.message, width, "state.bad", "✗ "), *said(found.hint, width)]
    if not comparison.items:
        return nothing_common(comparison, width)
    if panel == "means":
        from rft_tui.tui.comparing.means_panel import means_rows

        return means_rows(comparison, width, height)
    if panel == "paired":
        from rft_tui.tui.comparing.paired_panel import paired_rows

        return paired_rows(comparison, width, height, pair)
    if panel == "spread":
        from rft_tui.tui.comparing.spread_panel import spread_rows

        return spread_rows(comparison, width, height, pair)
    if panel == "samples":
        from rft_tui.tui.comparing.samples_panel import samples_rows

        return samples_rows(comparison, width, height)
    return _read_rows(panel, comparison, found, width)


def _read_rows(panel: str, comparison: Comparison, found: Any, width: int) -> list[Row]:
    """The lines of a panel that reads for itself."""
    if found is None:
        return said("reading …", width, "text.faint")
    if panel == "graders":
        from rft_tui.tui.comparing.grader_panel import grader_rows, one_grader_rows

        if len(comparison.graders) > 1:
            return said("Grader versions are compared here; this table is of models by graders.", width)
        return grader_rows(found, width) if found else one_grader_rows(width)
    if panel == "hacking":
        from rft_tui.tui.comparing.hacking_panel import hacking_rows

        return hacking_rows(found, comparison, width)
    if panel == "people":
        from rft_tui.tui.comparing.people_panel import people_rows

        return people_rows(found, width)
    from rft_tui.tui.comparing.labels_panel import labels_rows

    return labels_rows(comparison.operands[0].operand.datasets[0], found, width)
