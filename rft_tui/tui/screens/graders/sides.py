"""What stands on both sides of the probe set: the version of the old scores, and how the sides are called."""

from __future__ import annotations

from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader
from rft_tui.tui.screens.graders.editing import GradersEditing
from rft_tui.tui.screens.graders.lists import GraderEntry


class GradersSides(GradersEditing):
    """Old scores are of the version that is edited, unless another was chosen or one was saved just now."""

    def __init__(self) -> None:
        super().__init__()
        self._before_save: StoredGrader | None = None

    def open_entry(self, entry: GraderEntry | None) -> None:
        """Show a grader."""
        self._before_save = None
        super().open_entry(entry)

    @property
    def against(self) -> StoredGrader | None:
        """What the versions of this grader are held against, where a person has chosen that."""
        raise NotImplementedError

    @property
    def held(self) -> StoredGrader | None:
        """The version of the old scores: the chosen one, behind a save the one before it, else the one that is edited.

        None for a new grader.
        """
        return self.against or self._before_save or self.base

    @property
    def side_names(self) -> tuple[str, str]:
        """How both sides of the probe set are called, such as ``v1`` and ``now``; the first is empty without any."""
        held, base, entry = self.held, self.base, self.opened
        if held is None or entry is None:
            return "", "now"
        number = entry.number(held.version)
        older = f"v{number}" if number else one_line(held.label, 24)
        if base is None or held.id == base.id or self.work.is_changed:
            return older, "now"
        return older, f"v{entry.number(base.version)}"

    def rebase(self, saved: StoredGrader) -> None:
        """The text is this version now; until it changes, it is held against the version before."""
        if self.base is not None and self.base.id != saved.id:
            self._before_save = self.base
        self.base = saved
