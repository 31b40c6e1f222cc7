"""A rater for tests, which reads the two answers out of its question, and a store with answers to compare."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rft_tui.graders.judge import JudgeCall, JudgeReply
from rft_tui.model import JudgeUse, Usage, Verdict
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import get_grade
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.rating.disagreements import Disagreement, person_disagreements
from tests.unit.judges import reply
from tests.unit.store.building import ME, dataset, give, grader, item, predict, run_key

PART = re.compile(r"^([^\n]+):\n<data (\w+)>\n(.*?)\n</data \2>$", re.MULTILINE | re.DOTALL)


def parts(call: JudgeCall) -> dict[str, str]:
    """The texts of a question by their titles."""
    return {title: text for title, _mark, text in PART.findall(str(call.messages[-1]["content"]))}


def prefers(quality: Callable[[str], float]) -> Callable[[JudgeCall], JudgeReply]:
    """A rater that holds the answer of higher quality for better, wherever it stands."""

    def answer(call: JudgeCall) -> JudgeReply:
        texts = parts(call)
        first, second = quality(texts["First answer"]), quality(texts["Second answer"])
        better = "same" if first == second else "first" if first > second else "second"
        return reply({"better": better, "reason": f"{texts['First answer']} against {texts['Second answer']}"})

    return answer


def says(better: str, *, simulated: bool = False) -> Callable[[JudgeCall], JudgeReply]:
    """A rater that says the same of every two answers."""
    taken = JudgeUse("judge-1", Usage(10, 5), 0.001, simulated=simulated)
    return lambda _call: JudgeReply(f'{{"better": "{better}", "reason": "so"}}', taken)


def filled(
    store: Store,
    runs: Sequence[Mapping[int, str]],
    score: Callable[[str], float | None],
    *,
    reference: str | None = "yes",
    name: str = "exact",
) -> StoredGrader:
    """Runs of one model, each with answers by the item's position, scored by a grader."""
    with store.write() as db:
        count = max(max(run, default=0) for run in runs) + 1
        mine = dataset(db, "mine", [item(f"Q{number}?", reference) for number in range(count)])
        for index, run in enumerate(runs, 1):
            predict(db, run_key(mine.id, run_index=index), dict(run))
        made = grader(db, name)
        give(db, made, {number: score(text) for number, text in texts(store).items()})
    return made


def texts(store: Store) -> dict[int, str]:
    """The text of every prediction."""
    rows = store.connection().execute(
        "SELECT prediction.id, output_text FROM prediction JOIN answer ON answer.id = prediction.answer"
        " WHERE prediction.error_kind IS NULL ORDER BY prediction.id"
    )
    return dict(rows.fetchall())


def judge_as(store: Store, verdicts: Mapping[int, Verdict], *, on: StoredGrader | None = None, note: str = "") -> None:
    """Verdicts of the reviewer by prediction, given with a version on screen, each with a note if there is one."""
    with store.write() as db:
        for prediction, verdict in verdicts.items():
            answer = db.execute("SELECT answer FROM prediction WHERE id = ?", [prediction]).fetchone()[0]
            version = None if on is None else on.version
            record(db, ME, EventKind.VERDICT, verdict, answers=[answer], grader_version=version)
            if note:
                record(db, ME, EventKind.NOTE, note, answers=[answer])


def stored_disagreements(store: Store, of: StoredGrader, reviewer: str) -> list[Disagreement]:
    """Where the stored grades of a version and a person disagree."""
    with store.read() as db:
        numbers = [row[0] for row in db.execute("SELECT prediction FROM grade WHERE grader = ?", [of.id])]
        grades = {number: grade for number in numbers if (grade := get_grade(db, of.id, number)) is not None}
    return person_disagreements(store, grades, of.rule, reviewer)
