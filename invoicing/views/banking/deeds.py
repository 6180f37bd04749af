"""One line of a statement: accepted, chosen for, put aside, brought back, undone."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import text_of, typed_number
from core.money import places
from invoicing.domain.banking import booking
from invoicing.models import BankLine, LineState
from invoicing.selectors.banking import (
    MOST_OFFERED,
    choosable_invoices,
    links_of,
    listed_lines,
    shown_lines,
)
from invoicing.views.banking.forms import BookForm
from invoicing.views.banking.lines import SEE
from invoicing.views.banking.words import reason_of
from invoicing.views.payments.deeds import PAY
from tenants.access import TenantRequest
from tenants.roles import Permission
from timesheets.requested import number_of

ROW = "invoicing/bank_row.html"
LINE = "invoicing/bank_line.html"


@require_GET
@SEE
def bank_line(request: TenantRequest, pk: int) -> HttpResponse:
    """What is known of it, and the invoices to choose from."""
    return _show(request, _line(pk))


@require_POST
@PAY
@SEE
def bank_line_accept(request: TenantRequest, pk: int) -> HttpResponse:
    """Book what is offered; answers with the row."""
    line, refused = _line(pk), ""
    try:
        booking.accept(line, actor=request.user)
    except DomainError as refusal:
        refused = str(refusal)
    return _row(request, pk, refused)


@require_POST
@PAY
@SEE
def bank_line_book(request: TenantRequest, pk: int) -> HttpResponse:
    """Book what somebody chose."""
    line = _line(pk)
    form = _form(request, line, request.POST)
    if not form.is_valid():
        return _show(request, line, form)
    try:
        booking.book(line, form.decision(), actor=request.user)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _show(request, line, form)
    return _done(request, line, _("The line is booked."))


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def bank_line_ignore(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask what it is, then put it aside."""
    return _ask(request, _line(pk), "ignore")


@require_POST
@PAY
@SEE
def bank_line_bring_back(request: TenantRequest, pk: int) -> HttpResponse:
    refused = ""
    try:
        booking.bring_back(_line(pk), actor=request.user)
    except DomainError as refusal:
        refused = str(refusal)
    return _row(request, pk, refused)


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def bank_line_undo(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask why, then reverse what the line made."""
    return _ask(request, _line(pk), "undo")


def _ask(request: TenantRequest, line: Any, deed: str) -> HttpResponse:
    typed = text_of(request, "note", most=200)
    refused, status = "", 200
    if request.method == "POST":
        try:
            if deed == "undo":
                booking.undo(line, reason=typed, actor=request.user)
            else:
                booking.put_aside(line, note=typed, actor=request.user)
        except DomainError as refusal:
            refused, status = str(refusal), 422
        else:
            said = _("The booking is undone.") if deed == "undo" else _("The line is put aside.")
            return _done(request, line, said)
    context = {
        "line": line,
        "deed": deed,
        "deed_url": reverse(f"invoicing:bank_line_{deed}", args=[line.pk]),
        "typed": typed or (line.note if deed == "ignore" else ""),
        "refused": refused,
        "links": [link for link in links_of(line) if link.undone_at is None],
    }
    return render(request, "invoicing/bank_ask.html", context, status=status)


def _done(request: TenantRequest, line: BankLine, said: str) -> HttpResponse:
    """A dialog closes and its list follows; a page of its own shows the line."""
    messages.success(request, said)
    if request.headers.get("HX-Target") == "dialog":
        return close_dialog()
    url = reverse("invoicing:bank_line", args=[line.pk])
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponse(status=302, headers={"Location": url})


def _row(request: TenantRequest, pk: int, refused: str) -> HttpResponse:
    """The row as it is now. A plain request gets the line's page."""
    status = 422 if refused else 200
    if "HX-Request" not in request.headers:
        if refused:
            return _show(request, _line(pk), refused=refused)
        return HttpResponse(
            status=302, headers={"Location": reverse("invoicing:bank_line", args=[pk])}
        )
    (one,) = shown_lines([_line(pk)])
    context = {
        "one": one,
        "reason": reason_of(one.match, one.line.currency),
        "refused": refused,
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
    }
    response = render(request, ROW, context, status=status)
    if not refused:
        response["HX-Trigger"] = "bank:changed"
    return response


def _show(
    request: TenantRequest, line: Any, form: BookForm | None = None, *, refused: str = ""
) -> HttpResponse:
    may = request.membership.may(Permission.REGISTER_PAYMENT)
    is_choosing = may and line.amount > 0 and line.state in (LineState.OFFERED, LineState.OPEN)
    if form is None and is_choosing:
        form = _form(request, line, _typed(request, line))
    (one,) = shown_lines([line])
    context: dict[str, Any] = {
        "line": line,
        "one": one,
        "reason": reason_of(one.match, line.currency),
        "links": links_of(line),
        "form": form,
        "refused": refused,
        "search": request.GET.get("q", ""),
        "is_choosing": is_choosing,
        "may_register": may,
        "amount_plain": f"{line.amount.normalize():f}",
    }
    if form is not None:
        context["rows"] = [(invoice, form[f"i{invoice.pk}"]) for invoice in form.invoices]
        context["is_cut"] = len(form.invoices) >= MOST_OFFERED
    status = 422 if refused or (form is not None and form.is_bound and form.errors) else 200
    part = "#invoices" if request.headers.get("HX-Target") == "bank-invoices" else ""
    return render(request, LINE + part, context, status=status)


def _form(request: TenantRequest, line: Any, data: Any = None) -> BookForm:
    """With what is typed, or what is offered, filled in."""
    match = line.match if line.state == LineState.OFFERED else None
    proposed = dict(match["shares"]) if match else {}
    typed = {
        pk
        for name, value in (data or {}).items()
        if name.startswith("i") and value and (pk := number_of(name[1:]))
    }
    invoices = choosable_invoices(
        line,
        request.membership,
        search=request.GET.get("q", ""),
        also=[*proposed, *typed] if request.method == "GET" else [*proposed, *_sent(data)],
    )
    if isinstance(data, QueryDict) and request.method == "POST":
        return BookForm(data, invoices=invoices, membership=request.membership)
    initial: dict[str, Any] = {
        f"i{pk}": typed_number(Decimal(amount), least_places=places(line.currency))
        for pk, amount in proposed.items()
    }
    if match:
        initial |= {"customer": match["customer"], "closes": match["closes"]}
    initial |= dict(data or {})
    return BookForm(invoices=invoices, membership=request.membership, initial=initial)


def _typed(request: TenantRequest, line: Any) -> dict[str, str] | None:
    """What stood in the form when a search asked for other invoices."""
    if "q" not in request.GET:
        return None
    names = ("customer", "closes")
    return {
        name: str(value)
        for name, value in request.GET.items()
        if name in names or (name.startswith("i") and number_of(name[1:]))
    }


def _sent(data: Any) -> list[int]:
    asked = (number_of(name[1:]) for name in data or {} if name.startswith("i"))
    return [pk for pk in asked if pk][: 2 * MOST_OFFERED]


def _line(pk: int) -> Any:
    return get_object_or_404(listed_lines().select_related("ignored_by", "statement"), pk=pk)
