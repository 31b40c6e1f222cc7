"""Checks of the grader: whether a service would take it, what the bench and the service said, what answers it reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from rft_tui.errors import GraderSpecError
from rft_tui.graders.registry import display_name, type_of
from rft_tui.graders.service_form import names_used
from rft_tui.graders.spec import check_spec
from rft_tui.graders.template import Reference, scan
from rft_tui.model import JsonObject, SpecProblem
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.preflight.facts import PreflightFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, error, good, unknown, warning
from rft_tui.tasks.jobs.response_format import schema_of, strictness_problems

LOCAL_ONLY = frozenset({"missing_import", "local_key", "unused_key"})
"""Kinds of remarks that concern this machine alone."""

MOST_ERRORS = 0.02
"""The share of grades without a score above which it is a warning; the alarm of a running job has the same."""

ERROR_HINTS = {
    "invalid_variable_error": "A template names a field that the rows do not have: correct the grader or the rows.",
    "sample_parse_error": "Answers are not the JSON that the grader reads: give the runs a response format.",
    "formula_parse_error": "The formula of the multi grader does not compute: try it in Graders.",
    "python_grader_runtime_error": "The grader's code raises: open such a mistake in Graders, it names the line.",
    "python_grader_server_error": "The grader's code ended or took too long: make it faster, or raise its time limit.",
    "model_grader_refusal_error": "The judge refuses: word its prompt otherwise, or take another judge.",
    "model_grader_parse_error": "The judge does not answer in the asked form: say it more plainly in its prompt.",
    "model_grader_exceeded_max_tokens_error": "The judge's answers are cut off: raise max_completions_tokens.",
    "model_grader_server_error": "The judge's service failed: grade again, and see its limits.",
}
"""What to do about each kind of error."""

OLD_BENCH_DAYS = 30
"""Days after which a bench result is called old."""


def service_takes_it(facts: PreflightFacts) -> Iterator[Finding]:
    """Types, keys, formula, source size and packages, as far as they can be checked here."""
    grader = facts.request.grader
    if grader is None:
        return
    rows = facts.training or facts.validation
    report = check_spec(grader, context="rft", item_fields=rows.fields if rows is not None else None)
    problems = [one for one in report.problems if one.kind not in LOCAL_ONLY]
    errors = [one for one in problems if one.severity == "error"]
    evidence: JsonObject = {"version": facts.request.grader_version, "problems": [_listed(one) for one in problems]}
    name, title = display_name(grader), "The grader"
    if errors:
        said = f"{name}: {_said(errors)}"
        yield error("grader", title, said, "Correct it in Graders, or see rft-tui grader check.", **evidence)
    elif problems:
        yield warning("grader", title, f"{name}: {_said(problems)}", "See rft-tui grader check.", **evidence)
    else:
        yield good("grader", title, f"{name} ({report.type}): nothing a job would not take", **evidence)


def response_format(facts: PreflightFacts) -> Iterator[Finding]:
    """The response format by itself, and against what the grader reads of the answer."""
    grader, form = facts.request.grader, facts.request.response_format
    if grader is None:
        return
    title, reads = "Response format", _reads_json(grader)
    if form is None:
        if reads:
            said = "the grader reads output_json, and nothing holds the answers to JSON"
            hint = "Give --response-format FILE; an answer that is no JSON is graded with an error."
            yield warning("response_format", title, said, hint)
        return
    if form.get("type") != "json_schema":
        said = f"its type is {form.get('type')!r:.40}; only json_schema is documented for jobs"
        yield warning("response_format", title, said, "Write a JSON schema.")
        return
    schema = schema_of(form)
    lacking = [] if schema is None else _paths_not_in(grader, schema)
    if lacking:
        said = f"the grader reads {', '.join(lacking[:5])}, which the schema does not have"
        yield error("response_format", title, said, "Make schema and grader speak of the same keys.", missing=lacking)
    elif problems := strictness_problems(form):
        said = f"the schema is not strict: {'; '.join(problems[:4])}"
        yield error("response_format", title, said, "A service refuses it: mend the schema.", problems=problems)
    elif not reads:
        said = "answers are held to JSON, and the grader reads their text as it stands, braces included"
        hint = "Use {{sample.output_json.KEY}} in the grader, or leave the format out."
        yield warning("response_format", title, said, hint)
    else:
        yield good("response_format", title, "a strict schema, and the grader reads what it holds")


def _reads_json(grader: JsonObject) -> bool:
    try:
        return "output_json" in names_used(grader)
    except GraderSpecError:
        return False


def _paths_not_in(grader: JsonObject, schema: JsonObject) -> list[str]:
    """Paths below output_json in the grader's templates that begin with no property of the schema."""
    properties = schema.get("properties")
    grader_type = type_of(grader)
    if grader_type is None or not isinstance(properties, dict):
        return []
    found: dict[str, None] = {}
    for _path, text in grader_type.templates(grader):
        for piece in scan(text)[0]:
            if (
                isinstance(piece, Reference)
                and piece.namespace == "sample"
                and len(piece.parts) > 1
                and piece.parts[0] == "output_json"
                and piece.parts[1] not in properties
            ):
                found[f"output_json.{one_line(str(piece.parts[1]), 40)}"] = None
    return list(found)


