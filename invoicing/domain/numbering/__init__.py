"""Numbers of documents: a format per series, and counters that are stored and locked."""

from invoicing.domain.numbering.counting import number_documents, number_refusals
from invoicing.domain.numbering.formats import render
from invoicing.domain.numbering.series import FORMATS, SeriesBook, default_series, make_series
from invoicing.errors import NumberFormatError

__all__ = [
    "FORMATS",
    "NumberFormatError",
    "SeriesBook",
    "default_series",
    "make_series",
    "number_documents",
    "number_refusals",
    "render",
]
