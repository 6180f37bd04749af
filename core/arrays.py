"""Many numbers as one parameter of a statement."""

from collections.abc import Iterable


def array_of(numbers: Iterable[int]) -> str:
    """A PostgreSQL array literal, to be cast: `%s::bigint[]`.

    The driver quotes a list element by element, which for ten thousand takes longer than the
    statement needs to read them.
    """
    return "{" + ",".join(map(str, numbers)) + "}"


def array_of_texts(texts: Iterable[str]) -> str:
    """The same of texts: `%s::text[]`. None of them holds a NUL, which PostgreSQL has no texts
    with."""
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    return "{" + ",".join(quoted) + "}"
