"""Words, phrases, `-word`, `a OR b` and `key:value`, read into a tree.

OR binds weaker than words side by side: `red car OR bicycle` is (red and car) or bicycle. Every
text gives a tree, or None when it is blank, or a `SearchError` that names the place.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

LONGEST = 500
MOST_TERMS = 30
# Telephones turn straight quotation marks into these.
QUOTES = '"“”„‟«»'
EXCLUDING = "-!−"
_KEY = re.compile(r"[^\W\d_][\w.-]*(?=:)")


class SearchError(Exception):
    """What is wrong, with which word, and where it begins."""

    def __init__(self, position: int, word: str, sentence: str) -> None:
        self.position, self.word, self.sentence = position, word, sentence
        super().__init__(sentence)


@dataclass(frozen=True)
class Phrase:
    """A word, or several that have to stand together."""

    text: str
    position: int
    is_quoted: bool = False


@dataclass(frozen=True)
class Field:
    """`key:value`. A quoted value is a text and nothing else."""

    key: str
    value: str
    position: int
    is_quoted: bool = False

    @property
    def word(self) -> str:
        """As it was typed, to be named in a refusal."""
        return f'{self.key}:"{self.value}"' if self.is_quoted else f"{self.key}:{self.value}"

    def error(self, sentence: Any) -> SearchError:
        return SearchError(self.position, self.word, str(sentence))


@dataclass(frozen=True)
class Not:
    node: "Phrase | Field"


@dataclass(frozen=True)
class And:
    nodes: "tuple[Node, ...]"


@dataclass(frozen=True)
class Or:
    nodes: "tuple[Node, ...]"


type Node = Phrase | Field | Not | And | Or


@dataclass(frozen=True)
class _Either:
    """The word OR between two alternatives."""

    position: int


def parse(text: str) -> Node | None:
    """Read what was typed; raises SearchError."""
    if len(text) > LONGEST:
        raise SearchError(
            LONGEST,
            text[LONGEST : LONGEST + 20],
            _("This is too long to search for. Leave at most %(most)s characters.")
            % {"most": LONGEST},
        )
    terms = list(_Reader(text).terms())
    if len(terms) > MOST_TERMS:
        too_many = terms[MOST_TERMS]
        position = (too_many.node if isinstance(too_many, Not) else too_many).position
        raise SearchError(
            position,
            text[position:].split(maxsplit=1)[0],
            _("These are too many words. Leave at most %(most)s.") % {"most": MOST_TERMS},
        )
    return _tree(terms)


def _tree(terms: Sequence["Phrase | Field | Not | _Either"]) -> Node | None:
    alternatives: list[list[Node]] = [[]]
    either: _Either | None = None
    for term in terms:
        if not isinstance(term, _Either):
            alternatives[-1].append(term)
            continue
        if not alternatives[-1]:
            raise _dangling(term)
        alternatives.append([])
        either = term
    if either is not None and not alternatives[-1]:
        raise _dangling(either)
    if not alternatives[0]:
        return None
    groups: list[Node] = [
        nodes[0] if len(nodes) == 1 else And(tuple(nodes)) for nodes in alternatives
    ]
    return groups[0] if len(groups) == 1 else Or(tuple(groups))


def _dangling(either: _Either) -> SearchError:
    return SearchError(
        either.position,
        "OR",
        _("OR stands between two words. Write one on each side, or put OR in quotation marks."),
    )


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def terms(self) -> "list[Phrase | Field | Not | _Either]":
        found: list[Phrase | Field | Not | _Either] = []
        while self._skip_gap():
            found.append(self._term())
        return found

    def _skip_gap(self) -> bool:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at < len(self.text)

    def _term(self) -> "Phrase | Field | Not | _Either":
        start = self.at
        if self.text[start] in EXCLUDING:
            self.at += 1
            if self.at == len(self.text) or self.text[self.at].isspace():
                raise SearchError(
                    start,
                    self.text[start],
                    _(
                        "A word to be left out stands right behind this sign: -word. To find the "
                        "sign itself, put it in quotation marks."
                    ),
                )
            return Not(self._plain())
        term = self._plain()
        if isinstance(term, Phrase) and not term.is_quoted and term.text == "OR":
            return _Either(start)
        return term

    def _plain(self) -> Phrase | Field:
        start = self.at
        key = _KEY.match(self.text, self.at)
        if key is not None:
            self.at = key.end() + 1
            value, is_quoted = self._value(start)
            # Nothing in quotation marks is nothing: `location:""` is `location:`.
            return Field(key.group(), value, start, is_quoted and bool(value.strip()))
        value, is_quoted = self._value(start)
        if is_quoted and not value.strip():
            raise SearchError(
                start, self.text[start : self.at], _("Nothing stands between the quotation marks.")
            )
        return Phrase(value, start, is_quoted)

    def _value(self, start: int) -> tuple[str, bool]:
        """Up to the next gap, or to the closing quotation mark."""
        is_quoted = self.at < len(self.text) and self.text[self.at] in QUOTES
        value = self._quoted(start) if is_quoted else self._bare()
        _require_readable(value, start, self.text[start : self.at])
        return value.strip(), is_quoted

    def _bare(self) -> str:
        start = self.at
        while self.at < len(self.text) and not self.text[self.at].isspace():
            self.at += 1
        return self.text[start : self.at]

    def _quoted(self, start: int) -> str:
        self.at += 1
        begin = self.at
        while self.at < len(self.text) and self.text[self.at] not in QUOTES:
            self.at += 1
        if self.at == len(self.text):
            raise SearchError(
                start,
                self.text[start:].split(maxsplit=1)[0],
                _("This quotation mark is not closed. Write another one behind the last word."),
            )
        self.at += 1
        return self.text[begin : self.at - 1]


def _require_readable(value: str, position: int, word: str) -> None:
    for letter in value:
        # PostgreSQL stores neither, so nothing could be found.
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            raise SearchError(
                position,
                word.replace(letter, "�"),
                _("There is a character in this word that no text can have. Type it again."),
            )
    if value.strip() and all(unicodedata.combining(letter) for letter in value.strip()):
        raise SearchError(position, word, _("An accent alone is found nowhere. Add a letter."))
