"""A writer that sends only what changed on the screen; made for links where bytes are time."""

from __future__ import annotations


class ThinOutput:
    """Switchable."""

    thin_output = True

    def forget_screen(self) -> None:
        """Send everything with the next picture."""
