"""Workspaces for tests: the demo, an empty one, and one whose texts try everything."""

from __future__ import annotations

import json
from pathlib import Path

from rft_tui.demo import make_demo
from rft_tui.graders.spec import load_spec
from rft_tui.interchange.importer import import_predictions
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.import_data import import_dataset
from rft_tui.workspace import init_workspace, open_workspace

HOSTILE = (
    "[bold red]markup[/] [link=http://x]y[/link] \\[",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x1b[1;1H",
    "\u202egnp.exe\u202c bidi \u2066isolate\u2069 \u200bzero\u200f width",
    "tab\there\tand\tthere",
    "日本語の答えは東京です。漢字がたくさん並んでいる長い文章なので折り返しも確認する必要があります。",
    "thumbs 👍 and a rocket 🚀 and a heart ♥",
    "a" * 1_000_000,
    "line1\nline2\r\n\r- item **bold**\n- item `code`\n# Heading\n```\ncode\n```\n\x0b\x0c\x85\u2028end",
    "e\u0301 combining a\u0308\u0323 " + "z" + "\u0301" * 60,
    "\x00nul \x7fdel \x9bcsi \x90dcs",
    "x " * 50_000,
    "long-unbroken-" * 200,
    "",
    "   ",
    "ﷺ ㎏ 𝔘𝔫𝔦 \ufeffbom",
    "{{item.reference_answer}} {{sample.output_text}}",
)
"""Texts that try to break a screen; the widths of their characters are not disputed between terminals."""

DISPUTED = (
    "👩\u200d👩\u200d👧\u200d👦 family ❤\ufe0f heart 🇩🇪 flag 👍🏽 tone 1\ufe0f\u20e3 key \u200d joiner क्षि",
    "❤\ufe0f" * 300,
    "👩\u200d👩\u200d👧\u200d👦" * 300,
    "🇩🇪" * 301 + "🇩",
    "\U0001f3fdalone \ufe0fselector",
)
"""Texts whose widths terminals do not agree about."""


def make_empty(folder: Path) -> Path:
    """A workspace with nothing in it."""
    init_workspace(folder)
    open_workspace(folder).store.close()
    return folder


def make_demo_workspace(folder: Path) -> Path:
    """The demo workspace, closed."""
    make_demo(folder, lambda _text: None).store.close()
    return folder


def make_hostile(folder: Path, texts: tuple[str, ...]) -> Path:
    """A workspace with the texts in every place a text can stand: names, fields, answers, summaries, references."""
    init_workspace(folder)
    rows = [
        {
            "messages": [{"role": "user", "content": f"q{number} {text}"}],
            "reference_answer": text[:2000] if number % 2 else "gout",
            "k\x1b[31mey": text[:50],
        }
        for number, text in enumerate(texts)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    predictions = [
        {
            "item": row,
            "output_text": text if run == 1 else text[::-1][:3000],
            "model": "m\x1b[31m[bold]日本\u202ex",
            "run_index": run,
            "reasoning_summary": text[:5000],
        }
        for row, text in zip(rows, texts, strict=True)
        for run in (1, 2)
    ]
    (folder / "predictions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in predictions))
    (folder / "prompts" / "evil.txt").write_text(texts[0] + texts[1] + texts[4])
    workspace = open_workspace(folder)
    try:
        import_dataset(workspace.store, folder / "rows.jsonl", "evil [red] \x1b[31m日本")
        import_predictions(workspace.store, [folder / "predictions.jsonl"], prompts_folder=workspace.prompts_folder)
        spec = {
            "type": "multi",
            "name": "both \x1b[31m[b]",
            "calculate_output": "0.5 * exact + 0.5 * near",
            "graders": {
                "exact": {"type": "string_check", "name": "exact", "operation": "eq",
                          "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}"},
                "near": {"type": "text_similarity", "name": "near", "evaluation_metric": "rouge_1",
                         "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}"},
            },
        }  # fmt: skip
        path = folder / "graders" / "both.json"
        path.write_text(json.dumps(spec))
        grade_runs(workspace.store, ensure_grader(workspace.store, load_spec(path)))
    finally:
        workspace.store.close()
    return folder
