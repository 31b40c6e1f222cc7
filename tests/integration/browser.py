"""A page opened in a real browser: what it became there, what it complained about, and what it asked for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

_QUIET = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip
"""A browser that does nothing of its own accord, and finds no host but this one."""

_CONSOLE = re.compile(r"CONSOLE(?::\d+|\(\d+\))?\] (.*)")

_ITSELF = "not an origin"
"""Who asked, where no page did."""

PATIENCE_S = 90


@dataclass(frozen=True, slots=True)
class Opened:
    """The page's elements as the browser ended with them, its console, and every address that it asked for."""

    dom: str
    console: list[str]
    asked: list[str]


def find_browser() -> str | None:
    """The browser's program, None where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def open_page(browser: str, page: Path, folder: Path, picture: Path | None = None) -> Opened:
    """Open a local page, perhaps taking its picture, with a profile of its own in `folder`."""
    log = folder / "net.json"
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    shown = (f"--screenshot={picture}", "--window-size=1000,2400") if picture is not None else ("--dump-dom",)
    done = subprocess.run(
        [browser, *_QUIET, *root, "--enable-logging=stderr", f"--log-net-log={log}",
         "--net-log-capture-mode=Everything", f"--user-data-dir={folder / 'profile'}", *shown, page.as_uri()],
        capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return Opened(done.stdout, _CONSOLE.findall(done.stderr), _asked(log))


def _asked(log: Path) -> list[str]:
    """The addresses that the page asked for, by the browser's own log; what the browser asks for itself is left out."""
    text = log.read_text("utf-8", "replace").rstrip()
    entries = json.loads(text if text.endswith("}") else text.rstrip(",") + "]}")["events"]
    params = [entry["params"] for entry in entries if isinstance(entry.get("params"), dict)]
    asked = {str(one.get("url", "")) for one in params if one.get("initiator", _ITSELF) != _ITSELF}
    return sorted(url for url in asked if not url.startswith(("file:", "data:")))
