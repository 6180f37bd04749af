"""Numbers of documents: a format per series, and counters that are stored and locked."""

from invoicing.domain.numbering.counting import number_documents, preview_number, window
from invoicing.domain.numbering.formats import counters_in, render
from invoicing.domain.numbering.series import FORMATS, SeriesBook, default_series, make_series

__all__ = [
    "FORMATS",
    "SeriesBook",
    "counters_in",
    "default_series",
    "make_series",
    "number_documents",
    "preview_number",
    "render",
    "window",
]
