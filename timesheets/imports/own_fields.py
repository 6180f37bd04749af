"""The tenant's own fields of hours, where a file has a column of their name."""

from collections.abc import Mapping
from dataclasses import dataclass

from customers.domain import custom_fields
from customers.domain.custom_fields import Kind, Stored
from customers.errors import CustomValueRefused
from customers.models import CustomField
from timesheets.imports.source import Source
from timesheets.imports.values import BadValue, DateOrder, fold, read_date


@dataclass(frozen=True, slots=True)
class OwnColumn:
    field: CustomField
    index: int
    title: str

    def read(self, text: str, order: DateOrder | None) -> Stored:
        """The value as it is stored; raises BadValue."""
        try:
            if self.field.kind == Kind.DATE:
                text = read_date(text, order).isoformat()
            return custom_fields.clean(self.field, text)
        except CustomValueRefused as refused:
            raise BadValue(str(refused)) from refused


def own_columns(source: Source, fields: Mapping[str, CustomField]) -> list[OwnColumn]:
    """A column is called as the field's label or its key; what the program itself knows is its."""
    taken = {column.index for column in source.columns.values()}
    added = (source.reason_index, source.copy_index)
    titles: dict[str, int] = {}
    for index, title in enumerate(source.header):
        if index not in taken and index not in added and fold(title):
            titles.setdefault(fold(title), index)
    found = []
    for field in fields.values():
        # The label before the key: it is what files of ours have in their first line.
        named = [name for name in (fold(field.label), fold(field.name)) if name in titles]
        if field.is_active and named:
            index = titles.pop(named[0])
            found.append(OwnColumn(field, index, source.header[index].strip()))
    # As they stand in the file, so that what is wrong is told from left to right.
    return sorted(found, key=lambda column: column.index)
