"""Checks of the rows: format and limits of the method, what both parts share, what the grader needs of every row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rft_tui.datasets.items import describe
from rft_tui.datasets.limits import Part
from rft_tui.model import JsonObject
from rft_tui.providers.backends.wind_down import CONTEXT_TOKENS
from rft_tui.tasks.guesses import CHARACTERS_A_TOKEN
from rft_tui.tasks.jobs.preflight.facts import PreflightFacts, ProblemCount, RowFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, error, good, unknown, warning
from rft_tui.tasks.jobs.request import DataSource

SPECIAL = ("leakage", "near_leakage", "missing_variable", "reserved_key", "system_role")
"""Kinds of problems that have checks of their own."""

_NAMES: dict[Part, str] = {"train": "training", "validation": "validation"}


def files(facts: PreflightFacts) -> Iterator[Finding]:
    """Each file against the method's format and limits."""
    parts: tuple[tuple[Part, DataSource | None, RowFacts | None], ...] = (
        ("train", facts.request.training, facts.training),
        ("validation", facts.request.validation, facts.validation),
    )
    for part, source, rows in parts:
        check, title = f"{_NAMES[part]}_file", f"{_NAMES[part].capitalize()} rows"
        if rows is not None:
            yield _file(check, title, rows, facts.request.method)
        elif source is not None:
            yield _remote(check, title, source, facts)
        elif facts.request.method == "reinforcement":
            said = "a reinforcement job needs validation rows"
            yield error(check, title, said, "Name them: --validation D; rft-tui data split makes them.")
        else:
            said = "there are none: nothing will show whether the model learns its rows by heart"
            yield warning(check, title, said, "Name some: --validation D.")


def _file(check: str, title: str, rows: RowFacts, method: str) -> Finding:
    found = [one for one in rows.problems if one.kind not in SPECIAL]
    errors = [one for one in found if one.severity == "error"]
    amount = f"{rows.source.label}: {rows.rows:,} rows, {_bytes(rows.size)}"
    evidence: JsonObject = {"rows": rows.rows, "bytes": rows.size, "problems": [_listed(one) for one in found]}
    hint = f"See all: rft-tui data check {rows.source.name} --method {method}."
    if errors:
        return error(check, title, f"{amount}; {_said(errors)}", hint, **evidence)
    if method == "supervised" and rows.longest / CHARACTERS_A_TOKEN > CONTEXT_TOKENS:
        said = f"{amount}; the longest row has about {rows.longest / CHARACTERS_A_TOKEN:,.0f} tokens"
        return warning(check, title, said, f"What is beyond {CONTEXT_TOKENS:,} is cut off.", **evidence)
    if found:
        return warning(check, title, f"{amount}; {_said(found)}", hint, **evidence)
    return good(check, title, f"{amount}, fit for {method}", **evidence)


def _remote(check: str, title: str, source: DataSource, facts: PreflightFacts) -> Finding:
    heads = facts.network.files
    if heads is None or source.name not in heads:
        said = f"{source.label} is at the service, its rows cannot be checked here"
        return unknown(check, title, said, "Check the file you uploaded: rft-tui data check FILE.")
    head = heads[source.name]
    if head is None:
        return error(check, title, f"the service has no file {source.label}", "Name another, or a dataset.")
    purpose = head.get("purpose")
    if purpose not in (None, "fine-tune"):
        said = f"{source.label} was uploaded for {purpose!r:.40}, not for fine-tune"
        return error(check, title, said, "Upload it again: name the dataset instead of the id.")
    said = f"{source.label} is there, its rows cannot be checked here"
    return unknown(check, title, said, "Check the file you uploaded: rft-tui data check FILE.", bytes=head.get("bytes"))


def leakage(facts: PreflightFacts) -> Iterator[Finding]:
    """Rows that stand in both parts."""
    title = "Training and validation apart"
    training, validation = facts.training, facts.validation
    if facts.request.validation is None:
        return
    if facts.request.training == facts.request.validation:
        said = "training and validation are the same rows: the curve will show nothing but memory"
        yield error("leakage", title, said, "Split them: rft-tui data split.")
        return
    if training is None or validation is None:
        said = "one part is at the service and cannot be compared"
        yield unknown("leakage", title, said, "Name datasets or files instead of ids.")
        return
    near = training.near_looked_at
    found = training.of_kinds("leakage", "near_leakage")
    evidence: JsonObject = {"problems": [_listed(one) for one in found], "looked_at_for_near": near}
    if exact := sum(one.count for one in training.of_kinds("leakage")):
        said = f"{_rows(exact)} of the training part stand in validation too; {_first(found)}"
        yield error("leakage", title, said, "Split again: rft-tui data split keeps equal inputs together.", **evidence)
    elif alike := sum(one.count for one in found):
        said = f"{_rows(alike)} of {near:,} training rows that were compared are nearly the same as validation rows;"
        yield warning("leakage", title, f"{said} {_first(found)}", "Look at both, and take one out.", **evidence)
    elif not near:
        said = "near duplicates, since the questions have no words of their own to compare; no input stands in both"
        yield unknown("leakage", title, said, "Look at some rows of both by eye.", **evidence)
    else:
        whole = "" if near >= training.rows else f" (near duplicates looked for in {near:,} of {training.rows:,} rows)"
        yield good("leakage", title, f"no input stands in both{whole}", **evidence)