def bench(facts: PreflightFacts) -> Iterator[Finding]:
    """What the bench last said of this very version, and how long ago."""
    grader = facts.request.grader
    if grader is None:
        return
    title, hint = "Grader bench", f"rft-tui grader bench {display_name(grader)}."
    result = facts.bench
    if result is None:
        yield warning("grader_bench", title, "this version was never put to the bench", hint)
        return
    days = _days_since(result.at, facts.today)
    age = "on an unknown day" if days is None else "today" if days <= 0 else f"{days} day{'s' * (days > 1)} ago"
    evidence: JsonObject = {
        "ok": result.ok,
        "checks": result.checks,
        "failures": result.failures,
        "at": result.at,
        "simulated": result.simulated,
    }
    said = f"{result.checks - result.failures:,} of {result.checks:,} checks held, {age}"
    if not result.ok:
        more = "What the bench can game, training will: see which, and mend the grader."
        yield warning("grader_bench", title, said, f"{more} {hint}", **evidence)
    elif result.simulated and not facts.profile.is_simulated:
        yield warning("grader_bench", title, f"{said}; SIMULATED: the embedded service judged", hint, **evidence)
    elif days is None or days > OLD_BENCH_DAYS:
        yield warning("grader_bench", title, f"{said}; judges may have changed since", hint, **evidence)
    else:
        yield good("grader_bench", title, said, **evidence)


def grade_errors(facts: PreflightFacts) -> Iterator[Finding]:
    """How often this very version gave no score to answers that are here."""
    grader, found = facts.request.grader, facts.grade_errors
    if grader is None or found is None or not found.grades:
        return
    title, count = "Grades that are errors", found.errors
    mark = "; SIMULATED: the embedded service judged" if found.simulated and not facts.profile.is_simulated else ""
    evidence: JsonObject = {"grades": found.grades, "errors": count, "kinds": dict(found.kinds)}
    if count <= found.grades * MOST_ERRORS:
        said = f"{count:,} of {found.grades:,} grades by this version here have no score{mark}"
        yield good("grade_errors", title, said, **evidence)
        return
    kind = max(found.kinds, key=lambda one: (found.kinds[one], one))
    whose = "most of the grades" if count * 2 > found.grades else "grades"
    share = f"{count:,} of {found.grades:,}, {100 * count / found.grades:.0f} %"
    said = f"{whose} by this version here have no score ({share});"
    said += f" most often {one_line(kind, 60)} ({found.kinds[kind]:,}){mark}"
    hint = ERROR_HINTS.get(kind, "See them: rft-tui review list --grader, and what each says.")
    yield warning(
        "grade_errors", title, said, f"{hint} A job learns nothing from an answer without a score.", **evidence
    )


def _days_since(at: str, today: date) -> int | None:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (today - (moment.astimezone(UTC) if moment.tzinfo else moment).date()).days


def hosted_validate(facts: PreflightFacts) -> Iterator[Finding]:
    """What the service's own check of the grader said."""
    if facts.request.grader is None:
        return
    title, result = "Checked by the service", facts.network.validated
    if result is None:
        yield unknown("hosted_validate", title, "the service was not asked to check the grader")
    elif result.ok is None:
        said = f"the service could not check it: {one_line(result.message, 200)}"
        yield unknown("hosted_validate", title, said)
    elif not result.ok:
        yield error("hosted_validate", title, f"refused: {one_line(result.message, 300)}", "Correct the grader.")
    else:
        yield good("hosted_validate", title, "the service takes the grader")


def _said(problems: list[SpecProblem]) -> str:
    first = problems[0]
    where = f"{one_line(first.path, 60)}: " if first.path else ""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where}{one_line(first.message, 200)}{more}"


def _listed(problem: SpecProblem) -> JsonObject:
    return {"path": problem.path, "kind": problem.kind, "severity": problem.severity, "message": problem.message}
