"""The statement of a customer's account: on their page, as PDF and as CSV, and sent to them."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.forms import PeriodForm, add_refusal
from core.lists import is_list_request
from core.money import ZERO
from customers.models import Customer
from customers.selectors import visible_customers
from invoicing.documents.statements import MOST_LINES, statement_name, statement_pdf
from invoicing.domain.sending.statements import proposed_letter, send_statement
from invoicing.models import StatementSending
from invoicing.selectors.receivables import Bucket
from invoicing.selectors.statements import Statement, currencies_of, statement_of
from invoicing.views.list_parts import cells_of
from invoicing.views.posting import leave
from invoicing.views.receivables.charts import chart_of
from invoicing.views.sending.forms import LetterForm
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_file, refuse_filters
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE)
SEND = permission_required(Permission.POST_INVOICE)
MOST_SENDINGS = 10
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
            "sendings": _sendings(customer)[:MOST_SENDINGS],
            "may_send": request.membership.may(Permission.POST_INVOICE),
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
    try:
        content = statement_pdf(statement, on=timezone.localdate())
    except DomainError as refused:
        return refuse_file(str(refused))
    return _paper(content, statement_name(statement))


def _paper(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_http_methods(["GET", "POST"])
@SEND
@SEE
def customer_statement_send(request: TenantRequest, pk: int) -> HttpResponse:
    """The e-mail with the statement of a period, to be changed and sent."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    asked = Asked(request, customer)
    if not asked.is_valid:
        return refuse_filters()
    statement = asked.statement(customer)
    back = f"{reverse('invoicing:customer_statement', args=[pk])}?{asked.query}"
    if request.method == "POST":
        form = LetterForm(request.POST)
        if form.is_valid():
            try:
                sending = send_statement(
                    customer,
                    form.letter,
                    currency=asked.currency,
                    start=asked.start,
                    end=asked.end,
                    token=form.cleaned_data["token"],
                    actor=request.user,
                )
            except DomainError as refused:
                add_refusal(form, refused)
            else:
                said = _("The statement goes to %(recipients)s.")
                messages.success(request, said % {"recipients": sending})
                return leave(request, back)
    else:
        letter = proposed_letter(statement)
        form = LetterForm(
            initial={
                "recipients": letter.recipients,
                "subject": letter.wording.subject,
                "text": letter.wording.text,
                "token": uuid4(),
            }
        )
    context = {
        "customer": customer,
        "statement": statement,
        "form": form,
        "query": asked.query,
        "back": back,
        "file_name": statement_name(statement),
        "sendings": _sendings(customer)[:3],
    }
    template = "invoicing/receivables/send_statement.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _sendings(customer: Customer) -> QuerySet[StatementSending]:
    found: QuerySet[StatementSending] = StatementSending.objects.filter(customer=customer)
    return found.select_related("requested_by", "bounced_by").order_by("-pk")


@require_GET
@SEE
def statement_file(request: TenantRequest, pk: int) -> HttpResponse:
    """A statement as it was sent."""
    seen = visible_customers(request.membership)
    sending = get_object_or_404(
        StatementSending.objects.filter(customer__in=seen.values("pk")), pk=pk
    )
    try:
        with sending.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    return _paper(content, str(sending.file.name).rpartition("/")[2])


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
        name=statement_name(statement).removesuffix(".pdf"),
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
