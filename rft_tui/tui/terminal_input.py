"""What a terminal sends: bytes that are no text are left out, where Textual would end the program.

Terminals that send a key with alt as one byte, other character sets and torn lines bring such bytes.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable
from functools import partial
from typing import Any


def forgive_bad_bytes() -> None:
    """Let the reader of keys pass over what is no UTF-8, before it is started."""
    from textual.drivers import linux_driver

    def forgiving(encoding: str) -> Callable[[], Any]:
        return partial(getincrementaldecoder(encoding), errors="ignore")

    setattr(linux_driver, "getincrementaldecoder", forgiving)  # noqa: B010 - not a name that it gives away
