"""Numbers of invoices in what payers write: with other punctuation or none, several in one text."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.search.folding import fold
from invoicing.domain.references import is_rf_reference

_RUN = re.compile(r"[0-9]+|[a-z]+")
_RF = re.compile(r"\bRF\d\d[A-Z0-9]+\b", re.IGNORECASE)
# What holds numbers that are no invoice's: days, and accounts.
_OTHER = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b"
    r"|\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})\b"
    r"|\b(?!rf)[a-z]{2}\d{2}(?: ?\w{4}){3,7}\b"
)
# `2026-0001, 0002 and 3`: what may stand between.
_BETWEEN = frozenset({"und", "u", "ja", "och", "and", "sowie", "nr", "no"})
# So many runs of a text are put together for one number.
WIDEST = 6
# Fewer digits are written for a hundred other things.
STRONG_DIGITS, STRONG_WITHOUT_LETTERS = 5, 6


@dataclass(frozen=True, slots=True)
class Mention:
    """A number found. `is_strong` unless a street or a quantity could be written the same."""

    key: int
    is_strong: bool


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    start: int
    end: int


def runs_of(text: str) -> list[str]:
    return _RUN.findall(fold(text))


class NumberIndex:
    """Which of many numbers a text names; each is known by a key of the caller's."""

    def __init__(self, numbers: Iterable[tuple[str, int]]) -> None:
        self._exact: dict[str, set[int]] = defaultdict(set)
        self._digits: dict[str, set[int]] = defaultdict(set)
        # Runs without leading zeros: 2026-12 for 2026-0012.
        self._short: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self._shapes: set[tuple[str, ...]] = set()
        for number, key in numbers:
            runs = runs_of(number)
            digits = "".join(run for run in runs if run.isdigit())
            if not digits:
                continue
            self._exact["".join(runs)].add(key)
            if shape := _shape(runs):
                self._shapes.add(shape)
            if len(digits) >= STRONG_WITHOUT_LETTERS:
                self._shapes.add(_shape(run for run in runs if run.isdigit()))
            if digits != "".join(runs):
                self._digits[digits].add(key)
            self._short[tuple(_short(run) for run in runs)].add(key)

    def mentions(self, text: str) -> list[Mention]:
        """In the order of the text; one that two invoices could mean is none."""
        return self._look(text)[0]

    def has_stranger(self, text: str) -> bool:
        """Whether it bears what is written like one of the numbers and is none of them."""
        return self._look(text)[1]

    def _look(self, text: str) -> tuple[list[Mention], bool]:
        folded = fold(_RF.sub(_without_check, text))
        runs = [_Run(found[0], *found.span()) for found in _RUN.finditer(folded)]
        others = [found.span() for found in _OTHER.finditer(folded)]
        found: dict[int, Mention] = {}
        at, has_stranger = 0, False
        while at < len(runs):
            width, keys, is_strong = self._longest(runs, at, others)
            if not width:
                has_stranger = has_stranger or self._is_shaped(runs, at, others)
                at += 1
                continue
            self._keep(found, keys, is_strong=is_strong)
            after = at + width
            at = self._keep_tail(found, runs, at, after)
        return list(found.values()), has_stranger

    def _is_shaped(self, runs: list[_Run], at: int, others: list[tuple[int, int]]) -> bool:
        """2026-0011 beside 2026-0012, with other punctuation or none. Days are none."""
        for width in range(1, min(WIDEST, len(runs) - at) + 1):
            part = runs[at : at + width]
            if _within(part, others):
                continue
            shape = _shape([run.text for run in part])
            if shape in self._shapes or (width == 1 and self._is_joined(part[0].text)):
                return True
        return False

    def _is_joined(self, run: str) -> bool:
        """20260011: the parts of a number in one, unless it is a day."""
        if not run.isdigit() or _is_day(run):
            return False
        return any(
            sum(map(len, shape)) == len(run) and "".join(shape).isdigit()
            for shape in self._shapes
            if len(shape) > 1
        )

    def _longest(
        self, runs: list[_Run], at: int, others: list[tuple[int, int]]
    ) -> tuple[int, set[int], bool]:
        for width in range(min(WIDEST, len(runs) - at), 0, -1):
            part = runs[at : at + width]
            inside = _within(part, others)
            if inside == "piece":
                continue
            if keys := self._short.get(tuple(_short(run.text) for run in part)):
                exact = "".join(run.text for run in part) in self._exact
                digits = sum(len(run.text) for run in part if run.text.isdigit())
                return width, keys, exact and digits >= STRONG_DIGITS
            if inside:
                continue
            joined = "".join(run.text for run in part)
            digits = sum(len(run.text) for run in part if run.text.isdigit())
            if keys := self._exact.get(joined):
                return width, keys, digits >= STRONG_DIGITS
            if joined.isdigit() and (keys := self._digits.get(joined)):
                return width, keys, digits >= STRONG_WITHOUT_LETTERS
        return 0, set(), False

    def _keep_tail(self, found: dict[int, Mention], runs: list[_Run], at: int, after: int) -> int:
        """`2026-0001, 0002`: further ones that leave out what they share with the first."""
        if after - at < 2 or not runs[after - 1].text.isdigit():
            return after
        shared = "".join(run.text for run in runs[at : after - 1])
        length, place = len(runs[after - 1].text), after
        while place < len(runs):
            run = runs[place]
            if run.text in _BETWEEN:
                place += 1
                continue
            whole = shared + run.text
            keys = self._exact.get(whole) or self._digits.get(whole)
            follows = place + 1 < len(runs) and self._begins_another(runs, place)
            if len(run.text) != length or not keys or follows:
                break
            self._keep(found, keys, is_strong=True)
            place += 1
            after = place
        return after

    def _begins_another(self, runs: list[_Run], at: int) -> bool:
        pair = runs[at].text + runs[at + 1].text
        return pair in self._exact or pair in self._digits

    @staticmethod
    def _keep(found: dict[int, Mention], keys: set[int], *, is_strong: bool) -> None:
        if len(keys) == 1:
            (key,) = keys
            if key not in found or is_strong:
                found[key] = Mention(key, is_strong)


