"""The statement of a customer's account: on their page, as PDF and as CSV."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from core.forms import PeriodForm
from core.lists import is_list_request
from core.money import ZERO
from customers.models import Customer
from customers.selectors import visible_customers
from invoicing.documents.statements import statement_pdf
from invoicing.selectors.receivables import Bucket
from invoicing.selectors.statements import Statement, currencies_of, statement_of
from invoicing.views.list_parts import cells_of
from invoicing.views.receivables.charts import chart_of
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE)
# A page of the PDF holds some forty; longer ones are for a file.
MOST_LINES = 1000
PAGE = "invoicing/receivables/statement.html"


class StatementForm(PeriodForm):
    years = (1990, 2200)
    longest_days = 3 * 366
    too_long = gettext_lazy("Choose at most three years at a time.")

    currency = forms.ChoiceField(label=gettext_lazy("Currency"), required=False)

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in currencies]
        if len(currencies) == 1:
            field.widget = forms.HiddenInput()


class Asked:
    """What the query asks for; `form` is shown with the days that are meant."""

    def __init__(self, request: TenantRequest, customer: Customer) -> None:
        currencies = currencies_of(customer)
        self.form = StatementForm(request.GET, currencies=currencies)
        self.is_valid = self.form.is_valid()
        cleaned = self.form.cleaned_data
        today = timezone.localdate()
        self.end: date = cleaned.get("end") or max(today, cleaned.get("start") or today)
        # The beginning of the year, or of the one before while this one is young.
        usual = self.end.replace(month=1, day=1)
        if self.end.month <= 2:
            usual = usual.replace(year=usual.year - 1)
        self.start: date = cleaned.get("start") or usual
        self.currency: str = cleaned.get("currency") or currencies[0]
        if self.is_valid:
            data = request.GET.copy()
            data["start"], data["end"] = self.start.isoformat(), self.end.isoformat()
            data["currency"] = self.currency
            self.form.data = data

    @property
    def query(self) -> str:
        """What the files are asked for with: the days and the currency that are meant."""
        days = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return urlencode(days | {"currency": self.currency})

    def statement(self, customer: Customer) -> Statement:
        return statement_of(customer, currency=self.currency, start=self.start, end=self.end)


@require_GET
@SEE
def customer_statement(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page, and a page of its own."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    asked = Asked(request, customer)
    context: dict[str, Any] = {"customer": customer, "form": asked.form, "buckets": list(Bucket)}
    if asked.is_valid:
        statement = asked.statement(customer)
        context |= {
            "statement": statement,
            "chart": chart_of(statement.currency, statement.ageing),
            "is_long": len(statement.lines) > MOST_LINES,
            "shown": statement.lines[-MOST_LINES:],
            "query": asked.query,
        }
    template = PAGE
    if is_list_request(request):
        template += "#list" if request.headers.get("HX-Target") == "list" else "#part"
    return render(request, template, context, status=200 if asked.is_valid else 422)


@require_GET
@SEE
def customer_statement_pdf(request: TenantRequest, pk: int) -> HttpResponse:
    """As the customer gets it, in their language."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    asked = Asked(request, customer)
    if not asked.is_valid:
        return refuse_filters()
    statement = asked.statement(customer)
    if len(statement.lines) > MOST_LINES or len(statement.open_documents) > MOST_LINES:
        return refuse_file(
            _("This is too long for paper. Choose a shorter period, or take the CSV file.")
        )
    content = statement_pdf(statement, on=timezone.localdate())
    response = HttpResponse(content, content_type="application/pdf")
    how = "attachment" if "download" in request.GET else "inline"
    name = f"statement-{slugify(customer.number) or customer.pk}-{statement.end}.pdf"
    response["Content-Disposition"] = f'{how}; filename="{name}"'
    return response


@require_GET
@SEE
def customer_statement_export(request: TenantRequest, pk: int, kind: str) -> HttpResponseBase:
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    asked = Asked(request, customer)
    if not asked.is_valid:
        return refuse_filters()
    statement = asked.statement(customer)
    head = [
        _("Date"), _("Kind"), _("Number"), _("Due"), _("Currency"), _("Charged"), _("Settled"),
        _("Balance"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name=f"statement-{slugify(customer.number) or customer.pk}-{statement.end}",
        title=customer.name,
        head=head,
        rows=lambda: _file_rows(statement),
    )


def _file_rows(statement: Statement) -> Iterator[list[Any]]:
    currency = statement.currency
    yield [
        statement.start, _("Opening balance"), "", None, currency, None, None,
        *cells_of(currency, statement.opening),
    ]  # fmt: skip
    for line in statement.lines:
        charged, settled, balance = cells_of(
            currency, max(line.amount, ZERO), max(line.settled, ZERO), line.balance
        )
        yield [
            line.day, line.kind.label, line.number, line.due_date, currency,
            charged or None, settled or None, balance,
        ]  # fmt: skip
    yield [
        statement.end, _("Closing balance"), "", None, currency, None, None,
        *cells_of(currency, statement.closing),
    ]  # fmt: skip
