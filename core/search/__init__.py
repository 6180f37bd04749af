"""The search language: what people type, read into a tree. It knows no table.

`reading` reads the words, `values` reads what stands behind `key:`, `folding` makes texts alike.
"""

from core.search.folding import fold
from core.search.reading import And, Field, Node, Not, Or, Phrase, SearchError, parse
from core.search.values import Period, Span, read_days, read_numbers, read_pattern

__all__ = [
    "And",
    "Field",
    "Node",
    "Not",
    "Or",
    "Period",
    "Phrase",
    "SearchError",
    "Span",
    "fold",
    "parse",
    "read_days",
    "read_numbers",
    "read_pattern",
]
