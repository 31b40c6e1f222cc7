"""Whether anybody of a name has said anything in a workspace."""

from __future__ import annotations

from collections.abc import Iterable

from rft_tui.cli.console import Calling
from rft_tui.errors import UsageError
from rft_tui.safetext import one_line


def check_reviewers(calling: Calling, names: Iterable[str]) -> list[str]:
    """All reviewers of the workspace. Raises UsageError for a name that none of them has."""
    from rft_tui.store.review_log import reviewers_of

    with calling.workspace().store.read() as db:
        known = reviewers_of(db)
    for name in names:
        if name not in known:
            said = ", ".join(one_line(one, 40) for one in known) or "nobody yet"
            raise UsageError(f"{one_line(name, 40)} has said nothing here", hint=f"Reviewers here: {said}.")
    return known
