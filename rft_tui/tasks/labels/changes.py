"""What a dataset becomes with its corrected references and without what is left out; every other row byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rft_tui.datasets.mapping import RowShape
from rft_tui.datasets.shape import REFERENCE_KEY
from rft_tui.identity import canonical_json
from rft_tui.model import Item
from rft_tui.store.corrections import EXCLUDED, REFERENCE, Correction, DatasetChange, called_wrong, corrections_of
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, StoredItem, iter_items, now
from rft_tui.tasks.check_data import shape_of
from rft_tui.tasks.labels.new_reference import NotPossibleError, with_reference


@dataclass(frozen=True, slots=True)
class Refused:
    """A correction that is not made: at which line, by whom, and why."""

    line: int
    reviewers: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What is done to a dataset: references by row id, items left out by number (and by whom, where somebody said it).

    `disputed` are rows of which reviewers say different references; they stay as they are.
    """

    corrections: Mapping[str, Correction]
    excluded: Mapping[int, tuple[str, ...]]
    disputed: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row as it comes out: the item it was, the item it is (None: left out), what was done, or why nothing was."""

    before: StoredItem
    raw: bytes | None
    item: Item | None = None
    change: DatasetChange | None = None
    refused: Refused | None = None


def plan_changes(
    store: Store,
    dataset: StoredDataset,
    *,
    reviewers: Sequence[str] | None = None,
    corrected: bool = True,
    without_suspects: bool = False,
    without: frozenset[int] = frozenset(),
) -> ChangePlan:
    """What some reviewers (None: all) say should become of a dataset.

    Where reviewers say different references of a row, none is taken. `without_suspects` leaves out the items whose
    reference a reviewer calls wrong and for which there is no correction; `without` items by number.
    """
    with store.read() as db:
        said = corrections_of(db, dataset.id, reviewers) if corrected else {}
        wrong = called_wrong(db, dataset.id, reviewers) if without_suspects else {}
        taken: dict[str, Correction] = {}
        disputed: dict[str, tuple[Correction, ...]] = {}
        for row_id, candidates in said.items():
            if len({one.reference for one in candidates}) == 1:
                taken[row_id] = max(candidates, key=lambda one: (one.at, one.reviewer))
            else:
                disputed[row_id] = tuple(candidates)
        rows: dict[int, str] = dict(
            db.execute("SELECT id, row_id FROM item WHERE dataset = ?", [dataset.id]).fetchall()
        )
    excluded: dict[int, tuple[str, ...]] = dict.fromkeys(without, ())
    excluded |= {item: names for item, names in wrong.items() if rows[item] not in taken}
    return ChangePlan(taken, excluded, disputed)


def changed_rows(store: Store, dataset: StoredDataset, plan: ChangePlan) -> Iterator[NewRow]:
    """The rows of a dataset in their order, each as it comes out."""
    shape, moment = shape_with_reference(dataset), now()
    with store.read() as db:
        for stored in iter_items(db, dataset.id):
            if stored.id in plan.excluded:
                who = ", ".join(plan.excluded[stored.id])
                gone = DatasetChange(stored.line, EXCLUDED, who, moment, stored.reference, None, stored.row_id, None)
                yield NewRow(stored, None, change=gone)
                continue
            disputed = plan.disputed.get(stored.row_id)
            correction = plan.corrections.get(stored.row_id)
            refused = None
            if disputed is not None:
                names = tuple(one.reviewer for one in disputed)
                refused = Refused(stored.line, names, "reviewers say different references")
            elif correction is not None and correction.reference != stored.reference:
                try:
                    item = with_reference(stored.raw, stored.line, shape, correction.reference)
                except NotPossibleError as error:
                    refused = Refused(stored.line, (correction.reviewer,), str(error))
                else:
                    yield NewRow(stored, item.raw, item, _change(stored, correction, item))
                    continue
            yield NewRow(stored, stored.raw, refused=refused)


def item_of(row: NewRow) -> Item:
    """The item of a row that is not left out."""
    if row.item is not None:
        return row.item
    stored = row.before
    tools = canonical_json(stored.tools) if stored.tools else None
    return Item(
        stored.input_id, stored.row_id, stored.question, stored.reference, canonical_json(stored.messages), tools,
        stored.fields, stored.raw,
    )  # fmt: skip


def shape_with_reference(dataset: StoredDataset) -> RowShape:
    """How the rows of a dataset are read, with the field where graders look for references where none is known."""
    shape = shape_of(dataset)
    if shape.method == "reinforcement" and shape.mapping.reference_field is None:
        return replace(shape, mapping=replace(shape.mapping, reference_field=REFERENCE_KEY))
    return shape


def _change(stored: StoredItem, correction: Correction, item: Item) -> DatasetChange:
    return DatasetChange(
        stored.line, REFERENCE, correction.reviewer, correction.at, stored.reference, item.reference, stored.row_id,
        item.row_id,
    )  # fmt: skip
