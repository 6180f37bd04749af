"""From a tree of the search language to rows of the archive's index.

Where the words are rare, the trigram index gives the keys of all that can match, and only those
rows are looked at. Where they are common, nothing is quicker than looking at every row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.search import And, Field, Node, Not, Or, Phrase, SearchError, fold, parse, read_pattern
from customers.models import CustomField
from invoicing.models import DocumentIndex
from invoicing.selectors.conditions import AmongKeys, contains, escaped, special_of
from invoicing.selectors.search_keys import KEYS, Asking, condition
from tenants.models import Membership

# Fewer letters make no trigram; these two are found by those that they make with what follows.
SHORTEST = 3
PAIR = re.compile("[a-z0-9]{2}")
# More keys cost more than looking at every row.
MOST_KEYS = 5000
MOST_BRANCHES = 4
PATTERNS = 3
# Kinds of own fields that are looked for as a part of what is filled in.
TEXTS = (
    CustomField.Kind.TEXT,
    CustomField.Kind.LONG_TEXT,
    CustomField.Kind.URL,
    CustomField.Kind.EMAIL,
)
# Written differently in the index's text of the fields.
ESCAPED = re.compile(r'["\\\x00-\x1f]')


class Place(StrEnum):
    """Which of the index's texts has trigrams."""

    BODY = "body"
    FIELDS = "fields"


@dataclass(frozen=True)
class Branch:
    """Words that all have to occur in this text of whatever matches."""

    place: Place
    words: list[str]


@dataclass(frozen=True)
class Search:
    """What a search asks for; `keys` are all documents that can match, where they are few."""

    wanted: Q
    keys: list[int] | None

    def applied(self, rows: QuerySet[DocumentIndex]) -> QuerySet[DocumentIndex]:
        if self.keys is not None:
            rows = rows.filter(AmongKeys("invoice_id", self.keys))
        return rows.filter(self.wanted)


def understood(typed: str, *, membership: Membership, on: date) -> Search | None:
    """None for nothing but gaps; raises SearchError."""
    tree = parse(typed)
    if tree is None:
        return None
    asking = Asking(membership, on)
    wanted = _condition(tree, asking)
    return Search(wanted, _candidates(_branches(tree, asking)))


def searched(
    rows: QuerySet[DocumentIndex], typed: str, *, membership: Membership, on: date
) -> QuerySet[DocumentIndex]:
    """The rows that the search finds; raises SearchError."""
    search = understood(typed, membership=membership, on=on)
    return rows if search is None else search.applied(rows)


def asks_for(typed: str, key: str) -> bool:
    """Whether a text that can be read asks for `key:` anywhere."""
    try:
        tree = parse(typed)
    except SearchError:
        return False
    return any(field.key.lower() == key for field in _fields(tree))


def _fields(node: Node | None) -> Iterator[Field]:
    match node:
        case Field():
            yield node
        case Not(inner):
            yield from _fields(inner)
        case And(nodes) | Or(nodes):
            for one in nodes:
                yield from _fields(one)


def _condition(node: Node, asking: Asking) -> Q:
    match node:
        case Phrase():
            return contains("body", _folded(node))
        case Field():
            return condition(node, asking)
        case Not(inner):
            return ~_condition(inner, asking)
        case And(nodes):
            found = Q()
            for one in nodes:
                found &= _condition(one, asking)
            return found
        case Or(nodes):
            found = _condition(nodes[0], asking)
            for one in nodes[1:]:
                found |= _condition(one, asking)
            return found


def _folded(phrase: Phrase) -> str:
    plain = fold(phrase.text)
    if not plain:
        raise SearchError(
            phrase.position, phrase.text, _("This is found nowhere. Write a letter or a digit.")
        )
    return plain


def _branches(node: Node, asking: Asking) -> list[Branch]:
    """What has to occur: in a match, all words of at least one branch. [] says nothing of it."""
    match node:
        case Phrase():
            return _branch(Place.BODY, fold(node.text))
        case Field(key=key) if key.lower() in ("customer", "number", "reference"):
            return _branch(Place.BODY, *_pieces(node))
        case Field() if _is_text_of_document(node, asking):
            word = fold(node.value)
            return [] if ESCAPED.search(word) else _branch(Place.FIELDS, word)
        case And(nodes):
            # Inside stand single words only.
            inside = [branch for one in nodes for branch in _branches(one, asking)]
            for place in Place:
                if words := [word for one in inside if one.place == place for word in one.words]:
                    return [Branch(place, words)]
        case Or(nodes):
            each = [_branches(one, asking) for one in nodes]
            return [branch for one in each for branch in one] if all(each) else []
    return []


def _is_text_of_document(field: Field, asking: Asking) -> bool:
    key = field.key.lower()
    own = None if key in KEYS else asking.custom_fields.get(key)
    return (
        own is not None
        and own.target == CustomField.Target.DOCUMENT
        and own.kind in TEXTS
        and special_of(field) is None
    )


def _pieces(field: Field) -> list[str]:
    """These keys look into texts that plain words look into as well."""
    if special_of(field) is not None:
        return []
    pieces = None if field.is_quoted else read_pattern(field.value)
    return pieces if pieces is not None else [fold(field.value)]


def _branch(place: Place, *words: str) -> list[Branch]:
    helpful = [word for word in words if len(word) >= SHORTEST]
    if not helpful and place == Place.BODY:
        helpful = [word for word in words if PAIR.fullmatch(word)]
    return [Branch(place, helpful)] if helpful else []


def _candidates(branches: list[Branch]) -> list[int] | None:
    """The keys of all documents that can match; None where that would be no help."""
    if not 0 < len(branches) <= MOST_BRANCHES:
        return None
    calls = ", ".join(["invoicing_documents_like(%s, %s, %s)"] * len(branches))
    values = [
        value for one in branches for value in (_patterns(one.words), MOST_KEYS, one.place.value)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", values)
        found = cursor.fetchone()
    if any(keys is None for keys in found):
        return None
    return sorted({key for keys in found for key in keys})


def _patterns(words: list[str]) -> list[str]:
    return [f"%{escaped(word)}%" for word in sorted(words, key=len, reverse=True)[:PATTERNS]]
