from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one program names its columns and what it means by leaving a cell empty.

    The first name of a field is the one shown when the column is missing.
    """

    name: str
    title: str
    # Any one of these sets of column names, in lower case, gives the program away.
    signs: tuple[frozenset[str], ...]
    # Of each of these groups one field has to be there.
    needed: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    # In a column `Billable`, some programs write "no" as nothing at all.
    empty_is_not_billable: bool = False
    # Durations without a colon are hours; some programs also know seconds.
    may_count_seconds: bool = False
    # A task that is not known yet is made for its project alone, or for all of them.
    tasks_belong_to_project: bool = False
