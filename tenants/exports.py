"""Lists as CSV files that spreadsheets open as they are."""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

from tenants.access import TenantRequest
from tenants.scope import tenant_scope


def csv_response(
    request: TenantRequest,
    name: str,
    head: Iterable[Any],
    rows: Callable[[], Iterable[Iterable[Any]]],
) -> StreamingHttpResponse:
    """Answer with a file that is written while `rows` is read, in the request's tenant."""
    lines = _lines([str(cell) for cell in head], rows, request.tenant.pk, request.tenant.time_zone)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    filename = f"{name}-{request.tenant.slug}.csv"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


class _Echo:
    """A file whose write returns the line: the csv module has no other way to hand it over."""

    def write(self, line: str) -> str:
        return line


def _lines(
    head: list[str], rows: Callable[[], Iterable[Iterable[Any]]], tenant_id: int, time_zone: str
) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    language = translation.get_language()
    # The middleware's scope, time zone and language have ended when this runs.
    with tenant_scope(tenant_id), timezone.override(time_zone), translation.override(language):
        # The mark by which Excel knows UTF-8.
        yield "\ufeff"
        yield writer.writerow(head)
        for row in rows():
            yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:
    """Keep a spreadsheet from running a name as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
