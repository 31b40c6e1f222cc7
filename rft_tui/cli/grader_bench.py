"""``rft-tui grader bench``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.grade_by_model import Judging, file_judge
from rft_tui.cli.grader_bench_rater import SecondWish, plan_second, second_look, second_options
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, StoreError, UsageError
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.tasks.bench import BenchPlan, BenchReport
    from rft_tui.tasks.bench_plan import BenchWish


@command
@click.argument("name", metavar="G")
@click.option("--items", metavar="N", type=click.IntRange(1, 1000), default=20, show_default=True, help="Items probed.")
@click.option("--seed", metavar="S", type=int, default=42, show_default=True, help="The seed that draws them.")
@click.option("--reference-field", metavar="F", help="The item's reference answer (default: the dataset's own).")
@click.option("--dataset", "datasets", metavar="D", multiple=True, help="Draw from this one; repeat it (default: all).")
@click.option("--probe", "probes", metavar="PROBE", multiple=True, help="Only this probe; repeat it.")
@click.option("--limit", "limits", metavar="NAME=VALUE", multiple=True, help="Another limit, such as echo=0.1.")
@click.option("--orderings", metavar="FILE", type=click.Path(path_type=Path), help="Answers from best to worst.")
@click.option("--repeat", metavar="K", type=click.IntRange(1, 100), default=1, help="Grade K times, report the spread.")
@click.option("--judge-examples", is_flag=True, help="Ask the judge about the worked examples of its own prompt.")
@click.option("--static", "is_static", is_flag=True, help="Only what needs no grading: figures of worked examples.")
@click.option("--all", "show_all", is_flag=True, help="Show every probe of every item.")
@click.option(
    "--item-timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True,
    help="Seconds that one call of a python grader may take.",
)  # fmt: skip
@click.option("--profile", metavar="P", default="", help="The service that a model grader asks.")
@click.option("--concurrency", metavar="C", type=click.IntRange(min=1), help="Most questions to a judge in flight.")
@click.option(
    "--spend-cap", metavar="X", type=click.FloatRange(min=0, min_open=True), help="US dollars for a judge and a rater."
)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@second_options
def bench(
    calling: Calling,
    name: str,
    items: int,
    seed: int,
    reference_field: str | None,
    datasets: tuple[str, ...],
    probes: tuple[str, ...],
    limits: tuple[str, ...],
    orderings: Path | None,
    repeat: int,
    judge_examples: bool,
    is_static: bool,
    show_all: bool,
    item_timeout: float,
    profile: str,
    concurrency: int | None,
    spend_cap: float | None,
    yes: bool,
    second: SecondWish,
) -> int:
    """Probe a grader with what a learner would try on it.

    Answers are made for real items: the reference itself, padded, among others, in another surface; the question,
    nothing, a refusal, another item's reference, an order to the judge, a very long answer. Worked examples in a prompt
    are checked for their figures, and orderings kept in NAME.orderings.jsonl beside the grader are held up to. What
    comes out is kept for this version of the grader. Exit status 1 if anything does not hold.
    """
    from rft_tui.cli.choose import choose_spec
    from rft_tui.cli.grader_bench_second import second_json, second_lines
    from rft_tui.graders.bench.rules import PROBES, parse_limits
    from rft_tui.graders.engine import compile_grader
    from rft_tui.tasks.bench import static_report
    from rft_tui.tasks.bench_document import bench_document
    from rft_tui.tasks.bench_plan import BenchWish

    for probe in probes:
        if probe not in PROBES:
            raise UsageError(f"there is no probe {probe!r:.60}", hint=f"Probes: {', '.join(PROBES)}.")
    wish = BenchWish(
        items, seed, datasets, reference_field, probes or PROBES, parse_limits(limits), repeat, judge_examples
    )
    grader = compile_grader(choose_spec(calling, name))
    judging = Judging(profile, concurrency, spend_cap, detach=False, yes=yes)
    spent = 0.0
    if is_static:
        beside = plan_second(calling, grader, second, seed, judging, is_static=True)
        report = static_report(grader.spec, wish.limits)
        document = bench_document(grader, report, limits=wish.limits, seed=seed)
    else:
        plan = _plan(calling, grader, name, wish, orderings)
        beside = plan_second(calling, grader, second, seed, judging, is_static=False)
        done = _graded(calling, grader, plan, item_timeout, judging)
        if done is None:
            return EXIT_DONE
        report, spent = done
        document = bench_document(
            grader, report, limits=wish.limits, seed=seed, items=len(plan.items), probes=wish.probes
        )
        _keep(calling, name, document)
    look = second_look(calling, beside, judging, spent)
    if calling.as_json:
        calling.emit(document | second_json(look))
    else:
        from rft_tui.cli.grader_bench_text import report_lines

        lines = report_lines(grader, report, wish.limits, show_all=show_all)
        calling.lines([*lines, *second_lines(look, is_asked=bool(second.rater), show_all=show_all)])
    return EXIT_DONE if report.ok else EXIT_FAILURES


def _keep(calling: Calling, name: str, document: JsonObject) -> None:
    """Keep what came out; a workspace that cannot be written is said, and is no reason to lose it."""
    from rft_tui.store.benches import keep_bench

    stored = _stored_name(calling, name)
    try:
        with calling.workspace().store.write() as db:
            keep_bench(db, document, stored or "")
    except StoreError as error:
        calling.tell(f"not kept: {error.message}")


def _graded(
    calling: Calling, grader: LocalGrader, plan: BenchPlan, item_timeout: float, judging: Judging
) -> tuple[BenchReport, float] | None:
    """The report of a whole bench and what it cost; None where the person does not want to pay for it."""
    from rft_tui.graders.registry import models_asked
    from rft_tui.tasks.bench import run_bench

    if models_asked(grader.spec) and not _agreed(calling, grader, plan, judging):
        calling.tell("Nothing was done.")
        return None
    with ExitStack() as stack:
        judge = stack.enter_context(file_judge(calling, calling.workspace(), grader.spec, judging))
        report = run_bench(
            grader, plan, item_timeout_s=item_timeout, judge=judge, stop=None if judge is None else judge.stop,
            progress=calling.progress("graded"),
        )  # fmt: skip
        if judge is not None and judge.stopped is not None:
            raise judge.stopped
    return report, judge.tally.cost if judge is not None else 0.0


def _plan(calling: Calling, grader: LocalGrader, name: str, wish: BenchWish, orderings: Path | None) -> BenchPlan:
    from rft_tui.tasks.bench_plan import plan_bench

    path = orderings or _orderings_file(calling, grader, name)
    plan = plan_bench(calling.workspace().store, grader.spec, wish, path, must_exist=orderings is not None)
    if len(plan.items) < wish.items:
        calling.tell(f"{len(plan.items):,} of the {wish.items:,} items asked for: no more have a reference answer.")
    return plan


def _orderings_file(calling: Calling, grader: LocalGrader, name: str) -> Path:
    """Where the orderings of a grader are kept: beside its file, or under its name in `graders/`."""
    from rft_tui.cli.choose import edited_file, is_path
    from rft_tui.tasks.bench_items import ORDERINGS_ENDING, orderings_path

    path = Path(name) if is_path(name) else edited_file(calling.workspace(), name)
    if path is not None:
        return path.with_suffix(ORDERINGS_ENDING)
    return orderings_path(calling.workspace().graders_folder, _stored_name(calling, name) or grader.name)


def _stored_name(calling: Calling, name: str) -> str | None:
    """What a stored grader is called here; None where `name` is a file."""
    from rft_tui.cli.choose import edited_file, is_path
    from rft_tui.store.graders import find_grader

    if is_path(name) or edited_file(calling.workspace(), name) is not None:
        return None
    try:
        with calling.workspace().store.read() as db:
            return find_grader(db, name).name
    except UsageError:
        return None


def _agreed(calling: Calling, grader: LocalGrader, plan: BenchPlan, judging: Judging) -> bool:
    """Say what the judge may cost, and ask."""
    from rft_tui.providers.profiles import find_key, named_profile
    from rft_tui.tasks.bench import estimate_bench

    profile = named_profile(calling.workspace().settings, judging.profile or None, judge=True)
    find_key(profile)
    figures = estimate_bench(grader.spec, plan, profile)
    if judging.spend_cap is not None and figures.cost is None:
        raise UsageError(
            "a spend cap needs the judge's price, which is not known",
            hint="Write the price into rft.toml: [profiles.NAME.prices.MODEL] input, output.",
        )
    cost = text.money(figures.cost) if figures.cost is not None else "unknown price"
    calling.tell(f"at most {text.counted(figures.requests, 'question')} through {profile.name}, about {cost}")
    return judging.yes or calling.confirm("Ask them?")
