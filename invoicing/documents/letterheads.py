"""How the seller's paper looks: where the window is, fold marks, colour, logo and design."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from invoicing.documents.designs.registry import STANDARD, Look, look_of
from invoicing.documents.logos import data_url
from invoicing.models import Logo

# Of the country whose envelopes have it; elsewhere that of DIN 5008 form B.
WINDOWS = {"FI": "fi"}
# Where a sheet is folded, in millimetres from its upper edge, and where it is punched.
FOLDS = {
    "din": ("at-105", "at-148", "at-210"),
    "fi": ("at-99", "at-148", "at-198"),
}


def _standard() -> Look:
    return look_of(STANDARD)


@dataclass(frozen=True)
class Letterhead:
    """`window` and `folds` are classes of the style sheet, `logo` an address of a picture."""

    window: str
    folds: tuple[str, ...] = ()
    accent: str = ""
    logo: str = ""
    look: Look = field(default_factory=_standard)

    @cached_property
    def css(self) -> str:
        return self.look.css(self.accent)


# Of what nobody's company sends.
PLAIN = Letterhead("din")


def letterhead_of(seller: Mapping[str, str], look: Look | None = None) -> Letterhead:
    """As copied onto the document; what was posted before there were any choices has none."""
    window = seller.get("letter_window") or WINDOWS.get(seller["country"], "din")
    return Letterhead(
        window=window,
        folds=FOLDS[window] if seller.get("fold_marks") else (),
        accent=seller.get("accent", ""),
        logo=_address_of(seller.get("logo", "")),
        look=look or _standard(),
    )


def _address_of(sha256: str) -> str:
    logo = Logo.objects.filter(sha256=sha256).first() if sha256 else None
    return data_url(logo.kind, bytes(logo.content)) if logo else ""
