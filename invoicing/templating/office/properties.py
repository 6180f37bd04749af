"""Title, subject and keywords in a file's properties: a PDF made of it carries them."""

from typing import Final

from django.utils.translation import gettext as _

from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.office.package import Parts
from invoicing.templating.office.placeholders import (
    lookup_of,
    names_in,
    rendered,
    split,
)
from invoicing.templating.office.xml import parse, serialised

_PARTS: Final = ("docProps/core.xml", "meta.xml")


def names_in_properties(parts: Parts) -> list[UsedField]:
    place = _("properties of the file")
    return [
        UsedField(name, place)
        for part in _PARTS
        if b"${" in parts.get(part, b"")
        for node in parse(parts[part], part).iter()
        if isinstance(node.tag, str)
        for name in names_in(node.text or "")
    ]


def fill_properties(parts: Parts, data: TemplateData) -> None:
    for part in _PARTS:
        if b"${" not in parts.get(part, b""):
            continue
        root = parse(parts[part], part)
        for node in root.iter():
            if isinstance(node.tag, str) and names_in(node.text or ""):
                (pieces,) = split([node.text])
                if pieces is not None:
                    node.text = rendered(pieces, lookup_of(data))
        parts[part] = serialised(root)
