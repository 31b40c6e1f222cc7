"""Screens that are opened over another one and left with esc: tasks, prompts, the form of a new run."""

from __future__ import annotations

from rft_tui.tui.screens.base import WorkScreen


class OverScreen(WorkScreen):
    """A screen over another; going to a mode closes it."""

    def close_over(self) -> None:
        """Back to the screen below."""
        if self.app.screen is self:
            self.app.pop_screen()

    def do_back(self) -> None:
        """One level out."""
        self.close_over()

    def do_screen_data(self) -> None:
        """Go to Data."""
        self.close_over()
        super().do_screen_data()

    def do_screen_runs(self) -> None:
        """Go to Runs."""
        self.close_over()
        super().do_screen_runs()

    def do_screen_review(self) -> None:
        """Go to Review."""
        self.close_over()
        super().do_screen_review()

    def do_screen_graders(self) -> None:
        """Go to Graders."""
        self.close_over()
        super().do_screen_graders()

    def do_screen_compare(self) -> None:
        """Go to Compare."""
        self.close_over()
        super().do_screen_compare()

    def do_screen_jobs(self) -> None:
        """Go to Jobs."""
        self.close_over()
        super().do_screen_jobs()
