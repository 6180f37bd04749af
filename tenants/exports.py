"""Lists as files that spreadsheets open as they are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.export import CSV_TYPE, XLSX_TYPE, csv_lines, xlsx_bytes
from tenants.access import TenantRequest
from tenants.scope import tenant_scope

# An Excel file is made in one piece, in memory; a CSV file is written while it is sent.
MOST_XLSX_ROWS = 50_000

type Rows = Callable[[], Iterable[Sequence[Any]]]


def list_file(
    request: TenantRequest,
    kind: str,
    *,
    name: str,
    title: str,
    head: Sequence[str],
    rows: Rows,
    count: Callable[[], int] | None = None,
) -> HttpResponseBase:
    """Everything that is listed, on however many pages, as CSV or XLSX.

    `count` says how long it gets where that has no bound of its own.
    """
    if kind == "csv":
        return csv_response(request, name, head, rows)
    if count is not None and count() > MOST_XLSX_ROWS:
        return refuse_file(
            _("An Excel file holds at most %(most)s rows here. Filter the list, or take CSV.")
            % {"most": MOST_XLSX_ROWS}
        )
    response = HttpResponse(xlsx_bytes(title, head, list(rows())), content_type=XLSX_TYPE)
    return _named(response, request, name, kind)


def refuse_filters() -> HttpResponse:
    return refuse_file(_("Correct the filters first: these dates or choices do not exist."))


def refuse_file(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")


def csv_response(
    request: TenantRequest, name: str, head: Iterable[Any], rows: Rows
) -> HttpResponseBase:
    """Answer with a file that is written while `rows` is read, in the request's tenant."""
    lines = _lines([str(cell) for cell in head], rows, request.tenant.pk, request.tenant.time_zone)
    return _named(StreamingHttpResponse(lines, content_type=CSV_TYPE), request, name, "csv")


def _named(
    response: HttpResponseBase, request: TenantRequest, name: str, kind: str
) -> HttpResponseBase:
    filename = f"{name}-{request.tenant.slug}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(head: list[str], rows: Rows, tenant_id: int, time_zone: str) -> Iterator[str]:
    language = translation.get_language()
    # The middleware's scope, time zone and language have ended when this runs.
    with tenant_scope(tenant_id), timezone.override(time_zone), translation.override(language):
        yield from csv_lines(head, rows())
