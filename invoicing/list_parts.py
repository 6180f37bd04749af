"""What the archive and the list of drafts have in common: sums on top, and the list as a file."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from core.export import XLSX_TYPE, xlsx_bytes
from core.money import places
from core.templatetags.figures import money
from invoicing.selectors.archive import ArchiveSum
from tenants.access import TenantRequest
from tenants.exports import csv_response

# It is made in one piece, in memory; a CSV file is written while it is sent.
MOST_XLSX_ROWS = 50_000

type Rows = Callable[[], Iterable[Sequence[Any]]]


def sum_stats(sums: Sequence[ArchiveSum], *wanted: tuple[str, str, str]) -> list[dict[str, str]]:
    """Figures for `components/stat.html`: (label, icon, field); further currencies as a hint."""
    stats = []
    for label, icon, name in wanted if sums else ():
        amounts = [money(getattr(sum_, name), sum_.currency) for sum_ in sums]
        stats.append(
            {"label": label, "icon": icon, "value": amounts[0], "hint": " · ".join(amounts[1:])}
        )
    return stats


def cells_of(currency: str, *amounts: Decimal) -> list[Decimal]:
    """Amounts in the currency's own number of places, as cells."""
    step = Decimal(1).scaleb(-places(currency))
    return [amount.quantize(step) for amount in amounts]


def list_file(
    request: TenantRequest,
    kind: str,
    *,
    name: str,
    title: str,
    head: Sequence[str],
    count: Callable[[], int],
    rows: Rows,
) -> HttpResponseBase:
    """Everything that is listed, on however many pages, as CSV or XLSX."""
    if kind == "csv":
        return csv_response(request, name, head, rows)
    if count() > MOST_XLSX_ROWS:
        return refuse_file(
            _("An Excel file holds at most %(most)s documents here. Narrow the dates, or take CSV.")
            % {"most": MOST_XLSX_ROWS}
        )
    response = HttpResponse(xlsx_bytes(title, head, list(rows())), content_type=XLSX_TYPE)
    filename = f"{name}-{request.tenant.slug}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def refuse_filters() -> HttpResponse:
    return refuse_file(_("Correct the filters first: these dates or choices do not exist."))


def refuse_file(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")
