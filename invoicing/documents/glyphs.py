"""Which letters our fonts can draw. What they cannot is a box on the paper, and is told before."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

# Not by the settings, which the process that sets templates of others does not have.
FONTS = Path(__file__).resolve().parents[2] / "static" / "vendor" / "inter-ui"
FILES = ("Inter-Regular.woff2", "Inter-SemiBold.woff2")
# PDF/A forbids the glyph that fonts have for what they do not know; this one is a character.
BOX = "□"
# Never drawn, so that no glyph is missing: controls, marks of direction, joiners, soft hyphens.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def missing_letters(texts: Iterable[str]) -> list[str]:
    """Each letter that would be a box, once, in the order in which they come."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(_beyond().findall(composed(text))))
    return list(found)


def with_boxes(text: str) -> str:
    """The text as it can be drawn."""
    return _beyond().sub(BOX, composed(text))


def composed(text: str) -> str:
    """Fonts know the letter ä, and seldom an a with two dots put on it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@cache
def _beyond() -> re.Pattern[str]:
    """Matches one letter that a font of ours lacks."""
    known = set.intersection(*(set(TTFont(FONTS / name).getBestCmap()) for name in FILES))
    known |= {code for code in range(0x30000) if unicodedata.category(chr(code)) in _UNSEEN}
    # Selectors of how a letter is drawn, which draw nothing themselves.
    known |= {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
    return re.compile("[^" + "".join(_ranges(sorted(known))) + "]")


def _ranges(codes: list[int]) -> Iterable[str]:
    first = last = codes[0]
    for code in [*codes[1:], -1]:
        if code == last + 1:
            last = code
            continue
        yield f"{re.escape(chr(first))}-{re.escape(chr(last))}"
        first = last = code
