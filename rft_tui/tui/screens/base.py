"""What every screen can do, whatever it shows: the keys that lead elsewhere, and that take its text along."""

from __future__ import annotations

from rft_tui.errors import UsageError
from rft_tui.tui.screens.frame import Frame


class WorkScreen(Frame):
    """A mode of the app. Subclasses give a body, header rows and methods for their actions."""

    def do_back(self) -> None:
        """Nothing to leave here."""
        self.footer.say(None)

    def do_help(self) -> None:
        """Show every key."""
        from rft_tui.tui.screens.help import open_help

        open_help(self)

    def do_palette(self) -> None:
        """Find an action by its words."""
        from rft_tui.tui.screens.help import open_palette

        open_palette(self)

    def do_screen_data(self) -> None:
        """Go to Data."""
        self.rft.show_screen("data")

    def do_screen_runs(self) -> None:
        """Go to Runs."""
        self.rft.show_screen("runs")

    def do_screen_review(self) -> None:
        """Go to Review."""
        self.rft.show_screen("review")

    def do_screen_graders(self) -> None:
        """Go to Graders."""
        self.rft.show_screen("graders")

    def do_screen_compare(self) -> None:
        """Go to Compare."""
        self.rft.show_screen("compare")

    def do_screen_jobs(self) -> None:
        """Go to Jobs."""
        self.rft.show_screen("jobs")

    def do_tasks(self) -> None:
        """Show the tasks."""
        from rft_tui.tui.screens.tasks.screen import TasksScreen

        self.app.push_screen(TasksScreen())

    def do_theme(self) -> None:
        """Choose a theme."""
        self.rft.choose_theme()

    def do_quit(self) -> None:
        """Leave."""
        self.rft.leave()

    def text_to_take(self) -> tuple[str, str] | None:
        """What `copy` copies and `edit` opens: a text and the ending of its file; None where there is nothing."""
        return None

    def do_copy(self) -> None:
        """Copy the text."""
        from rft_tui.tui.clipboard import copy

        taken = self.text_to_take()
        driver = self.app._driver
        if taken is None or driver is None:
            self.say("nothing to copy here", "state.warning")
            return
        self.say(copy(taken[0], driver.write), "state.info")

    def do_edit(self) -> None:
        """Open the text in the person's editor, for reading and copying from; changes are not taken back."""
        taken = self.text_to_take()
        if taken is None:
            self.say("nothing to open here", "state.warning")
            return
        self.edited_elsewhere(*taken)

    def edited_elsewhere(self, text: str, suffix: str) -> str:
        """The text as the person left it in $VISUAL or $EDITOR. Raises UsageError where none can be opened."""
        from textual.app import SuspendNotSupported

        from rft_tui.tui.editor import edit_text

        self.rft.forget_screen()
        try:
            with self.app.suspend():
                return edit_text(text, suffix)
        except SuspendNotSupported as error:
            raise UsageError("no other editor can be opened on this terminal") from error
        finally:
            self.rft.forget_screen()
            self.refresh(layout=True)