def words_of(text: str) -> set[str]:
    """What stands between blanks, without the punctuation at its ends, as somebody wrote it."""
    parts = re.split(r"[\s,;]+", text)
    words = {part.strip(".:()[]\"'#+*") for part in parts}
    return {word for word in words if 3 <= len(word) <= 40 and any(map(str.isdigit, word))}


def _shape(runs: Iterable[str]) -> tuple[str, ...]:
    """Letters as they are, of digits how many; nothing where that says too little."""
    runs = list(runs)
    if sum(len(run) for run in runs if run.isdigit()) < STRONG_DIGITS:
        return ()
    return tuple("0" * len(run) if run.isdigit() else run for run in runs)


def _is_day(run: str) -> bool:
    """20261117, or 17112026."""
    return any(_exists(run, order) for order in ("%Y%m%d", "%d%m%Y")) if len(run) == 8 else False


def _exists(run: str, order: str) -> bool:
    try:
        return 1990 <= datetime.strptime(run, order).year <= 2200  # noqa: DTZ007
    except ValueError:
        return False


def _short(run: str) -> str:
    return run.lstrip("0") or run


def _without_check(found: re.Match[str]) -> str:
    """RF182600013 names 2600013."""
    plain = found[0].upper()
    return f" {plain[4:].lstrip('0')} " if is_rf_reference(plain) else found[0]


def _within(part: list[_Run], others: list[tuple[int, int]]) -> str:
    """Whether it is a piece of a day or an account, or all of one, as a number may be written."""
    start, end = part[0].start, part[-1].end
    for first, last in others:
        if first <= start and end <= last:
            return "whole" if (start, end) == (first, last) else "piece"
    return ""
