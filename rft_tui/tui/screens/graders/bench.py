"""The bench from Graders: opened for the text as it is, and how what is shown stands with it."""

from __future__ import annotations

from contextlib import suppress

from rft_tui.errors import GraderSpecError
from rft_tui.graders.spec import parse_spec
from rft_tui.identity import grader_version
from rft_tui.safetext import one_line
from rft_tui.tasks.bench_state import BenchState, Standing, ago, bench_state
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.graders.panes import VERSIONS
from rft_tui.tui.screens.graders.work import GradersWork


class GradersBench(GradersWork):
    """What the Graders screen knows of the bench."""

    def __init__(self) -> None:
        super().__init__()
        self._bench_of: str | None = None
        self._text_version: tuple[str, str] = ("", "")

    def do_graders_bench(self) -> None:
        """Open the bench for the text as it is, saved or not."""
        from rft_tui.graders.engine import compile_grader
        from rft_tui.tui.screens.bench.screen import BenchScreen
        from rft_tui.tui.screens.bench.settings import wish_of

        self.keep()
        entry = self.opened
        if entry is None:
            return
        spec = parse_spec(self.work.text, one_line(entry.name, 60))
        grader = compile_grader(spec)
        number = entry.number(grader.version)
        word = f"v{number}" if number else "unsaved"
        self.app.push_screen(BenchScreen(grader, entry.name, word, wish_of(self.rft.session, entry.name)))

    # How it stands

    def refresh_bars(self) -> None:
        """Show how the version under the cursor stands, too."""
        super().refresh_bars()
        self.show_bench()

    def text_changed(self) -> None:
        """Another text stands otherwise."""
        super().text_changed()
        self.show_bench()

    def on_screen_resume(self) -> None:
        """A bench may have been done meanwhile."""
        self._bench_of = None
        super().on_screen_resume()

    def show_bench(self) -> None:
        """Show how what is looked at stands with the bench, where it is another version than before."""
        if not self.is_mounted:
            return
        version, is_saved = self._version_looked_at()
        wanted = f"{version} {is_saved}"
        if wanted == self._bench_of:
            return
        self._bench_of = wanted
        state = None
        if version:
            with self.rft.workspace.store.read() as db:
                state = bench_state(db, version, "")
        external = self.entry is not None and self.entry.newest is not None and self.entry.newest.is_external
        line: Line = []
        if self.opened is not None and not external:
            line = standing_line(state, self.hint_key("graders.bench"), is_saved=is_saved, with_age=self.is_narrow)
        rows = 2 if not self.is_narrow and state is not None and state.result and state.result.simulated else 1
        self.bench_bar.styles.height = rows
        self.bench_bar.show(lambda width: wrap_line(line, width)[:rows])

    def _version_looked_at(self) -> tuple[str, bool]:
        """The version under the cursor of the versions, else that of the text; empty where the text is none."""
        if self.pane == VERSIONS and self.version is not None:
            return self.version.version, True
        if not self.work.is_changed:
            return (self.base.version if self.base else ""), True
        text = self.work.text
        if self._text_version[0] != text:
            version = ""
            with suppress(GraderSpecError):
                version = grader_version(parse_spec(text, "the text"))
            self._text_version = (text, version)
        return self._text_version[1], False


def standing_line(state: BenchState | None, key: str, *, is_saved: bool, with_age: bool = False) -> Line:
    """How a version stands with the bench, in few cells; `key` is the one that benches it.

    `with_age` says of one that fails when that was, too.
    """
    result = state.result if state is not None else None
    if state is None or result is None:
        said = "no bench yet" if is_saved else "not benched"
        return [(said, "text.dim"), (f" · {key}", "text.faint")]
    sign, style, words = {
        Standing.PASSED: ("✓", "state.good", ago(state.age_s)),
        Standing.FAILED: ("✗", "state.bad", f"{len(state.failing)} of {len(result.summary)}"),
    }.get(state.standing, ("–", "state.warning", "in part"))
    line: Line = [("bench ", "text.dim"), (f"{sign} ", f"{style} bold"), (words, style)]
    if with_age and not state.passed:
        line.append((f" · {ago(state.age_s)}", "text.dim"))
    return [*line, (" SIMULATED", "state.warning bold")] if result.simulated else line
