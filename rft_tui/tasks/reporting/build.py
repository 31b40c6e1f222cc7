"""A comparison as a report."""

from __future__ import annotations

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
from rft_tui.tasks.reporting.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rft_tui.store.database import Store
    from rft_tui.tasks.comparing.comparison import Comparison


def report_of(
    store: Store, comparison: Comparison, *, title: str = "", examples: int = EXAMPLES, data: Mapping[str, Any]
) -> Report:
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
    sections += [changes_section(store, comparison, pair, examples) for pair in comparison.pairs]
    sections.append(behind_section(comparison))
    datasets = dict.fromkeys(name for one in comparison.operands for name in one.operand.datasets)
    about = f"{', '.join(datasets)} · {len(comparison.items):,} common items · {comparison.graders[0].label}"
    if len(comparison.graders) > 1:
        about += f" and {len(comparison.graders) - 1} more"
    return Report(title or joined(labels), about, tuple(sections), data, comparison.simulated)
