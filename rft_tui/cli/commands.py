"""Every command: where it is and the sentence that help shows, so that help loads none of them."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command: its module, the name of its function there, and its sentence."""

    module: str
    function: str
    sentence: str


class Noun(NamedTuple):
    """A noun with its verbs."""

    sentence: str
    verbs: dict[str, Entry]


COMMANDS: dict[str, Entry | Noun] = {
    "demo": Entry("rft_tui.cli.demo", "demo", "Look around in a throw-away workspace with recorded predictions."),
    "init": Entry("rft_tui.cli.init", "init", "Make a workspace: rft.toml, prompts/ and graders/ with examples."),
    "profile": Noun(
        "Profiles: named ways to reach a model service.",
        {
            "list": Entry("rft_tui.cli.profile", "list_all", "List the profiles, own and built in."),
            "test": Entry("rft_tui.cli.profile", "test", "Say whether a service can be reached and what it offers."),
        },
    ),
    "data": Noun(
        "Datasets: read, check, split, write.",
        {
            "import": Entry("rft_tui.cli.data", "import_files", "Bring dataset files into the workspace."),
            "list": Entry("rft_tui.cli.data", "list_all", "List the datasets of the workspace."),
            "show": Entry("rft_tui.cli.data", "show", "Show the items of a dataset."),
            "check": Entry("rft_tui.cli.data_check", "check", "Report every problem of dataset files, with lines."),
            "split": Entry("rft_tui.cli.data_parts", "split", "Draw named parts that share no input."),
            "sample": Entry("rft_tui.cli.data_parts", "sample", "Draw some items."),
            "export": Entry(
                "rft_tui.cli.data_export", "export", "Write a dataset into a file, as it came, rendered or corrected."
            ),
            "suspects": Entry("rft_tui.cli.data_suspects", "suspects", "List the references that may be wrong."),
            "correct": Entry("rft_tui.cli.data_labels", "correct", "Make a dataset with the corrected references."),
            "changes": Entry("rft_tui.cli.data_labels", "changes", "Show what was corrected in a dataset, by whom."),
        },
    ),
    "prompt": Noun(
        "Prompts: the texts in front of questions.",
        {
            "list": Entry("rft_tui.cli.prompt", "list_all", "List the prompts of the workspace."),
            "show": Entry("rft_tui.cli.prompt", "show", "Show the text of a prompt."),
            "new": Entry("rft_tui.cli.prompt", "new", "Make a prompt file."),
            "diff": Entry("rft_tui.cli.prompt", "diff", "Compare two prompts line by line."),
        },
    ),
    "predict": Entry("rft_tui.cli.predict", "predict", "Ask models for predictions on a dataset."),
    "run": Noun(
        "Runs: what models answered.",
        {
            "list": Entry("rft_tui.cli.run", "list_all", "List the runs of the workspace."),
            "show": Entry("rft_tui.cli.run", "show", "Show runs with what each grader says of them."),
            "why": Entry("rft_tui.cli.run_why", "why", "Say where a prediction came from: asked, or from the cache."),
            "resume": Entry("rft_tui.cli.run_again", "resume", "Ask what is still missing in runs."),
            "retry": Entry("rft_tui.cli.run_again", "retry", "Ask again where runs have errors."),
        },
    ),
    "import": Entry("rft_tui.cli.imports", "import_files", "Bring in predictions and grades made elsewhere."),
    "grader": Noun(
        "Graders and their versions.",
        {
            "list": Entry("rft_tui.cli.grader", "list_all", "List the graders of the workspace."),
            "show": Entry("rft_tui.cli.grader", "show", "Show the JSON of a grader."),
            "check": Entry("rft_tui.cli.grader", "check", "Say everything that is known about a grader file."),
            "new": Entry("rft_tui.cli.grader_new", "new", "Make a grader file, from an example or a function."),
            "diff": Entry("rft_tui.cli.grader_diff", "diff", "Compare two graders on all cached predictions."),
            "bench": Entry("rft_tui.cli.grader_bench", "bench", "Probe a grader with what a learner would try on it."),
            "parity": Entry(
                "rft_tui.cli.grader_parity", "parity", "Compare a grader here with the same one at a service."
            ),
        },
    ),
    "grade": Entry("rft_tui.cli.grade", "grade", "Grade the predictions of runs or of a file."),
    "compare": Entry("rft_tui.cli.compare", "compare", "Compare runs, models or grader versions on their items."),
    "report": Entry("rft_tui.cli.report", "report", "Write a comparison as one file: HTML, Markdown or JSON."),
    "review": Noun(
        "Review: predictions with scores and verdicts.",
        {
            "list": Entry("rft_tui.cli.review", "list_all", "List predictions as the Review screen does."),
            "agreement": Entry(
                "rft_tui.cli.review_agreement",
                "agreement",
                "Say how a grader, or reviewers, agree with a person.",
            ),
            "export": Entry("rft_tui.cli.review_share", "export", "Write what reviewers said, for other workspaces."),
            "import": Entry("rft_tui.cli.review_share", "import_files", "Bring in what other reviewers said."),
        },
    ),
    "export": Entry("rft_tui.cli.export", "export", "Write predictions as a table, preference pairs or JUnit."),
    "job": Noun(
        "Fine-tuning jobs: check, launch, watch, keep.",
        {
            "preflight": Entry("rft_tui.cli.job_create", "preflight", "Say whether a job is sound before it costs."),
            "create": Entry("rft_tui.cli.job_create", "create", "Launch a job: supervised, dpo or reinforcement."),
            "list": Entry("rft_tui.cli.job", "list_all", "List the jobs, also those made elsewhere."),
            "show": Entry("rft_tui.cli.job", "show", "Show a job: status, curves, checkpoints, alarms, events."),
            "watch": Entry("rft_tui.cli.job_watch", "watch", "Follow a job's events to its end."),
            "pause": Entry("rft_tui.cli.job_control", "pause", "Pause a job at its service."),
            "resume": Entry("rft_tui.cli.job_control", "resume", "Let a paused job go on."),
            "cancel": Entry("rft_tui.cli.job_control", "cancel", "End a job for good."),
            "run": Entry("rft_tui.cli.job_run", "run", "Run and grade the model that a job made."),
            "archive": Entry("rft_tui.cli.job_control", "archive", "Keep all that a service says of a job."),
        },
    ),
    "simulate": Entry("rft_tui.cli.simulate", "simulate", "Run the embedded simulated service by itself."),
    "task": Noun(
        "Tasks: work that goes on in the background.",
        {
            "list": Entry("rft_tui.cli.task", "list_all", "List the tasks of the workspace."),
            "show": Entry("rft_tui.cli.task", "show", "Show a task: how far it is, what it took, what went wrong."),
            "pause": Entry("rft_tui.cli.task", "pause", "Let a task rest."),
            "resume": Entry("rft_tui.cli.task", "resume", "Let a task go on."),
            "set": Entry("rft_tui.cli.task", "change", "Change how a task works, also while it runs."),
            "cancel": Entry("rft_tui.cli.task", "cancel", "End a task; what is done is kept."),
        },
    ),
    "doctor": Entry("rft_tui.cli.doctor", "doctor", "Check the installation, the terminal, the files and the sandbox."),
}
"""Nouns and their verbs, in the order of help."""
