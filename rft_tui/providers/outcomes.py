"""What may come of a request, as typed outcomes: which are tried again, and which would befall every further one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rft_tui.safetext import one_line

EXCERPT = 300
"""Characters of a service's own words that an error shows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How an outcome of one kind is met: most attempts in all, and whether every further call would end the same."""

    attempts: int = 1
    stops: bool = False


RULES: dict[str, Rule] = {
    "refusal": Rule(),
    "content_filter": Rule(),
    "incomplete": Rule(),
    "bad_request": Rule(),
    "auth": Rule(stops=True),
    "permission": Rule(stops=True),
    "quota": Rule(stops=True),
    "not_found": Rule(stops=True),
    "rate_limit": Rule(attempts=30),
    "server": Rule(attempts=6),
    "connection": Rule(attempts=3),
    "timeout": Rule(attempts=3),
    "malformed": Rule(attempts=3),
}
"""Every kind of outcome. Being asked to slow down is no failure, so it may be tried often; what was perhaps answered
and paid already (time-outs, answers that cannot be read) is tried seldom."""

QUOTA_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "billing_not_active",
    }
)
"""Codes of 429 that only a person can mend: never tried again."""

FILTER_CODES = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "invalid_prompt",
        "bio_policy",
        "misalignment_policy_violation",
        "ResponsibleAIPolicyViolation",
    }
)
"""Codes by which a service refuses what is in the input."""

SAME_FOR_ALL_CODES = frozenset(
    {"unsupported_parameter", "unsupported_value", "unknown_parameter", "model_not_found", "invalid_model"}
)
"""Codes of 400 that speak about the form of the request, which all calls of a run share."""

PER_ITEM_PARAMS = ("messages", "input", "tools", "prompt")
"""Beginnings of parameters that differ from item to item."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why a request brought nothing usable.

    `stops` is the kind where every further call would fail in the same way, else empty; `slow_down` asks for fewer
    calls at once; `unsent` says that the service never saw the request; `param` is the parameter that it names.
    """

    kind: str
    message: str
    retry: bool
    stops: str = ""
    slow_down: bool = False
    unsent: bool = False
    param: str = ""
    code: str = ""

    @property
    def attempts(self) -> int:
        """Most attempts that an outcome of this kind is worth; at least two where the service asks for another."""
        return max(2, RULES[self.kind].attempts) if self.retry else 1


def outcome(kind: str, message: str, *, slow_down: bool = False, unsent: bool = False) -> Outcome:
    """An outcome of a kind, met as the table says."""
    rule = RULES[kind]
    return Outcome(kind, message, rule.attempts > 1, kind if rule.stops else "", slow_down, unsent)


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """What an answer with a status other than 2xx means; header names in lower case."""
    code, kind_word, param, said = _service_words(body)
    kind = _kind(status, code, kind_word)
    message = f"HTTP {status}" + (f" {code}" if code else "") + (f": {said}" if said else "")
    if 300 <= status < 400:
        message = f"HTTP {status}: the service has moved; correct the profile's base_url"
    found = replace(
        outcome(kind, message, slow_down=status in (429, 503, 529) and kind != "quota"), param=param, code=code
    )
    if kind == "bad_request" and _is_for_all(code, param):
        found = replace(found, stops="bad_request")
    should = headers.get("x-should-retry", "").strip().lower()
    if should in ("true", "false") and kind != "quota":
        found = replace(found, retry=should == "true")
    return found


def classify_code(code: str, message: str) -> Outcome:
    """What an error inside an answer with status 200 means (a response that ended as ``failed``)."""
    text = one_line(f"{code}: {message}" if code else message, EXCERPT) or "an error without words"
    if code in QUOTA_CODES:
        return outcome("quota", text)
    if code in FILTER_CODES:
        return outcome("content_filter", text)
    if code == "rate_limit_exceeded":
        return outcome("rate_limit", text, slow_down=True)
    if code in SAME_FOR_ALL_CODES:
        return outcome("bad_request", text)
    return outcome("server", text)


def classify_exception(error: BaseException) -> Outcome:
    """What an exception of the client means; its own words are not shown, since they may hold anything."""
    chain: list[BaseException] = []
    seen: BaseException | None = error
    while seen is not None and len(chain) < 10:
        chain.append(seen)
        seen = seen.__cause__ or seen.__context__
    names = {kind.__name__ for one in chain for kind in type(one).__mro__}
    unsent = bool(names & {"ConnectError", "ConnectTimeout", "PoolTimeout"})
    if "TooLargeError" in names:
        return replace(outcome("malformed", "the answer is larger than any that is read"), retry=False)
    if "UndecodableError" in names:
        return outcome("malformed", "the answer is packed in a way that was not asked for, or is damaged")
    if names & {"ConnectTimeout", "PoolTimeout"}:
        return outcome("connection", "the service could not be reached in time", unsent=True)
    if names & {"TimeoutException", "APITimeoutError", "TimeoutError"}:
        return outcome("timeout", "no answer within the time of a call")
    if unsent:
        return outcome("connection", f"the service could not be reached{_system_words(chain)}", unsent=True)
    return outcome("connection", f"the connection broke before the answer was whole{_system_words(chain)}")


def _system_words(chain: list[BaseException]) -> str:
    """The operating system's words for a failed connection, such as "Connection refused"."""
    for one in chain:
        if isinstance(one, OSError) and one.strerror:
            return f": {one_line(str(one.strerror), 120)}"
    return ""


def _kind(status: int, code: str, kind_word: str) -> str:
    if code in QUOTA_CODES or kind_word == "insufficient_quota" or status == 402:
        return "quota"
    if status == 401 or code == "invalid_api_key":
        return "auth"
    if status == 403:
        return "permission"
    if code in FILTER_CODES and 400 <= status < 500:
        return "content_filter"
    if status in (404, 405, 410, 501) or 300 <= status < 400 or code == "model_not_found":
        return "not_found"
    if status == 408:
        return "timeout"
    if status == 429:
        return "rate_limit"
    if status == 409 or status >= 500:
        return "server"
    return "bad_request" if status >= 400 else "malformed"


def _is_for_all(code: str, param: str) -> bool:
    if param.startswith(PER_ITEM_PARAMS):
        return False
    return code in SAME_FOR_ALL_CODES or param == "model"


def _service_words(body: bytes) -> tuple[str, str, str, str]:
    """Code, type, parameter and message of an error's body; where it is no JSON, its beginning as the message."""
    try:
        value: Any = json.loads(body) if len(body) < 1_000_000 else None
    except (ValueError, RecursionError):
        value = None
    error = value.get("error", value) if isinstance(value, dict) else value
    if isinstance(error, str):
        return "", "", "", one_line(error, EXCERPT)
    if not isinstance(error, dict):
        return "", "", "", excerpt(body)
    code, kind, param = (_word(error.get(name)) for name in ("code", "type", "param"))
    said = error.get("message", error.get("detail"))
    return code, kind, param, one_line(said, EXCERPT) if isinstance(said, str) else ""


def _word(value: Any) -> str:
    return one_line(value, 100) if isinstance(value, str) else ""


def excerpt(body: bytes) -> str:
    """The beginning of a body on one line, safe to show."""
    return one_line(body[: 4 * EXCERPT].decode("utf-8", "replace"), EXCERPT // 2)
