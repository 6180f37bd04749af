"""Many values as one parameter: PostgreSQL reads back what went in."""

from typing import Any

import pytest
from django.db import connection

from core.arrays import array_of, array_of_texts

HARD = [
    "",
    " ",
    "a,b",
    '"',
    "\\",
    '\\"',
    "{}",
    "NULL",
    "null",
    "ä\n€\t",
    "'; DROP",
    "%s %(x)s",
    "\x1f",
]


def read_back(kind: str, literal: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [literal])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("texts", [[], [""], HARD])
def test_texts(texts: list[str]) -> None:
    assert read_back("text", array_of_texts(texts)) == texts


@pytest.mark.django_db
@pytest.mark.parametrize("numbers", [[], [0], [-1, 2**40]])
def test_numbers(numbers: list[int]) -> None:
    assert read_back("bigint", array_of(numbers)) == numbers
