"""Numbers as people and programs write them."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

_NUMBER = re.compile(r"[-−+]?(?:\d+|\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+)?(?:[.,]\d+)?")
_BLANKS = re.compile(r"[ '’\u00a0\u202f]")


def read_number(text: str, mark: str = "") -> Decimal:
    """1234.5, 1234,5, 1.234,5 and 1,234.5: with both signs, the last one divides.

    Where `mark` is known to divide, the other sign only groups thousands. Raises ValueError.
    """
    plain = text.replace("−", "-")
    if mark:
        other = "." if mark == "," else ","
        whole, divided, rest = plain.partition(mark)
        groups = whole.lstrip("+-").split(other)
        if groups[1:] and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:])):
            raise ValueError(text)
        if other in rest:
            raise ValueError(text)
        plain = whole.replace(other, "") + divided + rest
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        plain = plain.replace("," if comma < point else ".", "")
    if not _NUMBER.fullmatch(plain) or not any(sign.isdigit() for sign in plain):
        raise ValueError(text)
    return Decimal(_BLANKS.sub("", plain).replace(",", "."))


class DecimalMarks:
    """Which of comma and point divides, by the numbers of a file."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.is_open = False
        for text in texts:
            mark = mark_of(text)
            if mark is None:
                self.is_open = True
            elif mark:
                self.counts[mark] += 1

    @property
    def shown(self) -> str:
        """The one that numbers of the file show; nothing where none does, or both."""
        return next(iter(self.counts)) if len(self.counts) == 1 else ""

    @property
    def mark(self) -> str:
        """Nothing where the file leaves it open, or contradicts itself."""
        if len(self.counts) > 1:
            return ""
        return next(iter(self.counts), "" if self.is_open else ",")


def mark_of(text: str) -> str | None:
    """Nothing where there is no mark; None where the only one could mean either: 1.234."""
    digits = [sign for sign in text if sign.isdigit() or sign in ",."]
    plain = "".join(digits)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma < 0 and point < 0:
        return ""
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    mark, other = (",", ".") if comma >= 0 else (".", ",")
    if plain.count(mark) > 1:
        return other
    return None if len(plain) - plain.rfind(mark) == 4 else mark
