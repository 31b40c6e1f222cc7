"""A screen over another one that gives a value back: once, however many keys were on their way."""

from __future__ import annotations

from textual.screen import ModalScreen


class Dialog(ModalScreen[str | None]):
    """What is shown until something is chosen or made; None where it is left without that."""

    def give(self, value: str | None) -> None:
        """Give a value back and go; what comes after that is left out."""
        if self.app.screen is self:
            self.dismiss(value)
