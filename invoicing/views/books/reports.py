"""Balances, and revenue with value added tax, of a period."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.forms import PeriodForm
from core.lists import is_list_request
from core.periods import Period, month_of, year_of
from invoicing.models import Account
from invoicing.selectors.books.balances import TrialBalance, currencies_on, trial_balance
from invoicing.selectors.books.taxes import TaxReport, tax_report
from invoicing.views.books.period_bar import periods_offered
from invoicing.views.books.tabs import REPORTS, tabs_of
from invoicing.views.list_parts import cells_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)


class BooksPeriodForm(PeriodForm):
    longest_days = 366 * 10


class Asked:
    """The period and the currency of a report; the present month unless told."""

    def __init__(self, request: TenantRequest) -> None:
        today = timezone.localdate()
        data = request.GET if "start" in request.GET or "end" in request.GET else None
        usual = month_of(today)
        self.form = BooksPeriodForm(data or usual_data(usual))
        self.is_valid = self.form.is_valid()
        self.period = usual
        if self.is_valid:
            start = self.form.cleaned_data["start"]
            end = self.form.cleaned_data["end"]
            self.period = Period(start or date(2000, 1, 1), end or max(today, start or today))
        self.currencies = currencies_on() or [request.tenant.currency]
        asked = request.GET.get("currency", "")
        own = request.tenant.currency
        usual_currency = own if own in self.currencies else self.currencies[0]
        self.currency = asked if asked in self.currencies else usual_currency
        self.year_start = year_of(self.period.start, request.tenant.year_begins).start
        self.bar = periods_offered(
            request.tenant,
            today,
            self.period if self.is_valid else None,
            query=f"currency={self.currency}" if self.currency != own else "",
        )


def usual_data(period: Period) -> dict[str, str]:
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


@require_GET
@SEE
def trial_balance_page(request: TenantRequest) -> HttpResponse:
    asked = Asked(request)
    report = _balance(asked) if asked.is_valid else TrialBalance([])
    return _page(request, "trial_balance", "balances", asked, report=report)


@require_GET
@SEE
def trial_balance_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    asked = Asked(request)
    if not asked.is_valid:
        return refuse_filters()
    report = _balance(asked)
    kinds = dict(Account.Kind.choices)

    def rows() -> Iterator[list[Any]]:
        for row in report.rows:
            yield [
                row.number, row.name or ("" if row.number else _("Result of earlier years")),
                str(kinds.get(row.kind, "")), asked.currency,
                *cells_of(asked.currency, row.opening, row.debit, row.credit, row.closing),
            ]  # fmt: skip

    return list_file(
        request,
        kind,
        name=f"trial-balance-{asked.period.start}-{asked.period.end}",
        title=_("Trial balance"),
        head=[
            _("Account"),
            _("Name"),
            _("Kind"),
            _("Currency"),
            _("Opening"),
            _("Debit"),
            _("Credit"),
            _("Closing"),
        ],
        rows=rows,
    )


def _balance(asked: Asked) -> TrialBalance:
    return trial_balance(asked.period, asked.currency, year_start=asked.year_start)


@require_GET
@SEE
def vat_report(request: TenantRequest) -> HttpResponse:
    asked = Asked(request)
    report = tax_report(asked.period, asked.currency) if asked.is_valid else TaxReport([], [], 0)
    return _page(
        request,
        "vat_report",
        "vat",
        asked,
        report=report,
    )


@require_GET
@SEE
def vat_report_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    asked = Asked(request)
    if not asked.is_valid:
        return refuse_filters()
    report = tax_report(asked.period, asked.currency)

    def rows() -> Iterator[list[Any]]:
        for row in report.rows:
            yield [
                date_format(row.month, "Y-m"), row.category,
                row.category_name, row.percent, row.documents,
                asked.currency, *cells_of(asked.currency, row.taxable, row.tax, row.gross),
            ]  # fmt: skip

    return list_file(
        request,
        kind,
        name=f"revenue-and-vat-{asked.period.start}-{asked.period.end}",
        title=_("Revenue and VAT"),
        head=[
            _("Month"),
            _("Code"),
            _("Category"),
            _("VAT (%)"),
            _("Documents"),
            _("Currency"),
            _("Net"),
            _("VAT"),
            _("Gross"),
        ],
        rows=rows,
    )


def _page(request: HttpRequest, name: str, tab: str, asked: Asked, **context: Any) -> HttpResponse:
    context |= {
        "asked": asked,
        "form": asked.form,
        "tabs": tabs_of(REPORTS, tab),
        **asked.bar,
    }
    template = f"invoicing/books/{name}.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=200 if asked.is_valid else 422)
