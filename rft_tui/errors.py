"""The one family of errors a person may see: a title, what happened and where, and what to do."""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
"""The work is done."""
EXIT_FAILURES = 1
"""The work finished, with failures that are listed."""
EXIT_USAGE = 2
"""Wrong use or bad input; nothing was changed."""
EXIT_SERVICE = 3
"""A model service refused or could not be reached."""
EXIT_INTERRUPTED = 130
"""A person interrupted the work."""


class RftError(Exception):
    """Anything that stops a command or an action and is said to the person in words.

    `message` says what happened and where (file, line, key); `hint` what to do; `kind` is a stable word for scripts.
    """

    title: ClassVar[str] = "Something went wrong"
    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = EXIT_FAILURES

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_json(self) -> dict[str, str]:
        """The form that scripts read on stderr."""
        return {"title": self.title, "message": self.message, "hint": self.hint, "kind": self.kind}


class UsageError(RftError):
    """A command, option or name that does not fit what is there."""

    title = "Wrong use"
    kind = "usage"
    exit_code = EXIT_USAGE


class InputError(RftError):
    """A file or a row that cannot be read as what it should be."""

    title = "Bad input"
    kind = "input"
    exit_code = EXIT_USAGE


class SettingsError(RftError):
    """A settings, keymap or theme file with something wrong in it."""

    title = "Bad settings"
    kind = "settings"
    exit_code = EXIT_USAGE


class GraderSpecError(RftError):
    """A grader that cannot be used as it is written."""

    title = "Bad grader"
    kind = "grader"
    exit_code = EXIT_USAGE


class StoreError(RftError):
    """The cache cannot be opened, read or written."""

    title = "The cache cannot be used"
    kind = "store"
    exit_code = EXIT_USAGE


class StoreBusyError(StoreError):
    """Another process is writing to the cache; the same call may go through later."""

    title = "The cache is busy"
    kind = "store_busy"


class ServiceError(RftError):
    """A model service refused or could not be reached.

    `outcome` is the kind of it, as a prediction's error has it: ``auth``, ``not_found``, ``connection`` …; empty where
    there is none.
    """

    title = "The service did not do it"
    kind = "service"
    exit_code = EXIT_SERVICE

    def __init__(self, message: str, *, hint: str = "", outcome: str = "") -> None:
        super().__init__(message, hint=hint)
        self.outcome = outcome
