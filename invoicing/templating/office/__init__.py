"""Templates as files of office programs: DOCX, XLSX and ODS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.office import errors, ods, word, xlsx

_KINDS: Final[
    dict[str, tuple[Callable[[bytes], list[UsedField]], Callable[[bytes, TemplateData], bytes]]]
] = {
    "docx": (word.used_fields, word.filled),
    "xlsx": (xlsx.used_fields, xlsx.filled),
    "ods": (ods.used_fields, ods.filled),
}
ENDINGS: Final = tuple(_KINDS)


def inspect(content: bytes, ending: str) -> list[UsedField]:
    """All placeholders with their places; raises TemplateRefusedError for what is not let in."""
    with _as_its_program_wrote_it(ending):
        return _KINDS[_plain(ending)][0](content)


def fill(content: bytes, ending: str, data: TemplateData) -> bytes:
    """The file with the words and figures of a document; the same data give the same bytes."""
    with _as_its_program_wrote_it(ending):
        return _KINDS[_plain(ending)][1](content, data)


def _plain(ending: str) -> str:
    return ending.lstrip(".").lower()


@contextmanager
def _as_its_program_wrote_it(ending: str) -> Iterator[None]:
    """A number that is none, a reference that is none: no office program writes such a file, and
    whoever did is told so. What was wrong with it goes along as the cause.
    """
    try:
        yield
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as wrong:
        raise errors.FileBroken(part=_plain(ending).upper()) from wrong
