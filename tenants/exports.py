"""Lists as CSV files that spreadsheets open as they are."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

from core.export import CSV_TYPE, csv_lines
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
    response = StreamingHttpResponse(lines, content_type=CSV_TYPE)
    filename = f"{name}-{request.tenant.slug}.csv"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(
    head: list[str], rows: Callable[[], Iterable[Iterable[Any]]], tenant_id: int, time_zone: str
) -> Iterator[str]:
    language = translation.get_language()
    # The middleware's scope, time zone and language have ended when this runs.
    with tenant_scope(tenant_id), timezone.override(time_zone), translation.override(language):
        yield from csv_lines(head, rows())
