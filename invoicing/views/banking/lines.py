"""Lines of bank statements: of one import, or all of them; and as a file."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import in_steps, is_list_request, order_by_request, page_of
from core.templatetags.figures import money
from invoicing.models import LineState, StatementImport
from invoicing.selectors.banking import StateSum, listed_lines, shown_lines, sums_by_state
from invoicing.views.banking.filters import BankLineFilter
from invoicing.views.banking.words import reason_of
from invoicing.views.list_parts import cells_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE)
SORTS = {
    "date": ["booking_date", "pk"],
    "name": ["name", "booking_date"],
    "amount": ["amount", "booking_date"],
}
DEFAULT_SORT = "-date"
# What is to be decided comes first.
FIRST_OPENED = (LineState.OFFERED, LineState.OPEN, LineState.BOOKED)


@require_GET
@SEE
def bank_lines(request: TenantRequest) -> HttpResponse:
    """Of all imports: what is left to decide, wherever it came from."""
    context = lines_context(request, listed_lines())
    template = "invoicing/bank_lines.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if context["refused"] else 200)


def lines_context(
    request: TenantRequest, lines: QuerySet[Any], *, of_one_import: bool = False
) -> dict[str, Any]:
    """What a page with these lines shows; the tabs count what the filters let through."""
    filter_set = BankLineFilter(request.GET, queryset=lines, request=request)
    if of_one_import:
        # A file is nearly always of one account.
        del filter_set.filters["account"]
    refused = not filter_set.form.is_valid()
    rows = filter_set.qs
    sums = [] if refused else sums_by_state(rows)
    state = _opened(request, sums)
    chosen = order_by_request(request, rows.filter(state=state), SORTS, default=DEFAULT_SORT)
    count = sum(one.count for one in sums if one.state == state)
    page = page_of(request, chosen, count=count)
    return {
        "filter": filter_set,
        "refused": refused,
        "state": state,
        # The tab that somebody opened stays open while they filter.
        "extra": format_html('<input type="hidden" name="state" value="{}">', state.value)
        if "state" in request.GET
        else "",
        "tabs": [_tab(request, one, is_open=one.state == state) for one in sums],
        "sums": [
            money(amount, currency)
            for one in sums
            if one.state == state
            for currency, amount in one.amounts
        ],
        "page": page,
        "rows": [(one, reason_of(one.match, one.line.currency)) for one in shown_lines(list(page))],
        "default_sort": DEFAULT_SORT,
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
        "is_filtered": bool(
            {"q", "date_after", "date_before", "amount_min", "amount_max", "account"}
            & {name for name, value in request.GET.items() if value}
        ),
        "has_lines": any(one.count for one in sums),
    }


def _opened(request: TenantRequest, sums: list[StateSum]) -> LineState:
    asked = request.GET.get("state", "")
    if asked in LineState.values:
        return LineState(asked)
    filled = {one.state for one in sums if one.count}
    return next((state for state in FIRST_OPENED if state in filled), LineState.OPEN)


def _tab(request: TenantRequest, one: StateSum, *, is_open: bool) -> dict[str, Any]:
    query = request.GET.copy()
    query["state"] = one.state.value
    query.pop("page", None)
    amounts = " · ".join(money(amount, currency) for currency, amount in one.amounts)
    return {
        "label": one.state.label,
        "url": f"?{query.urlencode()}",
        "active": is_open,
        "count": one.count,
        "title": amounts,
    }


@require_GET
@SEE
def bank_line_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    return _file(request, kind, listed_lines())


@require_GET
@SEE
def bank_import_export(request: TenantRequest, pk: int, kind: str) -> HttpResponseBase:
    source = get_object_or_404(StatementImport.objects.defer("content"), pk=pk)
    return _file(request, kind, listed_lines().filter(source=source))


def _file(request: TenantRequest, kind: str, lines: QuerySet[Any]) -> HttpResponseBase:
    """Everything the filters let through, of all tabs: the state is a column."""
    filter_set = BankLineFilter(request.GET, queryset=lines, request=request)
    if not filter_set.form.is_valid():
        return refuse_filters()
    rows = order_by_request(request, filter_set.qs, SORTS, default=DEFAULT_SORT)
    head = [
        _("Line"), _("Account"), _("Date"), _("Value date"), _("State"), _("Name"), _("IBAN"),
        _("Reference"), _("Text"), _("Currency"), _("Amount"), _("Why"), _("Customer"),
        _("Invoices"), _("Note"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="bank-lines",
        title=_("Bank statements"),
        head=head,
        count=rows.count,
        rows=lambda: _file_rows(rows),
    )


def _file_rows(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    for step in in_steps(rows):
        found = {one.pk: one for one in listed_lines().filter(pk__in=step)}
        for one in shown_lines([found[key] for key in step if key in found]):
            line = one.line
            yield [
                line.pk, line.account.number, line.booking_date, line.value_date,
                LineState(line.state).label, line.name, line.iban, line.reference, line.text,
                line.currency, *cells_of(line.currency, line.amount),
                reason_of(one.match, line.currency) or line.refusal, one.customer,
                ", ".join(number for _pk, number in one.invoices), line.note,
            ]  # fmt: skip
