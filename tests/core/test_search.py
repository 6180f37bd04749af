"""The search language: what is read into which tree, and what is refused where."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search import (
    And,
    Field,
    Not,
    Or,
    Period,
    Phrase,
    SearchError,
    Span,
    fold,
    parse,
    read_days,
    read_numbers,
    read_pattern,
)


def word(text: str, position: int = 0) -> Phrase:
    return Phrase(text, position)


def quoted(text: str, position: int = 0) -> Phrase:
    return Phrase(text, position, is_quoted=True)


@pytest.mark.parametrize("text", ["", " ", "\t \n", "\u00a0", "\u3000"])
def test_blank_is_nothing(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("office", word("office")),
        ("  office  ", word("office", 2)),
        ("red car", And((word("red"), word("car", 4)))),
        ("red\tcar", And((word("red"), word("car", 4)))),
        ("red\u00a0car", And((word("red"), word("car", 4)))),
        ('"red car"', quoted("red car")),
        ('"red car" bus', And((quoted("red car"), word("bus", 10)))),
        ("“red car”", quoted("red car")),
        ("„red car“", quoted("red car")),
        ("«red car»", quoted("red car")),
        ('"red"car', And((quoted("red"), word("car", 5)))),
        ("-red", Not(word("red", 1))),
        ("!red", Not(word("red", 1))),
        ("−red", Not(word("red", 1))),
        ("car -red", And((word("car"), Not(word("red", 5))))),
        ('-"red car"', Not(quoted("red car", 1))),
        ("--red", Not(word("-red", 1))),
        ("!-red", Not(word("-red", 1))),
        ("semi-final", word("semi-final")),
        ("what!", word("what!")),
        ("a OR b", Or((word("a"), word("b", 5)))),
        ("a b OR c", Or((And((word("a"), word("b", 2))), word("c", 7)))),
        ("a OR b c", Or((word("a"), And((word("b", 5), word("c", 7)))))),
        ("a OR b OR c", Or((word("a"), word("b", 5), word("c", 10)))),
        ("a OR -b", Or((word("a"), Not(word("b", 6))))),
        ("a or b", And((word("a"), word("or", 2), word("b", 5)))),
        ('a "OR" b', And((word("a"), quoted("OR", 2), word("b", 7)))),
        ("ORACLE", word("ORACLE")),
        ("-OR", Not(word("OR", 1))),
        ("100%", word("100%")),
        ("a_b", word("a_b")),
        (r"C:\temp", Field("C", r"\temp", 0)),
        (r"\%", word(r"\%")),
        ("it's", word("it's")),
        ('19"', word('19"')),
        ("'; DROP TABLE invoicing_invoice; --", None),
        ("(Ltd)", word("(Ltd)")),
        ("🧾", word("🧾")),
        ("🧾 kuitti", And((word("🧾"), word("kuitti", 2)))),
        ("12:30", word("12:30")),
        (":x", word(":x")),
        ("_x:1", word("_x:1")),
        ("location:homeoffice", Field("location", "homeoffice", 0)),
        ("location:", Field("location", "", 0)),
        ("location: x", And((Field("location", "", 0), word("x", 10)))),
        ('location:""', Field("location", "", 0)),
        ("location:~", Field("location", "~", 0)),
        ("location:*", Field("location", "*", 0)),
        ('location:"*"', Field("location", "*", 0, is_quoted=True)),
        ('location:"home office"', Field("location", "home office", 0, is_quoted=True)),
        ("location:a:b", Field("location", "a:b", 0)),
        ("cost-centre:4", Field("cost-centre", "4", 0)),
        ("Größe:XL", Field("Größe", "XL", 0)),
        ("-status:draft", Not(Field("status", "draft", 1))),
        ("!status:draft", Not(Field("status", "draft", 1))),
        ("amount:>1000", Field("amount", ">1000", 0)),
        ("amount:-5", Field("amount", "-5", 0)),
        ("number:2026-*", Field("number", "2026-*", 0)),
        (
            "location:homeoffice contract:fulltime",
            And((Field("location", "homeoffice", 0), Field("contract", "fulltime", 20))),
        ),
        (
            "location:homeoffice hello",
            And((Field("location", "homeoffice", 0), word("hello", 20))),
        ),
    ],
)
def test_trees(text: str, tree: object) -> None:
    if tree is None:
        tree = And((
            word("';"), word("DROP", 3), word("TABLE", 8), word("invoicing_invoice;", 14),
            Not(word("-", 34)),
        ))  # fmt: skip
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "bad", "sentence"),
    [
        ("-", 0, "-", "stands right behind this sign"),
        ("a - b", 2, "-", "stands right behind this sign"),
        ("a !", 2, "!", "stands right behind this sign"),
        ("OR", 0, "OR", "OR stands between two words"),
        ("OR a", 0, "OR", "OR stands between two words"),
        ("a OR", 2, "OR", "OR stands between two words"),
        ("a OR OR b", 5, "OR", "OR stands between two words"),
        ('"red car', 0, '"red', "is not closed"),
        ('a -"red car', 3, '"red', "is not closed"),
        ('a location:"home office', 2, 'location:"home', "is not closed"),
        ('""', 0, '""', "Nothing stands between"),
        ('a "  "', 2, '"  "', "Nothing stands between"),
        ("a b\0c", 2, "b�c", "no text can have"),
        ('"b\0c"', 0, '"b�c"', "no text can have"),
        ("x:b\0c", 0, "x:b�c", "no text can have"),
        ("a \ud83d", 2, "�", "no text can have"),
        ("a \u0301", 2, "\u0301", "An accent alone"),
        ("x" * 501, 500, "x", "at most 500 characters"),
        ("a " * 31, 60, "a", "at most 30"),
    ],
)
def test_refusals_name_the_word(text: str, position: int, bad: str, sentence: str) -> None:
    with pytest.raises(SearchError) as refused:
        parse(text)

    assert (refused.value.position, refused.value.word) == (position, bad)
    assert sentence in refused.value.sentence


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    _require_sound(text)


# What stands here is what the grammar is made of.
@given(st.text(alphabet="ab -!−\"“”:*~><=.OR\\%_'\0\u0301\t🧾1", max_size=60))
def test_any_use_of_the_signs_is_read_or_refused(text: str) -> None:
    _require_sound(text)


def _require_sound(text: str) -> None:
    refused: SearchError | None = None
    tree = None
    try:
        tree = parse(text)
    except SearchError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.position <= len(text)
        assert refused.sentence
        return
    for leaf in _leaves(tree):
        assert text[leaf.position :].startswith(
            f"{leaf.key}:" if isinstance(leaf, Field) else text[leaf.position]
        )
        if isinstance(leaf, Phrase):
            assert leaf.text.strip()
            assert leaf.text in text


def _leaves(tree: object) -> list[Phrase | Field]:
    match tree:
        case Phrase() | Field():
            return [tree]
        case Not(node):
            return _leaves(node)
        case And(nodes) | Or(nodes):
            return [leaf for node in nodes for leaf in _leaves(node)]
    return []


@given(st.lists(st.text(alphabet="abcäöß12", min_size=1, max_size=8), min_size=1, max_size=9))
def test_plain_words_come_out_as_they_went_in(words: list[str]) -> None:
    assert [leaf.text for leaf in _leaves(parse(" ".join(words))) if isinstance(leaf, Phrase)] == (
        words
    )


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1000", Span(Decimal(1000), Decimal(1000))),
        ("=1000", Span(Decimal(1000), Decimal(1000))),
        ("99,50", Span(Decimal("99.50"), Decimal("99.50"))),
        ("1.234,50", Span(Decimal("1234.50"), Decimal("1234.50"))),
        ("-5", Span(Decimal(-5), Decimal(-5))),
        (">1000", Span(low=Decimal(1000), is_over=True)),
        (">=1000", Span(low=Decimal(1000))),
        ("≥1000", Span(low=Decimal(1000))),
        ("<1000", Span(high=Decimal(1000), is_under=True)),
        ("<=-1000", Span(high=Decimal(-1000))),
        ("≤1", Span(high=Decimal(1))),
        ("100..200", Span(Decimal(100), Decimal(200))),
        ("100..", Span(low=Decimal(100))),
        ("..200", Span(high=Decimal(200))),
        ("-200..-100", Span(Decimal(-200), Decimal(-100))),
        ("1.5..2.5", Span(Decimal("1.5"), Decimal("2.5"))),
    ],
)
def test_numbers(text: str, span: Span) -> None:
    assert read_numbers(text) == span


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "“” is no number"),
        ("many", "“many” is no number"),
        (">", "“” is no number"),
        (">>5", "“>5” is no number"),
        ("1..2..3", "“2..3” is no number"),
        ("..", "beside the two dots"),
        (">1..2", "“1..2” is no number"),
        ("200..100", "Swap the two"),
        ("1" * 16, "larger than any amount"),
        ("1e9", "is no number"),
        ("NaN", "is no number"),
        ("Infinity", "is no number"),
    ],
)
def test_what_is_no_number(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read_numbers(text)


def period(first: str | None, last: str | None) -> Period:
    return Period(
        date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", period("2026-01-01", "2026-12-31")),
        ("2026-01", period("2026-01-01", "2026-01-31")),
        ("2026-1", period("2026-01-01", "2026-01-31")),
        ("2024-02", period("2024-02-01", "2024-02-29")),
        ("2026-*", period("2026-01-01", "2026-12-31")),
        ("2026-02-*", period("2026-02-01", "2026-02-28")),
        ("2026-01-15", period("2026-01-15", "2026-01-15")),
        ("=2026-01-15", period("2026-01-15", "2026-01-15")),
        ("15.1.2026", period("2026-01-15", "2026-01-15")),
        (">2026-01", period("2026-02-01", None)),
        (">=2026-01", period("2026-01-01", None)),
        ("<2026-11-01", period(None, "2026-10-31")),
        ("<2026", period(None, "2025-12-31")),
        ("<=2026-01", period(None, "2026-01-31")),
        ("2026-01..2026-03", period("2026-01-01", "2026-03-31")),
        ("2026..2026", period("2026-01-01", "2026-12-31")),
        ("1.1.2026..15.1.2026", period("2026-01-01", "2026-01-15")),
        ("2026-03..", period("2026-03-01", None)),
        ("..2026-03", period(None, "2026-03-31")),
    ],
)
def test_days(text: str, expected: Period) -> None:
    assert read_days(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "26", "2026-13", "2026-00", "2026-02-30", "2026-*-15", "0000", "31.2.2026",
        "2026-1-1-1", ">", "..x", "2026/01", "٢٠٢٦", ">9999", "<0001", "2026-01...2026-02",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_days(text)


@pytest.mark.parametrize("text", ["..", "2026-03..2026-01"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="two"):
        read_days(text)


@given(st.text(alphabet="0123456789-.*<>=≤≥ ,", max_size=24))
def test_values_are_read_or_refused(text: str) -> None:
    for reader in (read_numbers, read_days):
        try:
            reader(text)
        except ValueError as refused:
            assert str(refused)  # noqa: PT017 (either way is right)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("2026", None),
        ("2026-*", ["2026-", ""]),
        ("*-7", ["", "-7"]),
        ("A*b*C", ["a", "b", "c"]),
        ("a**b", ["a", "b"]),
        ("**", ["", ""]),
    ],
)
def test_patterns(text: str, pieces: list[str] | None) -> None:
    assert read_pattern(text) == pieces


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Äiti", "aiti"),
        ("A\u0308iti", "aiti"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Ångström", "angstrom"),
        ("Smørrebrød", "smorrebrod"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ısı", "isi"),
        ("ΟΔΟΣ", "οδοσ"),
        ("οδος", "οδοσ"),
        ("ﬁrma", "firma"),
        ("  two \t\n words ", "two words"),
        ("no\u00a0break", "no break"),
        ("100 %_\\", "100 %_\\"),
        ("🧾", "🧾"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
