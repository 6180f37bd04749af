"""Whether two names are the same company's or person's, as banks write them.

Banks cut names off, write them without umlauts or legal form, and put last names first.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from core.search.folding import fold

SIMILAR = 0.86
WORD_SIMILAR = 0.75
# A cut-off name says at least so much.
SHORTEST_CUT = 12
_FORMS = frozenset(
    {
        "oy", "oyj", "ab", "abp", "ky", "ay", "tmi", "ry", "rs", "osk", "gmbh", "mbh", "ag", "kg",
        "kgaa", "ohg", "ug", "gbr", "se", "ev", "eg", "co", "ltd", "limited", "inc", "llc", "plc",
        "as", "asa", "aps", "hb", "sa", "sarl", "srl", "spa", "bv", "nv", "ou", "sp", "zoo", "und",
        "ja", "och", "and", "the", "herr", "frau", "haftungsbeschrankt", "asunto",
    }
)  # fmt: skip
_DROPPED = re.compile("[.'’`´]")
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})


@lru_cache(maxsize=50_000)
def variants_of(name: str) -> tuple[tuple[str, ...], ...]:
    """Its words, once with umlauts as plain letters and once spelled out, without legal forms."""
    spelled = name.lower().translate(_SPELLED)
    return tuple(dict.fromkeys((_words(name), _words(spelled))))


def _words(name: str) -> tuple[str, ...]:
    plain = "".join(sign if sign.isalnum() else " " for sign in _DROPPED.sub("", fold(name)))
    words = plain.split()
    return tuple(word for word in words if word not in _FORMS) or tuple(words)


@lru_cache(maxsize=50_000)
def similarity(first: str, second: str) -> float:
    """1.0 the same, below `SIMILAR` somebody else."""
    first, second = sorted((first, second))
    pairs = ((one, two) for one in variants_of(first) for two in variants_of(second))
    return max((_alike(one, two) for one, two in pairs), default=0.0)


def _alike(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    if not first or not second:
        return 0.0
    if sorted(first) == sorted(second):
        return 1.0
    joined, other = " ".join(first), " ".join(second)
    short, long = sorted((joined, other), key=len)
    if len(short) >= SHORTEST_CUT and long.startswith(short):
        return 0.95
    fewer, more = sorted((set(first), set(second)), key=len)
    if len(fewer) >= 2 and fewer <= more and sum(map(len, fewer)) >= SHORTEST_CUT - 2:
        return 0.9
    whole = max(_ratio(joined, other), _ratio(" ".join(sorted(first)), " ".join(sorted(second))))
    # As Oy Kuusikko 1 and 2, Matti and Maija of one family: one word tells them apart.
    numbers = [{word for word in words if word.isdigit()} for words in (first, second)]
    if numbers[0] != numbers[1] or _strangest(first, second) < WORD_SIMILAR:
        return min(whole, SIMILAR - 0.01)
    return whole


def _strangest(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    """How much the word of the shorter name that fits least is like one of the other."""
    fewer, more = sorted((first, second), key=lambda words: (len(words), words))
    return min(max(_ratio(word, other) for other in more) for word in fewer)


def _ratio(first: str, second: str) -> float:
    """The same both ways, which the library's own is not."""
    first, second = sorted((first, second))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


class NameIndex:
    """Whose name is like a given one, among thousands."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._by_start: dict[str, set[int]] = defaultdict(set)
        for key, name in names.items():
            for start in _starts(name):
                self._by_start[start].add(key)
        self._known: dict[str, list[int]] = {}

    def like(self, name: str) -> list[int]:
        """The keys of similar names, the most similar first."""
        if name not in self._known:
            near = set().union(*(self._by_start.get(start, ()) for start in _starts(name)))
            rated = [(similarity(name, self._names[key]), key) for key in near]
            kept = sorted((rate, key) for rate, key in rated if rate >= SIMILAR)
            self._known[name] = [key for _rate, key in reversed(kept)]
        return self._known[name]


def _starts(name: str) -> Iterable[str]:
    return {word[:4] for words in variants_of(name) for word in words if len(word) >= 2}
