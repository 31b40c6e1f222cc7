"""The one registry of actions: it feeds keys, footer, help, palette, keymap file and the generated key page.

A screen runs an action in a method named after it: ``review.right`` is ``do_review_right``. Whether it can run now, and
why not, is what the screen's ``why_not(action)`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

GLOBAL, LIST, REVIEW, RUNS, DATA, TAGS = "global", "list", "review", "runs", "data", "tags"
FORM, TASKS, PROMPTS, EDITOR, CONFIRM = "form", "tasks", "prompts", "editor", "confirm"
GRADERS, GRADER_WORK, GRADER_TEXT = "graders", "grader_work", "grader_text"
JOB_FORM, JOB_CHECK, JOB_BODY = "job_form", "job_check", "job_body"
JOBS, JOB, JOB_WORK = "jobs", "job", "job_work"
ORDER = "order"
BENCH = "bench"
RATER, CRITIQUES, DIVERGENCE = "rater", "critiques", "divergence"
COMPARE = "compare"

SCOPES: dict[str, str] = {
    GLOBAL: "Everywhere",
    LIST: "Lists and panes",
    REVIEW: "Review",
    RUNS: "Runs",
    DATA: "Data",
    GRADERS: "Graders",
    GRADER_WORK: "Graders, also while text is edited",
    GRADER_TEXT: "Graders, only while text is edited",
    COMPARE: "Compare",
    JOBS: "Jobs",
    JOB: "A job (open with enter in Jobs)",
    JOB_WORK: "Jobs, in the list and in a job",
    BENCH: "Bench (open with B in Graders)",
    RATER: "Second rater (open with M in Graders)",
    CRITIQUES: "Critiques (open with A in Graders)",
    DIVERGENCE: "Best of k (open with K in Graders)",
    TAGS: "Tag bar (open with t)",
    FORM: "New run (open with n in Runs or Data)",
    JOB_FORM: "New job (open with n in Jobs)",
    JOB_CHECK: "Pre-flight of a new job",
    JOB_BODY: "What is sent for a new job",
    TASKS: "Tasks (open with T)",
    PROMPTS: "Prompts (open with P in Data)",
    EDITOR: "While a prompt is edited",
    ORDER: "Expected order (open with O in Graders)",
    CONFIRM: "When a costly action asks",
}
"""Where a key counts. A screen's own scope comes before lists, lists before everywhere."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does: a short label for the footer, a sentence for help, and keys that may be remapped."""

    id: str
    keys: tuple[str, ...]
    label: str
    sentence: str
    scope: str
    footer: int = 0
    dangerous: bool = False

    @property
    def method(self) -> str:
        """The screen's method that runs it."""
        return f"do_{self.id.replace('.', '_')}"


