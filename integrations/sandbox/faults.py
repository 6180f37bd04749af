"""What a sandbox can be told to do wrong, how often and for which requests."""

import itertools
import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

type Body = Literal["json", "html", "empty"]

KINDS = {
    "refuse": "Refuse with a validation error",
    "timeout_before": "Time out, nothing stored",
    "timeout_after": "Time out, although stored",
    "drop_before": "Drop the connection, nothing stored",
    "drop_after": "Drop the connection, although stored",
    "error_before": "Server error, nothing stored",
    "error_after": "Server error, although stored",
    "rate_limit": "Too many requests",
    "slow": "Answer slowly",
    "repeat": "Let the request arrive twice",
    "answer_twice": "Send the answer twice",
    "expire_tokens": "Let the access tokens expire",
    "revoke": "Revoke the credentials",
}
STATUS = {"refuse": 400, "error_before": 500, "error_after": 500}
SECONDS = {"timeout_before": 30.0, "timeout_after": 30.0, "slow": 3.0}
BODIES = ("json", "html", "empty")
METHODS = ("*", "GET", "POST", "PUT", "PATCH", "DELETE")


class BadFault(ValueError):
    """A fault that cannot be set, with the sentence why."""


@dataclass
class Fault:
    """`times` None: until cleared. `path` is a pattern, where `*` stands for anything. Of a hundred
    requests that it fits, it is for `chance`; drawn from `seed`, so that they are the same ones in
    the next run."""

    id: int
    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    status: int = 0
    message: str = ""
    field: str = ""
    body: str = "json"
    seconds: float = 0
    retry_after: int | None = 2
    chance: float = 100
    seed: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 (no secret)

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    def matches(self, method: str, path: str) -> bool:
        fits = self.method in ("*", method) and fnmatchcase(path, self.path)
        return fits and (self.chance >= 100 or self._random.random() * 100 < self.chance)


class FaultBook:
    """Faults in the order they were set; the first that matches a request is used."""

    def __init__(self, *, token_path: str) -> None:
        self._token_path = token_path
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: list[Fault] = []

    def add(self, fields: Mapping[str, Any]) -> Fault:
        fault = _read(next(self._numbers), fields)
        with self._lock:
            self._faults.append(fault)
        return fault

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def describe(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.all()]

    def clear(self, number: int | None = None) -> bool:
        with self._lock:
            before = len(self._faults)
            self._faults = [
                fault for fault in self._faults if number is not None and fault.id != number
            ]
            return len(self._faults) < before

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by one."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == "expire_tokens" and path == self._token_path:
                    continue  # a token asked for now would be new
                if fault.matches(method, path):
                    fault.hits += 1
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self._faults.remove(fault)
                    return fault
        return None


def parse(text: str) -> dict[str, str]:
    """`timeout_after,method=POST,path=/invoices,times=2` as fields."""
    kind, *settings = text.split(",")
    fields = {"kind": kind.strip()}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise BadFault(f"“{setting}” is not a setting; write name=value.")
        fields[name.strip()] = value.strip()
    return fields


def _read(number: int, fields: Mapping[str, Any]) -> Fault:
    unknown = set(fields) - {
        "kind", "method", "path", "times", "status", "message", "field", "body", "seconds",
        "retry_after", "chance", "seed",
    }  # fmt: skip
    if unknown:
        raise BadFault(f"A fault has no “{sorted(unknown)[0]}”.")
    kind = str(fields.get("kind", ""))
    if kind not in KINDS:
        raise BadFault(f"“{kind}” is no kind of fault; choose one of {', '.join(KINDS)}.")
    method = str(fields.get("method") or "*").upper()
    if method not in METHODS:
        raise BadFault(f"“{method}” is no method; choose one of {', '.join(METHODS)}.")
    body = str(fields.get("body") or "json")
    if body not in BODIES:
        raise BadFault(f"“{body}” is no body; choose one of {', '.join(BODIES)}.")
    return Fault(
        id=number,
        kind=kind,
        method=method,
        path=str(fields.get("path") or "*"),
        times=_times(kind, fields.get("times")),
        # Some systems refuse with 200 and say so in the body.
        status=_number(
            fields, "status", STATUS.get(kind, 0), 200 if kind == "refuse" else 400, 599
        ),
        message=str(fields.get("message") or ""),
        field=str(fields.get("field") or ""),
        body=body,
        seconds=_decimal("seconds", fields.get("seconds"), SECONDS.get(kind, 0), 600),
        retry_after=_retry_after(fields),
        chance=_decimal("chance", fields.get("chance"), 100, 100),
        seed=_number(fields, "seed", number, 0, 999_999_999),
    )


def _times(kind: str, value: Any) -> int | None:
    if value in (None, ""):
        return None if kind == "revoke" else 1
    if str(value) == "always":
        return None
    return _number({"times": value}, "times", 1, 1, 100_000)


def _retry_after(fields: Mapping[str, Any]) -> int | None:
    if str(fields.get("retry_after")) == "none":
        return None
    return _number(fields, "retry_after", 2, 0, 86_400)


def _number(fields: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = fields.get(name)
    if value in (None, ""):
        return default
    text = str(value)
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        raise BadFault(f"{name} is a whole number from {low} to {high}, not “{text}”.")
    return int(text)


def _decimal(name: str, value: Any, default: float, most: int) -> float:
    if value in (None, ""):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number <= most:
        raise BadFault(f"{name} is a number from 0 to {most}, not “{value}”.")
    return number
