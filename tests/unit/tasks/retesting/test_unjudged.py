"""What a judge could still be asked to compare two versions: how much, where, and what it may cost."""

from __future__ import annotations

import pytest

from rft_tui.graders.judge import JudgeCall, JudgeReply
from rft_tui.model import Grade, GradeError, JudgeUse
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Profile
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, add_external_grader
from rft_tui.store.grades import count_unjudged
from rft_tui.tasks.grade import NOT_ASKED
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.retesting.consequences import consequences, forget_failures, unjudged
from tests.unit.judges import ScriptedJudge, judged_spec
from tests.unit.store.building import dataset, failed, give, item, predict, run_key
from tests.unit.tasks.judge_service import profile
from tests.unit.tasks.retesting.worlds import EXACT, multi

FIRST, SECOND = judged_spec(pass_threshold=0.5), judged_spec(pass_threshold=0.25)


@pytest.fixture
def two_runs(store: Store) -> Store:
    """Two runs of three predictions; the last of each is an error."""
    with store.write() as db:
        mine = dataset(db, "mine", [item(f"Q{number}?", "yes") for number in range(3)])
        for index in (1, 2):
            predict(db, run_key(mine.id, run_index=index), ["yes", "no", failed()])
    return store


@pytest.fixture
def versions(two_runs: Store) -> tuple[StoredGrader, StoredGrader]:
    return ensure_grader(two_runs, FIRST), ensure_grader(two_runs, SECOND)


def test_everything_that_is_not_graded(two_runs: Store, versions: tuple[StoredGrader, StoredGrader]) -> None:
    (all_of_it,) = unjudged(two_runs, *versions, profile())
    assert (all_of_it.runs, all_of_it.before, all_of_it.after, all_of_it.requests) == (None, 4, 4, 8)
    assert all_of_it.cost is not None
    assert all_of_it.cost > 0
    (unpriced,) = unjudged(two_runs, *versions, NamedProfile("other", Profile(base_url="http://example.test/v1")))
    assert unpriced.cost is None


def test_only_where_one_of_them_has_graded(two_runs: Store, versions: tuple[StoredGrader, StoredGrader]) -> None:
    with two_runs.write() as db:
        give(db, versions[0], {1: 1.0, 2: Grade(None, error=GradeError("model_grader_server_error", "down"))})
    some, all_of_it = unjudged(two_runs, *versions, profile())
    assert (some.runs, some.before, some.after, some.requests) == ((1,), 1, 2, 3)
    assert (all_of_it.runs, all_of_it.before, all_of_it.after, all_of_it.requests) == (None, 3, 4, 7)
    forget_failures(two_runs, *versions, None)
    judge = ScriptedJudge()
    found = consequences(two_runs, *versions, some.runs, judge=judge)
    assert found is not None
    assert (found.diff.compared, len(judge.calls)) == (2, 3)
    (left,) = unjudged(two_runs, *versions, profile())
    assert (left.before, left.after) == (2, 2)


def test_nothing_where_no_judge_is_needed(two_runs: Store, versions: tuple[StoredGrader, StoredGrader]) -> None:
    with two_runs.write() as db:
        external = add_external_grader(db, "elsewhere")
        for one in versions:
            give(db, one, dict.fromkeys((1, 2, 4, 5), 1.0))
    assert unjudged(two_runs, *versions, profile()) == ()
    assert unjudged(two_runs, external, ensure_grader(two_runs, EXACT), profile()) == ()


def test_a_judge_that_was_not_asked_leaves_no_errors(two_runs: Store) -> None:
    """Also where only some children of a multi grader are new."""
    before = ensure_grader(two_runs, multi("e", e=EXACT))
    after = ensure_grader(two_runs, multi("e * j", e=EXACT, j=FIRST))
    consequences(two_runs, before, after)

    def nobody(_call: JudgeCall) -> JudgeReply:
        return JudgeReply("", JudgeUse("judge"), error=GradeError(NOT_ASKED, "nothing more is asked"))

    consequences(two_runs, before, after, judge=ScriptedJudge(nobody))
    with two_runs.read() as db:
        assert count_unjudged(db, after.id) == 4
        assert db.execute("SELECT count(*) FROM grade WHERE grader = ? AND error_kind <> 'prediction'",
                          [after.id]).fetchone() == (0,)  # fmt: skip
    done = consequences(two_runs, before, after, judge=ScriptedJudge())
    assert done is not None
    assert (done.reused, done.diff.compared) == (4, 4)


def test_prices_count_every_judge(two_runs: Store) -> None:
    both = multi("j + k", j=FIRST, k=judged_spec(model="other"))
    (of_both,) = unjudged(two_runs, ensure_grader(two_runs, EXACT), ensure_grader(two_runs, both), profile())
    assert (of_both.before, of_both.after, of_both.requests, of_both.cost) == (0, 4, 8, None)