ACTIONS: tuple[Action, ...] = (
    Action("screen.data", ("1",), "Data", "Go to Data: datasets and their items", GLOBAL),
    Action("screen.runs", ("2",), "Runs", "Go to Runs: what was predicted and graded", GLOBAL),
    Action("screen.review", ("3",), "Review", "Go to Review: read the mistakes", GLOBAL),
    Action("screen.graders", ("4",), "Graders", "Go to Graders: edit them and see what changes", GLOBAL),
    Action("screen.compare", ("5",), "Compare", "Go to Compare: models, prompts, graders against a baseline", GLOBAL),
    Action("screen.jobs", ("6",), "Jobs", "Go to Jobs: launch and watch them", GLOBAL),
    Action("help", ("?",), "all keys", "Show every key; enter runs one", GLOBAL),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its words and run it", GLOBAL),
    Action("refresh", ("r",), "refresh", "Read the cache again", GLOBAL),
    Action("tasks", ("T",), "tasks", "Show the tasks: work in the background", GLOBAL),
    Action("theme", (), "theme", "Choose a theme", GLOBAL),
    Action("back", ("esc",), "back", "One level out; never quits", GLOBAL),
    Action("quit", ("q",), "quit", "Leave; everything is kept", GLOBAL),
    Action("down", ("j", "down"), "down", "One line down", LIST),
    Action("up", ("k", "up"), "up", "One line up", LIST),
    Action("top", ("g", "home"), "first", "To the first line", LIST),
    Action("bottom", ("G", "end"), "last", "To the last line", LIST),
    Action("page_down", ("ctrl+d", "pagedown"), "page down", "Half a page down; a page with pagedown", LIST),
    Action("page_up", ("ctrl+u", "pageup"), "page up", "Half a page up; a page with pageup", LIST),
    Action("left", ("h", "left"), "left pane", "To the pane on the left", LIST),
    Action("right", ("l", "right"), "right pane", "To the pane on the right", LIST),
    Action("next_pane", ("tab",), "next pane", "To the next pane", LIST),
    Action("open", ("enter",), "open", "Open what the cursor is on", LIST, 60),
    Action("filter", ("/",), "filter", "Filter the list while you type; esc cancels, enter keeps", LIST, 55),
    Action("sort", ("s",), "sort", "Next sort order", LIST),
    Action("sort_reverse", ("S",), "reverse", "Turn the sort order round", LIST),
    Action("copy", ("y",), "copy", "Copy to the clipboard, over SSH too", LIST),
    Action("edit", ("e",), "editor", "Open the text in $VISUAL or $EDITOR, to read or copy from", LIST),
    Action("review.right", ("a",), "right", "The prediction is right; on to the next", REVIEW, 100),
    Action("review.wrong", ("x",), "wrong", "The prediction is wrong; on to the next", REVIEW, 99),
    Action("review.grader", ("w",), "grader", "The grader is wrong about it; on to the next", REVIEW, 98),
    Action("review.label", ("b",), "label", "The reference answer is wrong; on to the next", REVIEW, 97),
    Action(
        "review.both", ("m",), "both ok", "Prediction and reference are both acceptable; on to the next", REVIEW, 96
    ),
    Action("review.skip", ("0",), "skip", "Say nothing; it goes to the end of the queue", REVIEW, 95),
    Action("review.tags", ("t",), "tags", "Pin the tag bar open: digits set tags", REVIEW, 94),
    Action("review.undo", ("u",), "undo", "Take back the last step, without limit, across restarts", REVIEW, 93),
    Action("review.note", ("i",), "note", "Write a note on the prediction", REVIEW, 80),
    Action("review.reference", ("o",), "reference", "Correct the reference answer of the item", REVIEW, 85),
    Action("review.similar", ("z",), "similar", "Find similar mistakes and tag them in one action", REVIEW, 50),
    Action("review.next_mistake", ("n",), "next mistake", "To the next mistake without a verdict", REVIEW),
    Action("review.previous_mistake", ("N",), "previous", "To the previous mistake without a verdict", REVIEW),
    Action("review.next_run", ("]",), "next run", "The same item in the next run", REVIEW, 40),
    Action("review.previous_run", ("[",), "previous run", "The same item in the previous run", REVIEW),
    Action("review.raise", (">", "+"), "raise", "Raise the pass threshold by a twentieth of the range", REVIEW, 35),
    Action("review.lower", ("<", "-"), "lower", "Lower the pass threshold by a twentieth of the range", REVIEW),
    Action("review.runs", ("R",), "runs", "Choose whose predictions to read", REVIEW),
    Action("review.by", ("p",), "by grader", "Choose the grader whose scores are shown", REVIEW, 45),
    Action("review.baseline", ("D",), "Δ against", "Choose what Δ is measured against", REVIEW),
    Action("review.band", ("B",), "band", "Keep one score band after another", REVIEW),
    Action("review.mistakes", ("M",), "mistakes", "Keep only mistakes, or show all scores", REVIEW),
    Action("review.pending", ("V",), "to review", "Keep only what has no verdict yet, or show all", REVIEW),
    Action("review.calibration", ("C",), "calibration", "Switch to the random calibration sample and back", REVIEW),
    Action("review.fold", ("f",), "fold", "Fold the question away, or show it", REVIEW),
    Action("review.raw", ("v",), "raw text", "Show texts as they are, or with safe Markdown", REVIEW),
    Action("review.columns", ("c",), "columns", "Choose the columns of the list", REVIEW),
    Action("review.mark", ("space",), "mark", "Mark the prediction, or take the mark away", REVIEW),
    Action("review.unmark", (), "clear marks", "Take all marks away", REVIEW),
    Action("runs.new", ("n",), "new run", "Ask models for predictions: the form with every option", RUNS, 75),
    Action(
        "runs.top_up", ("U",), "top up", "More runs in the same way; only the new ones are asked and paid", RUNS, 60
    ),
    Action("runs.resume", ("R",), "resume", "Ask for what is missing in the runs of the line", RUNS, 58),
    Action("runs.retry", ("E",), "retry errors", "Ask again where the runs of the line have errors", RUNS, 57),
    Action("runs.import", ("I",), "import", "Bring in predictions from a file or folder", RUNS, 65),
    Action("runs.details", ("i",), "details", "Show or hide the details of the run", RUNS, 50),
    Action("runs.compare", ("=",), "compare with", "Compare the runs of the line with a baseline", RUNS, 59),
    Action("runs.grade", ("G",), "grade", "Grade the runs of the line, here or by a model", RUNS, 70),
    Action("data.import", ("I",), "import", "Bring in a dataset from a file", DATA, 68),
    Action("data.predict", ("n",), "new run", "Ask models for predictions on this dataset", DATA, 72),
    Action("data.check", ("c",), "check", "Check the rows by every rule, alone or against another dataset", DATA, 70),
    Action("data.prompt", ("p",), "prompt", "Show the items as they are sent with a prompt", DATA, 65),
    Action("data.prompts", ("P",), "prompts", "Make, edit and compare prompts", DATA, 46),
    Action("data.split", ("x",), "split", "Draw named parts as datasets of their own, by a seed", DATA, 45),
    Action("data.export", ("w",), "write", "Write the rows into a file, with the prompt if one is shown", DATA, 44),
    Action("data.raw", ("v",), "raw row", "Show the row as it stands in the file", DATA, 50),
    Action("graders.new", ("n",), "new", "Make a grader: from an example, another one, a file, or JSON", GRADERS, 75),
    Action("graders.probes", ("p",), "probe set", "Choose the predictions that are graded as you type", GRADERS, 72),
    Action(
        "graders.on_pause",
        ("P",),
        "ask at pauses",
        "Ask the judge about the row at the cursor whenever you pause",
        GRADERS,
        51,
    ),
    Action("graders.order", ("O",), "order", "Put answers to the item into the order that you expect", GRADERS, 50),
    Action("graders.pin", ("space",), "pin", "Pin the prediction to the probe set, or let it go", GRADERS, 52),
    Action(
        "graders.diff",
        ("d",),
        "difference",
        "Show what differs from the version before, or the text again",
        GRADERS,
        58,
    ),
    Action("graders.against", ("D",), "Δ against", "Choose the version that others are compared with", GRADERS, 43),
    Action(
        "graders.consequences",
        ("C",),
        "consequences",
        "Who flips among all predictions, to read in Review; or stop it",
        GRADERS,
        57,
    ),
    Action("graders.bench", ("B",), "bench", "Try on the text as it is what a learner would try", GRADERS, 56),
    Action(
        "graders.rater",
        ("M",),
        "second rater",
        "Second rater: hold a version against a stronger model that compares answers",
        GRADERS,
        49,
    ),
    Action(
        "graders.critique",
        ("A",),
        "critique",
        "Ask a model for a critique where you and the grader disagree",
        GRADERS,
        48,
    ),
    Action(
        "graders.divergence",
        ("K",),
        "best of k",
        "Best of k: does what is true follow where the grader picks the best of k answers",
        GRADERS,
        47,
    ),
    Action("graders.add_part", ("+",), "add", "Add a message, parameter, label or grader to what is here", GRADERS, 61),
    Action("graders.drop_part", ("-",), "take out", "Take the message, field or grader that is shown out", GRADERS, 53),
    Action("graders.note", ("i",), "note", "Write a note on the version", GRADERS, 45),
    Action("graders.export", ("w",), "write", "Write the exact JSON into graders/NAME.json", GRADERS, 44),
    Action("graders.rename", ("R",), "rename", "Give the grader another name, all its versions with it", GRADERS, 40),
    Action(
        "graders.delete", ("x",), "delete", "Put the grader away, or one version of it", GRADERS, 39, dangerous=True
    ),
    Action("graders.undo", ("u",), "undo", "Take back the last rename, delete or note", GRADERS, 38),
    Action("graders.discard", ("X",), "discard", "Throw the unsaved text away", GRADERS, 30, dangerous=True),
    Action("graders.save", ("ctrl+s",), "save", "Save the text as a version, with a note if you like", GRADER_WORK, 70),
    Action("graders.retest", ("ctrl+r",), "retest", "Grade the probe set by the text as it is", GRADER_WORK, 66),
    Action("graders.raw", ("f2",), "raw JSON", "Show the raw JSON, or the parts again", GRADER_WORK, 64),
    Action("graders.next_problem", ("f3",), "problem", "To the next problem of the lint line", GRADER_WORK, 50),
    Action(
        "graders.external", ("f4",), "$EDITOR", "Edit the part in $VISUAL or $EDITOR and take it back", GRADER_WORK, 48
    ),
    Action("graders.previous_part", ("f5",), "part before", "To the part before", GRADER_WORK),
    Action("graders.next_part", ("f6",), "next part", "To the next part", GRADER_WORK, 62),
    Action("graders.take_back", ("f7",), "undo", "Take back the last change of the text", GRADER_WORK, 47),
    Action("graders.again", ("f8", "ctrl+y"), "redo", "Bring it again", GRADER_WORK, 46),
    Action("graders.leave", ("esc",), "list", "Back to the list; the text is kept", GRADER_TEXT, 65),
    Action("bench.again", ("r",), "run again", "Grade everything again; it asks first if that costs", BENCH, 90),
    Action("bench.items", ("N",), "items, seed", "How many items are drawn by which seed, and from where", BENCH, 85),
    Action("bench.limits", ("L",), "limits", "What a sound grader may give, as shares of its range", BENCH, 84),
    Action("rater.ask", ("r",), "ask", "Ask the rater about the pairs; it says first what that costs", RATER, 90),
    Action("rater.critique", ("A",), "critique", "Ask the rater about the pairs in the wrong order", RATER, 89),
    Action("rater.model", ("M",), "rater", "Choose the model that is the second rater, and its profile", RATER, 88),
    Action("rater.pairs", ("N",), "pairs", "How many pairs of answers are compared", RATER, 87),
    Action("critiques.ask", ("r",), "ask", "Ask the model about these; it says first what that costs", CRITIQUES, 90),
    Action("critiques.model", ("M",), "rater", "Choose the model that is asked, and its profile", CRITIQUES, 88),
    Action("divergence.gold", ("D",), "gold", "Choose who says what is true: you, or another grader", DIVERGENCE, 90),
    *(
        Action(f"tags.{digit}", (digit,), f"tag {digit}", f"Set or take away tag {digit}", TAGS)
        for digit in "1234567890"
    ),
    Action("tags.new", ("+",), "new tag", "Name a new tag and set it", TAGS, 90),
    Action("tags.close", ("esc", "t"), "close", "Close the tag bar", TAGS, 80),
    Action(
        "form.start", ("ctrl+s",), "start", "Start what the form says; it asks first if that costs requests", FORM, 99
    ),
    Action("form.edit", ("enter",), "change", "Change the field: type, or choose from a list", FORM, 98),
    Action("form.toggle", ("space",), "yes/no", "Turn yes into no, or take the next of the choices", FORM, 97),
    Action("form.suggest", ("s",), "suggestions", "Models that were asked here before, and those fetched", FORM, 96),
    Action("form.fetch", ("L",), "service's models", "Ask the service for its list of models (network)", FORM, 95),
    Action("form.clear", ("x", "delete"), "default", "Back to what the field proposes", FORM, 94),
    Action("form.clear_all", ("X",), "clear all", "Every field back to what it proposes", FORM, 90),
    Action("form.prompts", ("P",), "prompts", "Make, edit and compare prompts", FORM, 92),
    Action("form.down", ("j", "down", "tab"), "next", "To the next field", FORM),
    Action("form.up", ("k", "up", "shift+tab"), "previous", "To the previous field", FORM),
    Action(
        "job_form.launch", ("ctrl+s",), "launch", "Show exactly what would be sent; another key sends it", JOB_FORM, 99
    ),
    Action("job_form.page", ("p",), "pre-flight/fields", "To the pre-flight list, or back to the fields", JOB_FORM, 96),
    Action(
        "job_form.ask",
        ("A",),
        "ask the service",
        "Ask the service itself what pre-flight can only hear from it (network)",
        JOB_FORM,
        93,
    ),
    Action(
        "job_form.suggest",
        ("s",),
        "suggestions",
        "What the field may be: its choices, datasets, or models asked here before",
        JOB_FORM,
        95,
    ),
    Action(
        "job_check.unfold",
        ("enter", "space"),
        "unfold",
        "Show all of a finding with its evidence, or fold it",
        JOB_CHECK,
        98,
    ),
    Action("job_check.field", ("f",), "its field", "To the field that the finding speaks of", JOB_CHECK, 97),
    Action("job_check.next", ("n",), "next ✗ or !", "To the next finding that is not fine", JOB_CHECK, 94),
    Action("job_body.send", ("S",), "send it", "Send the files and create the job, as it is shown", JOB_BODY, 99),
    Action(
        "compare.mark", ("space",), "mark", "Compare the line, or leave it out; the first is the baseline", COMPARE, 90
    ),
    Action("compare.next_panel", ("v",), "panel", "The next panel", COMPARE, 88),
    Action("compare.previous_panel", ("V",), "panel before", "The panel before", COMPARE),
    Action("compare.panels", ("P",), "panels", "Choose a panel", COMPARE, 52),
    Action("compare.baseline", ("B",), "baseline", "Make the line what others are compared with", COMPARE, 85),
    Action("compare.by", ("p",), "by grader", "Choose the grader whose scores are compared", COMPARE, 80),
    Action("compare.regressions", ("R",), "regressions", "Read what got worse in Review, both answers", COMPARE, 75),
    Action("compare.improvements", ("I",), "improvements", "Read what got better in Review, both answers", COMPARE, 74),
    Action("compare.next_pair", ("n",), "next pair", "The next difference to the baseline in full", COMPARE, 70),
    Action("compare.previous_pair", ("N",), "pair before", "The difference before in full", COMPARE),
    Action("compare.what", ("o",), "runs/versions", "Compare groups of runs, or grader versions on them", COMPARE, 65),
    Action("compare.unfold", ("u",), "each run", "Show each run below its group, or the groups only", COMPARE, 55),
    Action("compare.cluster", ("c",), "together", "Name the field of rows that belong together", COMPARE, 50),
    Action("compare.gold", ("D",), "gold", "Choose who says what is true: you, or another grader", COMPARE, 48),
    Action("compare.clear", ("X",), "clear marks", "Take all marks away", COMPARE, 45),
    Action("jobs.new", ("n",), "new job", "Make a job: pre-flight, upload, launch", JOBS, 75),
    Action("jobs.again", ("N",), "one like it", "Make another job like this one, in the same form", JOBS, 52),
    Action("jobs.details", ("i",), "summary", "Show or hide the summary of the job", JOBS, 50),
    Action("job.run", ("P",), "run its model", "Ask the model or the checkpoint as the base was asked", JOB_WORK, 72),
    Action("job.compare", ("C",), "compare", "Open its model's runs in Compare, beside its base's", JOB_WORK, 71),
    Action("job.pause", ("p",), "pause", "Pause the job; what it has learned is kept", JOB_WORK, 70, dangerous=True),
    Action("job.resume", ("R",), "resume", "Let a paused job go on", JOB_WORK, 69, dangerous=True),
    Action("job.cancel", ("x",), "cancel", "End the job for good", JOB_WORK, 68, dangerous=True),
    Action("job.archive", ("A",), "archive", "Keep all of the job in files here", JOB_WORK, 66),
    Action("chart.next", ("v",), "chart", "The next chart", JOB, 95),
    Action("chart.previous", ("V",), "chart before", "The chart before", JOB),
    Action("chart.earlier", ("h", "left"), "earlier", "The chart's cursor to the step before; esc takes it away", JOB),
    Action("chart.later", ("l", "right"), "cursor", "The chart's cursor to the next step; esc takes it away", JOB, 90),
    Action("chart.nearer", ("+", "="), "zoom", "Show half of the steps, around the cursor or the end", JOB, 85),
    Action("chart.farther", ("-",), "farther", "Show twice as many steps", JOB),
    Action("chart.smooth", ("m",), "smooth", "Lines as means over more steps, or as measured", JOB, 80),
    Action("chart.alarm", ("a",), "alarm", "To the chart and the step where the next alarm rang", JOB, 88),
    Action("job.beside", ("D",), "beside", "Lay another job's curves over these", JOB, 60),
    Action("job.alarms", ("O",), "alarms on/off", "Switch an alarm off or on", JOB),
    Action("job.level", ("L",), "level", "Events: all, without numbers, warnings and errors only", JOB, 58),
    Action("job.previous_pane", ("shift+tab",), "pane before", "To the pane before", JOB),
    Action("tasks.pause", ("p",), "pause", "Let the task rest; calls in flight still answer", TASKS, 90),
    Action("tasks.resume", ("R",), "resume", "Let a task go on that is paused, failed or cancelled", TASKS, 89),
    Action("tasks.cancel", ("x",), "cancel", "End the task; what is done is kept", TASKS, 88, dangerous=True),
    Action("tasks.more", ("+", ">"), "more at once", "Raise the most calls in flight at once", TASKS, 80),
    Action("tasks.fewer", ("-", "<"), "fewer", "Lower the most calls in flight at once", TASKS, 79),
    Action("tasks.concurrency", ("c",), "calls at once", "Set the most calls in flight at once", TASKS, 70),
    Action("tasks.spend_cap", ("m",), "spend cap", "Set how many dollars the task may cost", TASKS, 75),
    Action("tasks.details", ("i",), "details", "Show or hide the details of the task", TASKS, 60),
    Action("prompts.new", ("n",), "new", "Make a prompt", PROMPTS, 90),
    Action("prompts.edit", ("enter", "o"), "edit", "Edit the prompt here", PROMPTS, 89),
    Action(
        "prompts.external", ("e",), "$EDITOR", "Edit the prompt in $VISUAL or $EDITOR and take it back", PROMPTS, 88
    ),
    Action(
        "prompts.diff",
        ("d",),
        "difference",
        "Show what differs from the version before, or the marked one",
        PROMPTS,
        87,
    ),
    Action("prompts.mark", ("space",), "mark", "Mark the version to compare with", PROMPTS, 80),
    Action("editor.save", ("ctrl+s",), "save", "Save the text: a new version of the prompt", EDITOR, 90),
    Action("editor.external", ("f4",), "$EDITOR", "Edit the text in $VISUAL or $EDITOR and take it back", EDITOR, 80),
    Action("editor.undo", ("f7",), "undo", "Take back the last change", EDITOR, 70),
    Action("editor.redo", ("f8", "ctrl+y"), "redo", "Bring it again", EDITOR, 69),
    Action("editor.leave", ("esc",), "leave", "Leave; it asks first where something is not saved", EDITOR, 60),
    Action("order.up", ("K", "shift+up"), "move up", "Move the answer up: it is better", ORDER, 90),
    Action("order.down", ("J", "shift+down"), "move down", "Move the answer down: it is worse", ORDER, 89),
    Action("order.drop", ("x",), "drop", "Drop the answer from the order, or take it in again", ORDER, 88),
    Action("order.type", ("i",), "type", "Type an answer of your own", ORDER, 87),
    Action("order.keep", ("ctrl+s",), "keep", "Keep the order beside the grader", ORDER, 95),
    Action("order.undo", ("u",), "undo", "Take back the last step", ORDER, 80),
    Action("confirm.yes", ("y",), "yes", "Do it; every other key leaves it undone", CONFIRM),
)
"""All actions, in the order of help and docs."""

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
