"""How the simulated service refuses a request: the status and error body that a real one would send."""

from __future__ import annotations

from rft_tui.model import JsonObject


class RequestError(Exception):
    """A refused request; `status` is the HTTP status, the rest stands in the error body."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = headers or {}

    def body(self) -> JsonObject:
        """The error body, as every endpoint sends it."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def not_found(what: str, name: str) -> RequestError:
    """The refusal of an id that names nothing."""
    return RequestError(f"No such {what}: {name[:100]}", status=404, param="id")


def unsupported(param: str, said: str = "") -> RequestError:
    """The refusal of something that a real service may do and the simulated one does not."""
    message = f"The simulated service does not support '{param}'{said}."
    return RequestError(message, param=param, code="unsupported_parameter")
