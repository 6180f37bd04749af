"""What is wrong with an e-invoice, in words for whoever can mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """`rule` is the id in the rules it comes from, of ours one that begins with LK."""

    rule: str
    text: str
    severity: Severity = Severity.ERROR
    # Where in the file, as the rules say it.
    location: str = ""


class NotReadable(ValueError):
    """The file is no XML that we take: damaged, or with a document type and its entities."""


class RulesNotAvailable(RuntimeError):
    """The official rules gave no verdict, which is not the same as being content."""
