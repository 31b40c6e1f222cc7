"""``rft-tui grader bench``."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.grade_by_model import Judging, file_judge
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError

if TYPE_CHECKING:
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.tasks.bench import BenchPlan, BenchReport


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a person says of a bench."""

    name: str
    datasets: tuple[str, ...]
    items: int
    seed: int
    reference_field: str | None
    probes: tuple[str, ...]
    limits: dict[str, float]
    repeat: int
    orderings: Path | None
    judge_examples: bool


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
@click.option("--spend-cap", metavar="X", type=click.FloatRange(min=0, min_open=True), help="US dollars for a judge.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
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
) -> int:
    """Probe a grader with what a learner would try on it.

    Answers are made for real items: the reference itself, padded, among others, in another surface; the question,
    nothing, a refusal, another item's reference, an order to the judge, a very long answer. Worked examples in a prompt
    are checked for their figures, and orderings kept in NAME.orderings.jsonl beside the grader are held up to. Exit
    status 1 if anything does not hold.
    """
    from rft_tui.cli.choose import choose_spec
    from rft_tui.graders.bench.rules import PROBES, parse_limits
    from rft_tui.graders.engine import compile_grader
    from rft_tui.tasks.bench import static_report

    for probe in probes:
        if probe not in PROBES:
            raise UsageError(f"there is no probe {probe!r:.60}", hint=f"Probes: {', '.join(PROBES)}.")
    wanted = _Wanted(
        name, datasets, items, seed, reference_field, probes or PROBES, parse_limits(limits), repeat, orderings,
        judge_examples,
    )  # fmt: skip
    grader = compile_grader(choose_spec(calling, name))
    if is_static:
        report = static_report(grader.spec, wanted.limits)
    else:
        judging = Judging(profile, concurrency, spend_cap, detach=False, yes=yes)
        done = _graded(calling, grader, wanted, item_timeout, judging)
        if done is None:
            return EXIT_DONE
        report = done
    if calling.as_json:
        from rft_tui.cli.grader_bench_json import report_json

        calling.emit(report_json(grader, report) | {"seed": seed, "limits": wanted.limits})
    else:
        from rft_tui.cli.grader_bench_text import report_lines

        calling.lines(report_lines(grader, report, wanted.limits, show_all=show_all))
    return EXIT_DONE if report.ok else EXIT_FAILURES


def _graded(
    calling: Calling, grader: LocalGrader, wanted: _Wanted, item_timeout: float, judging: Judging
) -> BenchReport | None:
    """The report of a whole bench; None where the person does not want to pay for it."""
    from rft_tui.graders.registry import models_asked
    from rft_tui.tasks.bench import run_bench

    plan = _plan(calling, grader, wanted)
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
    return report


def _plan(calling: Calling, grader: LocalGrader, wanted: _Wanted) -> BenchPlan:
    from rft_tui.tasks.bench import BenchPlan, examples_to_judge
    from rft_tui.tasks.bench_items import draw_items, load_orderings, ordering_fields

    workspace = calling.workspace()
    drawn = draw_items(
        workspace.store, grader.spec, datasets=wanted.datasets, count=wanted.items, seed=wanted.seed,
        reference_field=wanted.reference_field,
    )  # fmt: skip
    if len(drawn.items) < wanted.items:
        calling.tell(f"{len(drawn.items):,} of the {wanted.items:,} items asked for: no more have a reference answer.")
    path = wanted.orderings or _orderings_file(calling, grader, wanted.name)
    orderings = load_orderings(path, must_exist=wanted.orderings is not None)
    plan = BenchPlan(drawn.items, drawn.references, wanted.probes, wanted.limits, repeat=wanted.repeat)
    examples = examples_to_judge(grader.spec, wanted.reference_field) if wanted.judge_examples else []
    together = list(zip(orderings, ordering_fields(workspace.store, orderings), strict=True))
    return replace(plan, orderings=together, examples=examples)


def _orderings_file(calling: Calling, grader: LocalGrader, name: str) -> Path:
    """Where the orderings of a grader are kept: beside its file, or under its name in `graders/`."""
    from rft_tui.cli.choose import is_path
    from rft_tui.cli.grader_new import file_name
    from rft_tui.tasks.bench_items import ORDERINGS_ENDING

    if is_path(name):
        return Path(name).with_suffix(ORDERINGS_ENDING)
    return calling.workspace().graders_folder / f"{file_name(grader.name)}{ORDERINGS_ENDING}"


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
