"""A small part of a grader as a field of a form: how it is called, what is typed there, what may be chosen."""

from __future__ import annotations

from rft_tui.graders.document import Part
from rft_tui.safetext import one_line
from rft_tui.tui.editing.grader_text import key_of
from rft_tui.tui.editing.part_values import sampling_of, value_text
from rft_tui.tui.widgets.form import FieldKind, FormField

FIELD_WORDS = {
    "field": "A text.",
    "number": "A number; empty takes it out.",
    "labels": "Labels with commas between them.",
    "sampling": "A value for the judge; empty takes it out.",
}

TEMPLATED_WORDS = "A text; {{ shows the names that are filled in."


def form_field(part: Part) -> FormField:
    """The field of a part; its label says of which grader it is a part where that is not clear."""
    *_children, before, label = ["", *part.label.split(" · ")]
    if part.role and before and label.startswith("part "):
        label = f"{before} · {label}"
    known = sampling_of(part)
    sentence = known.sentence if known else TEMPLATED_WORDS if part.is_templated else FIELD_WORDS.get(part.kind, "")
    kind = FieldKind.CHOICE if choices_of(part) else FieldKind.TEXT
    return FormField(key_of(part), one_line(label, 22), sentence, kind, proposal=value_text(part.value))


def choices_of(part: Part) -> list[str]:
    """The values that a field may have, where there are few."""
    known = sampling_of(part)
    if known is not None:
        return list(known.words)
    if part.path[-1] == "operation":
        from rft_tui.graders.string_check import OPERATIONS

        return list(OPERATIONS)
    if part.path[-1] == "evaluation_metric":
        from rft_tui.graders.metrics.registry import METRIC_NAMES, SERVICE_METRIC_NAMES

        return [*METRIC_NAMES, *SERVICE_METRIC_NAMES]
    return []