def final_test(facts: PreflightFacts) -> Iterator[Finding]:
    """Whether the rows that the result will be reported on are others than those of the job."""
    title = "A final test of its own"
    if (
        facts.request.test
        and facts.request.validation is not None
        and facts.request.test == facts.request.validation.name
    ):
        said = "validation and final test are the same rows: choosing a checkpoint by them makes the result look better"
        yield warning("final_test", title, said, "Keep a test part that is used once, at the end.")
        return
    if not facts.overlaps:
        said = "no dataset is known as the final test"
        yield unknown("final_test", title, said, "Keep a part that is used once, at the end: rft-tui data split.")
    for test in facts.overlaps:
        who = f"{test.name}{' (taken for the final test by its name)' if test.is_guess else ''}"
        shared = {"training": test.with_training, "validation": test.with_validation}
        evidence: JsonObject = {"dataset": test.name, "rows": test.rows, "shared": shared}
        if both := [f"{count:,} inputs with {part}" for part, count in shared.items() if count]:
            said = f"{who} shares {' and '.join(both)}: the result on it will look better than it is"
            yield warning("final_test", title, said, "Report on rows the job never saw.", **evidence)
        elif any(count is None for count in shared.values()) and facts.request.validation is not None:
            said = f"{who} cannot be compared with rows that are no dataset here"
            yield unknown("final_test", title, said, "Import them: rft-tui data import.", **evidence)
        elif not test.rows:
            yield unknown("final_test", title, f"{who} has no rows", "Name a dataset with rows.", **evidence)
        else:
            yield good("final_test", title, f"{who}: {test.rows:,} rows, none of them in the job", **evidence)


def template_variables(facts: PreflightFacts) -> Iterator[Finding]:
    """Whether every row has what the grader's templates read."""
    if facts.request.grader is None:
        return
    title = "Fields that the grader reads"
    known = [rows for rows in (facts.training, facts.validation) if rows is not None]
    found = [one for rows in known for one in rows.of_kinds("missing_variable", "reserved_key")]
    if errors := [one for one in found if one.severity == "error"]:
        said = "; ".join(one.message for problem in errors for one in problem.first)
        hint = "Every such row is graded with an error: complete the rows, or change the template."
        yield error("template_variables", title, said, hint, problems=[_listed(one) for one in errors])
    elif len(known) < 2:
        said = "some rows are at the service and cannot be looked at"
        yield unknown("template_variables", title, said, "Name datasets or files instead of ids.")
    else:
        yield good("template_variables", title, "every row has what the templates read")


def system_role(facts: PreflightFacts) -> Iterator[Finding]:
    """The role that not every service takes in reinforcement rows."""
    rows = [rows for rows in (facts.training, facts.validation) if rows is not None]
    found = [one for each in rows for one in each.of_kinds("system_role")]
    if count := sum(one.count for one in found):
        said = f"{count:,} message{'s have' if count > 1 else ' has'} the role system, which not every service takes"
        hint = "Use developer, or put the text into the first user message."
        yield warning("system_role", "Roles of messages", said, hint, count=count)


def rendering(facts: PreflightFacts) -> Iterator[Finding]:
    """What is to be said of the prompt in front of the rows."""
    notes: dict[str, int] = {}
    for rows in (facts.training, facts.validation):
        for note, count in ({} if rows is None else rows.notes).items():
            notes[note] = notes.get(note, 0) + count
    title = "The prompt in the rows"
    if facts.prompt is None:
        if notes:
            said = "; ".join(f"{note} ({_rows(count)})" for note, count in notes.items())
            yield good("rendering", title, said, notes=notes)
        return
    who = f"{facts.prompt.name}@{facts.prompt.version[:4]}"
    remote = [one for one in (facts.request.training, facts.request.validation) if one and one.kind == "remote"]
    if remote:
        said = f"{who} cannot be put into {' and '.join(one.label for one in remote)}, which is at the service"
        yield error("rendering", title, said, "Name a dataset, or leave --prompt out.")
    elif facts.prompt.examples and facts.request.method == "supervised":
        said = f"{who} has worked examples: a supervised job learns their answers as well, in every row"
        yield warning("rendering", title, said, "Use a prompt without examples for training.", notes=notes)
    elif notes:
        said = "; ".join(f"{note} ({_rows(count)})" for note, count in list(notes.items())[:4])
        yield warning("rendering", title, f"{who}: {said}", "Look at a row: rft-tui data export.", notes=notes)
    else:
        yield good("rendering", title, f"{who} stands in front of every row")


def _said(problems: Sequence[ProblemCount]) -> str:
    """The kinds of problems with their counts, the worst first, and the first place."""
    ordered = sorted(problems, key=lambda one: (one.severity != "error", -one.count))
    kinds = ", ".join(f"{one.count:,} × {one.kind}" for one in ordered[:4])
    return f"{kinds}{' …' if len(ordered) > 4 else ''}; first {_first(ordered)}"


def _first(problems: Sequence[ProblemCount]) -> str:
    return describe(problems[0].first[0])


def _listed(problem: ProblemCount) -> JsonObject:
    first = problem.first[0]
    return {
        "kind": problem.kind,
        "severity": problem.severity,
        "count": problem.count,
        "line": first.line,
        "key": first.key,
        "message": first.message,
    }


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"
