"""The designs there are: each folder with a style sheet is one.

`__init__.py` of the folder has `DESIGN`. Beside it lie `style.css`, laid over `print.css`;
`accent.css`, for companies with a colour; and blocks in place of usual ones, `letter_head.html`.
In style sheets `var(--accent)` and its like are written in beforehand: WeasyPrint would look them
up for each cell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from django.template import engines

from invoicing.documents.designs.colours import INK, mixed, readable_on
from invoicing.documents.designs.settings import HIGHEST, DesignSettings, Typeface

FOLDER = Path(__file__).parent
STANDARD = "classic"
_VARIABLE = re.compile(r"var\(--([a-z-]+)\)")
TYPEFACES = {Typeface.SANS: "Print", Typeface.SERIF: "PrintSerif, Print"}


@dataclass(frozen=True)
class Design:
    """`usual` are the settings that suit it, `rank` its place among the others, `highest_logo` what
    its head has room for, in millimetres."""

    name: Any
    description: Any
    rank: int
    usual: DesignSettings = field(default_factory=DesignSettings)
    highest_logo: int = HIGHEST
    key: str = ""

    @cached_property
    def sheets(self) -> tuple[str, str]:
        """The style sheet, and what comes to it with a colour."""
        accent = self._folder / "accent.css"
        return (
            (self._folder / "style.css").read_text(),
            accent.read_text() if accent.exists() else "",
        )

    @cached_property
    def blocks(self) -> Mapping[str, Any]:
        """What is written in other words than usual, by its name: `letter_head`."""
        return {
            path.stem: engines["django"].from_string(path.read_text())
            for path in sorted(self._folder.glob("*.html"))
        }

    @property
    def _folder(self) -> Path:
        return FOLDER / self.key


@dataclass(frozen=True)
class Look:
    """A design as a company set it."""

    design: Design
    settings: DesignSettings

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {"design": self.design.key, "settings": self.settings.stored()}

    def css(self, accent: str) -> str:
        """What is laid over the style sheet of all documents."""
        always, with_accent = self.design.sheets
        settings = self.settings
        colour = accent or INK
        footer = _ROOM_FOR_TEXT if settings.footer else ""
        values = {
            "accent": colour,
            "on-accent": readable_on(colour),
            "tint": mixed(colour, 0.08),
            "soft": mixed(colour, 0.3),
            "logo-height": f"{min(settings.logo_height, self.design.highest_logo)}mm",
            "scale": f"{10 * settings.size / 9:.2f}pt",
            "face": TYPEFACES[settings.typeface],
        }
        margins = _MARGINS if settings.typeface != Typeface.SANS else ""
        sheet = f"{_SET}{margins}{footer}{always}{with_accent if accent else ''}"
        return _VARIABLE.sub(lambda found: values[found[1]], sheet)


_SET = """
html { font-size: var(--scale); font-family: var(--face); }
.letterhead .logo { max-height: var(--logo-height); }
"""
_ROOM_FOR_TEXT = "@page { margin-bottom: 34mm; }"
# Margins have a style of their own.
_MARGINS = """
@page {
  @top-left { font-family: var(--face); }
  @top-right { font-family: var(--face); }
  @bottom-right { font-family: var(--face); }
}
"""


@cache
def designs() -> Mapping[str, Design]:
    """By their keys, in the order in which they are offered."""
    found = []
    for sheet in FOLDER.glob("*/style.css"):
        design: Design = import_module(f"{__package__}.{sheet.parent.name}").DESIGN
        found.append(replace(design, key=sheet.parent.name))
    return {design.key: design for design in sorted(found, key=lambda one: (one.rank, one.key))}


def look_of(key: str, stored: Mapping[str, Any] | None = None) -> Look:
    """The design of this key with what was stored of it. One that is gone is the standard one."""
    design = designs().get(key) or designs()[STANDARD]
    return Look(design, DesignSettings.read(stored or {}, design.usual))
