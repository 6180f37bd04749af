import pytest

from invoicing.domain.composing.texts import (
    LENGTH,
    PLACEHOLDERS,
    Wording,
    check_pattern,
    joined,
    tidy,
)
from invoicing.errors import PatternEmpty, PatternUnclear, PlaceholderUnknown
from tests.composing.works import work

WORKS = [
    work(90, day=5, task=1, description="Logo", rate="95.50", order="PO 7", tags=("Night",)),
    work(40, day=14, task=2, member=2, description="Fixes", tags=("Night", "On call")),
]


@pytest.mark.parametrize(
    ("pattern", "language", "text"),
    [
        (
            "{project} · {task} ({from}–{to})",
            "fi",
            "Website · Design, Tests (5.10.2026–14.10.2026)",
        ),
        (
            "{project} · {task} ({from}–{to})",
            "de",
            "Website · Design, Tests (05.10.2026–14.10.2026)",
        ),
        ("{from} {to}", "sv", "2026-10-05 2026-10-14"),
        ("{from}", "en", "5 Oct 2026"),
        ("{person}", "en", "Aino, Pekka"),
        ("{tags}", "en", "Night, On call"),
        ("{description}", "en", "Logo, Fixes"),
        ("{customer} {project_number} {order}", "en", "Metsä Oy P-1 PO 7"),
        ("{week}", "fi", "Viikko 41/2026, Viikko 42/2026"),
        ("{week}", "de", "KW 41/2026, KW 42/2026"),
        ("{month}", "fi", "lokakuu 2026"),
        ("{month}", "de", "Oktober 2026"),
        ("{year}", "en", "2026"),
        ("{hours} h", "en", "2:10 h"),
        ("{date}", "fi", "5.10.2026, 14.10.2026"),
        ("{rate}", "en", "€95.50/h, €100.00/h"),
        ("{ project }", "en", "Website"),
        ("Just words", "en", "Just words"),
    ],
)
def test_placeholders(pattern: str, language: str, text: str) -> None:
    assert Wording(language, "EUR").fill(pattern, WORKS, 130) == text


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_placeholder_is_known_and_filled(name: str) -> None:
    check_pattern(f"{{{name}}}")
    assert "{" not in Wording("en", "EUR").fill(f"{{{name}}}", WORKS, 130)


def test_an_unknown_placeholder_is_named_with_those_there_are() -> None:
    with pytest.raises(PlaceholderUnknown) as refused:
        check_pattern("{project} {projekt}")
    assert str(refused.value).startswith("There is no placeholder {projekt}. There are: project,")


@pytest.mark.parametrize("pattern", ["{project", "project}", "{{project}}", "{pro{ject}"])
def test_a_brace_alone_is_refused(pattern: str) -> None:
    with pytest.raises((PatternUnclear, PlaceholderUnknown)):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["", "   "])
def test_a_pattern_says_something(pattern: str) -> None:
    with pytest.raises(PatternEmpty):
        check_pattern(pattern)


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("Website ·  · Aino", "Website · · Aino"),
        ("Website · ", "Website"),
        (" · Aino", "Aino"),
        ("two\nlines", "two lines"),
        ("x" * LENGTH, "x" * LENGTH),
        ("x" * (LENGTH + 1), "x" * (LENGTH - 1) + "…"),
    ],
)
def test_texts_are_tidied(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


def test_names_are_told_once_in_the_order_of_their_first() -> None:
    assert joined(["b", "", "a", "b"]) == "b, a"


def test_what_stands_in_a_text_is_no_placeholder() -> None:
    text = Wording("en", "EUR").fill("{description}", [work(description="{rate} {x}")], 60)
    assert text == "{rate} {x}"
