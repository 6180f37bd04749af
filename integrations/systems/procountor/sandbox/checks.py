"""Reading a JSON body and finding everything that is wrong with it, not only the first thing."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.sandbox.web import dump

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
MAX_INT32 = 2**31 - 1


@dataclass
class Findings:
    """Violations refuse the request; notes only show on the sandbox's page."""

    violations: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, path: str, message: str) -> None:
        """A message in capitals is a code of the system; anything else becomes its sentence."""
        is_code = re.fullmatch(r"[A-Z_]+", message)
        sentence = message if is_code else f"Value of the '{path}' field is invalid: {message}"
        self.violations.append((path, sentence))

    def add_general(self, code: str) -> None:
        self.violations.append(("", code))


class Fields:
    """One JSON object, its fields read by name."""

    def __init__(self, data: Any, path: str, findings: Findings) -> None:
        self.findings = findings
        self.path = path
        self._read: set[str] = set()
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self.findings.add(path or "body", "must be an object")

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, message: str) -> None:
        self.findings.add(self.at(name), message)

    def value(self, name: str, *, required: bool = False) -> Any:
        self._read.add(name)
        value = self.data.get(name)
        if value is None and required:
            self.refuse(name, "must not be null")
        return value

    def text(
        self, name: str, high: int | None = None, *, low: int = 0, required: bool = False
    ) -> str | None:
        value = self.value(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(name, "must be a string")
            return None
        if required and not value.strip():
            self.refuse(name, "must not be blank")
        elif len(value) < low or (high is not None and len(value) > high):
            self.refuse(name, f"size must be between {low} and {high}")
        return value

    def choice(self, name: str, choices: Collection[str], *, required: bool = False) -> str | None:
        value = self.value(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str) or value not in choices:
            self.refuse(name, f"{_shown(value)} is not an accepted value")
            return None
        return value

    def email(self, name: str, *, required: bool = False) -> str | None:
        value = self.text(name, 256, required=required)
        if value and not EMAIL.fullmatch(value):
            self.refuse(name, "must be a well-formed email address")
        return value

    def boolean(self, name: str, *, required: bool = False) -> bool | None:
        value = self.value(name, required=required)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, "must be true or false")
            return None
        return value

    def integer(self, name: str, *, required: bool = False) -> int | None:
        value = self.value(name, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INT32:
            self.refuse(name, "must be an integer")
            return None
        return value

    def number(
        self,
        name: str,
        *,
        required: bool = False,
        low: int | None = None,
        high: int | None = None,
        scale: int | None = None,
    ) -> Decimal | None:
        value = self.value(name, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.refuse(name, "must be a number")
            return None
        number = Decimal(value)
        if number.adjusted() > 15 or number.adjusted() < -15:
            self.refuse(name, "numeric value out of bounds")
            return None
        exponent = number.normalize().as_tuple().exponent
        if low is not None and number < low:
            self.refuse(name, f"must be greater than or equal to {low}")
        elif high is not None and number > high:
            self.refuse(name, f"must be less than or equal to {high}")
        elif scale is not None and isinstance(exponent, int) and -exponent > scale:
            self.refuse(name, f"numeric value out of bounds (at most {scale} decimals expected)")
        else:
            return number
        return None

    def day(self, name: str, *, required: bool = False) -> date | None:
        value = self.value(name, required=required)
        if value is None:
            return None
        day = read_day(value)
        if day is None:
            self.refuse(name, "must be a date in the form YYYY-MM-DD")
        return day

    def object(self, name: str, *, required: bool = False) -> "Fields | None":
        value = self.value(name, required=required)
        return None if value is None else Fields(value, self.at(name), self.findings)

    def objects(self, name: str, *, low: int = 0, high: int | None = None) -> "list[Fields]":
        value = self.value(name, required=low > 0)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(name, "must be an array")
            return []
        if len(value) < low or (high is not None and len(value) > high):
            self.refuse(name, f"size must be between {low} and {high or 'any'}")
        return [
            Fields(item, f"{self.at(name)}[{index}]", self.findings)
            for index, item in enumerate(value)
        ]

    def ignore(self, names: Iterable[str]) -> None:
        self._read.update(names)

    def known(self) -> list[str]:
        return [name for name in self.data if name in self._read]

    def finish(self) -> None:
        """Note what nobody read: the real service may drop it without a word."""
        for name in self.data.keys() - self._read:
            self.findings.notes.append(f"“{self.at(name)}” is not a field that is known here.")


def read_day(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def check_letters(value: Any, path: str, findings: Findings) -> None:
    """Only what Windows-1252 has is accepted, wherever it stands."""
    if isinstance(value, dict):
        for name, item in value.items():
            check_letters(item, f"{path}.{name}" if path else str(name), findings)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_letters(item, f"{path}[{index}]", findings)
    elif isinstance(value, str):
        bad = sorted({letter for letter in value if not _is_in_windows_1252(letter)})
        if bad:
            shown = " ".join(f"U+{ord(letter):04X}" for letter in bad)
            findings.add(path, f"contains characters outside Windows-1252 ({shown})")


def _is_in_windows_1252(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def is_business_id(text: str) -> bool:
    """Finnish: seven digits and a check digit, as in 1967543-8."""
    if not re.fullmatch(r"\d{7}-\d", text):
        return False
    rest = (
        sum(
            int(digit) * weight for digit, weight in zip(text, (7, 9, 10, 5, 8, 4, 2), strict=False)
        )
        % 11
    )
    return rest != 1 and int(text[8]) == (11 - rest) % 11


def is_personal_id(text: str) -> bool:
    return bool(re.fullmatch(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", text))


def is_tax_code(text: str) -> bool:
    if text.startswith("FI"):
        return bool(re.fullmatch(r"FI\d{8}", text)) and is_business_id(f"{text[2:9]}-{text[9]}")
    return bool(re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", text))


def finnish_reference(digits: str) -> str:
    """With its check digit: weights 7, 3, 1 from the right."""
    total = sum(int(digit) * (7, 3, 1)[index % 3] for index, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def is_finnish_reference(text: str) -> bool:
    return bool(re.fullmatch(r"0*[1-9]\d{3,19}", text)) and finnish_reference(text[:-1]) == text


def rf_reference(reference: str) -> str:
    number = int("".join(str(int(letter, 36)) for letter in f"{reference}RF00"))
    return f"RF{98 - number % 97:02d}{reference}"


def is_rf_reference(text: str) -> bool:
    if not re.fullmatch(r"RF\d\d[0-9A-Z]{1,21}", text):
        return False
    return rf_reference(text[4:]) == text


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else dump(value)
