"""`python`: a function ``grade(sample, item)`` run in the sandbox.

Where the service counts 0 for an exception or for something that is no number, this is an error here, with the
traceback's own lines. `sample` holds `output_json` where the output is JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from rft_tui.graders.checks import Check
from rft_tui.graders.kinds import GraderType, join
from rft_tui.graders.outcome import failed, score_text, scored
from rft_tui.graders.running import Call, GradingContext, Open, Run
from rft_tui.graders.sample import complete_sample
from rft_tui.graders.source_code import SourceError, grade_problem, item_fields_read, parse_source
from rft_tui.graders.template import RESERVED_FIELDS, path_text
from rft_tui.identity import content_hash
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.safetext import one_line

IMAGE_TAG = "2025-05-08"
"""The documented image of the service."""

IMAGE_TAGS = (IMAGE_TAG, "alpha")
"""Image tags that the service's documents show."""

_EXAMPLE_SOURCE = '''\
def grade(sample, item):
    """The share of the reference's words that the answer has, whatever the order and the case."""
    answer = set(sample["output_text"].lower().split())
    reference = set(item["reference_answer"].lower().split())
    return len(answer & reference) / len(reference) if reference else 0.0
'''


class PythonGrader(GraderType):
    """Code of the person's own."""

    name = "python"
    example: ClassVar[JsonObject | None] = {
        "type": "python",
        "name": "word_share",
        "image_tag": IMAGE_TAG,
        "source": _EXAMPLE_SOURCE,
    }

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Source, image and threshold, without running anything."""
        check.keys(spec, path, ("source", "image_tag", "pass_threshold"))
        source = check.text(spec, path, "source")
        if source is not None:
            self._check_source(check, source, join(path, "source"))
        tag = check.field(spec, path, "image_tag", "a text", required=False)
        if tag is not None and tag not in IMAGE_TAGS:
            message = f"image_tag {tag!r:.60} is not known; the documented one is {IMAGE_TAG}"
            check.warning(join(path, "image_tag"), "unknown_value", message)
        check.threshold(spec, path)
        check.choice("a grade() that raises or returns no number is an error here; the service counts it as 0")

    def _check_source(self, check: Check, source: str, path: str) -> None:
        try:
            module = parse_source(source)
        except SourceError as error:
            check.error(path, error.problem.kind, error.problem.message)
            return
        if problem := grade_problem(module):
            check.error(path, problem.kind, problem.message)
        self._check_imports(check, source, path)
        for name in item_fields_read(module):
            if name in RESERVED_FIELDS:
                message = f"the code reads item[{name!r}]; messages and tools of a row are not part of item"
                check.warning(path, "reserved_name", message)
            elif check.item_fields is not None and name not in check.item_fields:
                check.warning(
                    path, "unknown_field", f"the code reads item[{name!r:.60}], which is no field of the items"
                )

    def _check_imports(self, check: Check, source: str, path: str) -> None:
        from rft_tui.graders.sandbox.imports import grader_imports, missing_at_service, missing_here

        names = grader_imports(source)
        for name in missing_here(names):
            message = f"the code imports {one_line(name, 60)}, which is not installed here"
            check.warning(
                path, "missing_import", f"{message}; the packages of the service come with rft-tui[grader-image]"
            )
        for name in missing_at_service(names):
            message = f"the code imports {one_line(name, 60)}, which the service's image {IMAGE_TAG} does not have"
            check.warning(path, "not_in_image", message)

    def derived_name(self, spec: JsonObject) -> str:
        """``python-`` and six digits of the source's hash."""
        return f"python-{content_hash(str(spec.get('source', '')))[:6]}"

    def templates(self, spec: JsonObject) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """None: code gets dictionaries."""
        return iter(())

    def fields_read_by_code(self, spec: JsonObject) -> Iterator[str]:
        """Best effort, from the syntax tree."""
        source = spec.get("source")
        if isinstance(source, str):
            try:
                module = parse_source(source)
            except SourceError:
                return
            yield from (path_text((name,)) for name in item_fields_read(module))

    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:
        """Hand every call to the sandbox pool of the source."""
        source: str = spec["source"]

        def open_run(context: GradingContext) -> Run:
            pool = context.pool(source)

            def run(calls: Iterable[Call]) -> Iterator[Grade]:
                completed = ((complete_sample(sample), item) for sample, item in calls)
                for result in pool.run(completed):
                    if result.score is not None:
                        yield scored(result.score, rule, (f"grade() returned {score_text(result.score)}",))
                    elif result.error is not None:
                        yield failed(result.error.kind, result.error.message)
                    else:
                        yield failed("crash", "no score came back")

            return run

        return open_run
