"""Whatever somebody made of a file by hand: it is filled, or refused with a sentence."""

import contextlib
import random
import re

import pytest

from invoicing.templating import office
from invoicing.templating.errors import TemplateRefusedError
from tests.office.files import changed, data, line, sample, sheet_of, word_text
from tests.office.test_ods import row
from tests.office.test_ods import sheet_of as ods_of

PARTS = {
    "docx": ("word/document.xml", "word/settings.xml", "word/header1.xml", "[Content_Types].xml"),
    "xlsx": (
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
    ),
    "ods": ("content.xml", "styles.xml", "META-INF/manifest.xml"),
}
STRANGE = (
    "",
    "x",
    "-1",
    "99999999999999999999",
    "A",
    "ZZZZ1",
    "A0",
    "A1:",
    "${",
    "${line.text}",
    "é",
)


def spoilt(part: bytes, chance: random.Random) -> bytes:
    """With some attributes, texts or elements that are not as they were."""
    text = part.decode()
    for _change in range(chance.randint(1, 4)):
        kind = chance.choice(("attribute", "text", "element", "gone"))
        pattern = {
            "attribute": r'(?<==")[^"<>]{0,40}(?=")',
            "text": r"(?<=>)[^<>]{1,40}(?=<)",
            "element": r"(?<=</)[\w:]+(?=>)",
            "gone": r"<[\w:]+ [^<>]*/>",
        }[kind]
        places = [match.span() for match in re.finditer(pattern, text)]
        if not places:
            continue
        begin, end = chance.choice(places)
        new = "" if kind == "gone" else chance.choice(STRANGE)
        text = text[:begin] + new + text[end:]
    return text.encode()


@pytest.mark.parametrize("ending", PARTS)
@pytest.mark.parametrize("seed", range(60))
def test_a_spoilt_file_is_filled_or_refused(ending: str, seed: int) -> None:
    chance = random.Random(f"{ending} {seed}")
    part = chance.choice(PARTS[ending])
    content = changed(sample(ending), part, lambda before: spoilt(before, chance))

    with contextlib.suppress(TemplateRefusedError):
        office.inspect(content, ending)
        assert office.fill(content, ending, data()).startswith(b"PK")


@pytest.mark.parametrize("ending", ["docx", "xlsx", "ods"])
def test_rows_without_number_that_repeat_for_each_of_many_lines_are_refused(ending: str) -> None:
    rows = 600
    content = {
        "docx": lambda: word_text(*["${line.text}"] * rows),
        "xlsx": lambda: sheet_of({f"A{at}": "${line.text}" for at in range(1, rows + 1)}),
        "ods": lambda: ods_of(row("${line.text}") * rows),
    }[ending]()
    many = [line(at, "x", "1.00") for at in range(1, 10_001)]

    with pytest.raises(TemplateRefusedError, match=r"would be too large|more than 1048576 rows"):
        office.fill(content, ending, data(lines=many))
