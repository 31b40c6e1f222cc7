"""The demo: a throw-away workspace made of the sample data, questions with the recorded answers of two real models."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from rft_tui.errors import UsageError
from rft_tui.sample import DATASETS, sample_folder
from rft_tui.settings import WORKSPACE_FILE, write_atomically
from rft_tui.workspace import TEMPLATE, Workspace, open_workspace

SOURCE = (
    "Real recorded predictions: qwen-coder-0.5b (Qwen2.5-Coder-0.5B-Instruct, 4-bit) and smollm2"
    " (SmolLM2-135M-Instruct, 4-bit), three runs each over 120 questions. Runs marked SIMULATED are the embedded"
    " service's."
)
"""Where the numbers of the demo come from."""

MARK = Path(".rft") / "demo"
"""The file that tells a demo workspace from a person's own."""

GRADED_WITH = (
    "string_check_eq",
    "string_check_ilike",
    "text_similarity_fuzzy_match",
    "python_token_set",
    "multi_phrase_exact",
)
"""The sample graders that run here, in the order in which they grade; Review opens with the last."""

Say = Callable[[str], None]


def make_demo(folder: Path, say: Say) -> Workspace:
    """Make the demo workspace in a folder, or bring one that is there up to date; verdicts given in it stay.

    `say` is told what is being done. Raises UsageError for a folder with other things in it.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: this is no folder", hint="Name a new folder with --dir.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UsageError(
            f"{folder}: the folder is not empty and no demo workspace", hint="Name a new or an empty folder with --dir."
        )
    sample = sample_folder()
    _put(folder / MARK, b"")
    _put(folder / WORKSPACE_FILE, f'default_profile = "simulated"\n\n{TEMPLATE}'.encode())
    _copy(sample / "prompt_simple.txt", folder / "prompts" / "simple.txt")
    _copy(sample / "examples_simple.json", folder / "prompts" / "simple.examples.json")
    for path in sorted((sample / "graders").glob("*.json")):
        _copy(path, folder / "graders" / path.name)
    for name, file in DATASETS.items():
        _copy(sample / file, folder / "data" / f"{name}.jsonl")
    workspace = open_workspace(folder)
    _fill(workspace, sample, say)
    return workspace


def _fill(workspace: Workspace, sample: Path, say: Say) -> None:
    from rft_tui.interchange.importer import import_predictions
    from rft_tui.tasks.grade import grade_runs
    from rft_tui.tasks.graders import resolve_grader
    from rft_tui.tasks.import_data import import_dataset

    store = workspace.store
    for name in DATASETS:
        import_dataset(store, workspace.folder / "data" / f"{name}.jsonl", name)
    report = import_predictions(store, [sample / "predictions"], prompts_folder=workspace.prompts_folder)
    for note in report.notes:
        say(note)
    say(f"{report.new + report.known} predictions in {len(report.runs)} runs")
    for name in GRADED_WITH:
        grader = resolve_grader(store, sample / "graders" / f"{name}.json")
        grade_runs(store, grader)
        say(f"graded with {grader.name} ({grader.type})")


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _put(path: Path, content: bytes) -> None:
    if not path.exists():
        write_atomically(path, content)
