"""A mapping of columns as it is kept: with a file that waits, and for the next one like it."""

from collections.abc import Mapping
from typing import Any

from invoicing.domain.banking.columns import Column
from invoicing.domain.banking.tables import Layout
from invoicing.models import CsvLayout
from timesheets.imports.values import DateOrder


def as_json(layout: Layout) -> dict[str, Any]:
    return {
        "columns": {column.value: list(places) for column, places in layout.columns.items()},
        "date_order": layout.date_order.value if layout.date_order else "",
        "decimal_mark": layout.decimal_mark,
    }


def layout_from(kept: Mapping[str, Any]) -> Layout:
    return Layout(
        columns={Column(name): list(places) for name, places in kept["columns"].items() if places},
        date_order=DateOrder(kept["date_order"]) if kept["date_order"] else None,
        decimal_mark=kept["decimal_mark"],
    )


def layout_of(known: CsvLayout) -> Layout:
    return layout_from(
        {
            "columns": known.columns,
            "date_order": known.date_order,
            "decimal_mark": known.decimal_mark,
        }
    )
