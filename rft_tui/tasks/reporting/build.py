"""A comparison as a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.tasks.reporting.document import Report
from rft_tui.tasks.reporting.evidence import EXAMPLES, behind_section, changes_section
from rft_tui.tasks.reporting.figures import (
    differences_section,
    distribution_section,
    means_section,
    result_section,
)
from rft_tui.tasks.reporting.runs import runs_section
from rft_tui.tasks.reporting.trust import graders_section, hacking_section, people_section
from rft_tui.tasks.reporting.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rft_tui.store.database import Store
    from rft_tui.tasks.comparing.by_grader import GraderTable
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.comparing.hacking import HackingPanel
    from rft_tui.tasks.reviewing.grader_agreement import GraderAgreement


@dataclass(frozen=True, slots=True)
class Trust:
    """What else was asked about the grader; None where it was not, or where nothing can be said."""

    graders: GraderTable | None = None
    hacking: HackingPanel | None = None
    person: GraderAgreement | None = None


def report_of(
    store: Store, comparison: Comparison, trust: Trust, *, title: str = "", examples: int = EXAMPLES,
    data: Mapping[str, Any],
) -> Report:  # fmt: skip
    """The report of a comparison, with `examples` regressions and improvements of each pair in full.

    `data` is the comparison as the command's JSON has it. Raises StoreError.
    """
    labels = [one.label for one in comparison.operands]
    sections = [result_section(comparison), means_section(comparison)]
    if comparison.pairs:
        sections.append(differences_section(comparison))
    sections.append(distribution_section(comparison))
    if (several := runs_section(comparison)) is not None:
        sections.append(several)
    if trust.graders is not None:
        sections.append(graders_section(trust.graders))
    if trust.hacking is not None:
        sections.append(hacking_section(trust.hacking, comparison))
    if trust.person is not None:
        sections.append(people_section(trust.person))
    sections += [changes_section(store, comparison, pair, examples) for pair in comparison.pairs]
    sections.append(behind_section(comparison))
    datasets = dict.fromkeys(name for one in comparison.operands for name in one.operand.datasets)
    about = f"{', '.join(datasets)} · {len(comparison.items):,} common items · {comparison.graders[0].label}"
    if len(comparison.graders) > 1:
        about += f" and {len(comparison.graders) - 1} more"
    return Report(title or joined(labels), about, tuple(sections), data, comparison.simulated)
