"""Sending one document: the form, its preview, what is noted by hand, and the log of sendings."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request
from invoicing import errors
from invoicing.domain.customer_access import example_link
from invoicing.domain.receipts import receipts_of
from invoicing.domain.sending.own_words import refuse_wider_link, wording_for
from invoicing.domain.sending.requesting import (
    mark_as_sent,
    recipients_of,
    send_by_mail,
    withdraw,
)
from invoicing.domain.sending.wording import LINK_LATER, Wording, check_wording, written
from invoicing.models import Invoice, Sending
from invoicing.selectors.invoice_page import shown_invoices
from invoicing.selectors.sendings import sendings_of
from invoicing.selectors.visible import visible_invoices
from invoicing.views.posting import leave
from invoicing.views.sending.forms import MarkSentForm, SendForm
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
SEND = permission_required(Permission.POST_INVOICE)
PAGE = "invoicing/send.html"
LOG = "invoicing/invoice_sendings.html"


@require_http_methods(["GET", "POST"])
@SEND
def invoice_send(request: TenantRequest, pk: int) -> HttpResponse:
    """The e-mail as it would leave, to be changed and sent."""
    invoice = _posted(request, pk)
    receipts = len(receipts_of(invoice))
    if request.method == "POST":
        form = SendForm(request.POST, receipts=receipts)
        if form.is_valid():
            try:
                refuse_wider_link(request.membership, form.letter.wording)
                sending = send_by_mail(
                    invoice,
                    form.letter,
                    token=form.cleaned_data["token"],
                    seen=form.cleaned_data["seen"],
                    due_at=form.cleaned_data["due_at"],
                    actor=request.user,
                )
            except DomainError as refused:
                _add_refusal(form, refused)
            else:
                messages.success(
                    request,
                    _("%(invoice)s goes to %(recipients)s.")
                    % {"invoice": invoice, "recipients": ", ".join(sending.recipients)},
                )
                return leave(request, reverse("invoicing:invoice_detail", args=[pk]))
    else:
        wording = written(
            wording_for(invoice.kind, invoice.language), invoice, link=lambda: LINK_LATER
        )
        form = SendForm(
            initial={
                "recipients": recipients_of(invoice),
                "subject": wording.subject,
                "text": wording.text,
                "with_receipts": invoice.customer.gets_receipts,
                "token": uuid4(),
            },
            receipts=receipts,
        )
    context = {
        "invoice": invoice,
        "form": form,
        # Read after a refusal too: what others sent meanwhile is shown beside it, and then known.
        "log": sendings_of(invoice),
        "seller": invoice.seller,
        "no_address": str(errors.NoAddressToSend(customer=invoice.billing_name))
        if not recipients_of(invoice)
        else "",
        **_preview_of(form, invoice),
    }
    return render(request, PAGE, context, status=422 if form.errors else 200)


@require_POST
@SEND
def invoice_send_preview(request: TenantRequest, pk: int) -> HttpResponse:
    """The typed words as the customer gets them; nothing is kept."""
    invoice = _posted(request, pk)
    form = SendForm(request.POST)
    form.is_valid()
    return render(
        request, "invoicing/send_preview.html", {"invoice": invoice} | _preview_of(form, invoice)
    )


def _add_refusal(form: Form, refused: DomainError) -> None:
    """A form whose token is used up gets another one, and can be sent again as it stands."""
    add_refusal(form, refused)
    if isinstance(refused, errors.FormSentAlready):
        form.data = dict(form.data.items()) | {"token": str(uuid4())}


def _preview_of(form: SendForm, invoice: Invoice) -> dict[str, Any]:
    wording = Wording(str(form["subject"].value() or ""), str(form["text"].value() or ""))
    try:
        check_wording(wording)
    except DomainError as refused:
        return {"preview_refusal": str(refused)}
    return {
        "preview": written(wording, invoice, link=example_link),
        "written_in": invoice.language,
        "sending_now": True,
    }


@require_http_methods(["GET", "POST"])
@SEND
def invoice_mark_sent(request: TenantRequest, pk: int) -> HttpResponse:
    """It left by post, or through an accounting system."""
    invoice = _posted(request, pk)
    form = MarkSentForm(request.POST or None, initial={"token": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            mark_as_sent(
                invoice,
                channel=form.channel,
                via=form.via,
                on=form.cleaned_data["on"],
                token=form.cleaned_data["token"],
                actor=request.user,
            )
        except DomainError as refused:
            _add_refusal(form, refused)
        else:
            messages.success(request, _("%(invoice)s is marked as sent.") % {"invoice": invoice})
            return leave(request, reverse("invoicing:invoice_detail", args=[pk]))
    context = {"invoice": invoice, "form": form}
    return render(request, "invoicing/mark_sent.html", context, status=422 if form.errors else 200)


@require_GET
@SEE
def invoice_sendings(request: TenantRequest, pk: int) -> HttpResponse:
    """The log on the invoice's page, which asks again while something is under way."""
    invoice = get_object_or_404(visible_invoices(request.membership), pk=pk)
    if not is_list_request(request):
        return redirect("invoicing:invoice_detail", pk)
    return render(request, LOG, {"invoice": invoice, "log": sendings_of(invoice)})


@require_POST
@SEND
def sending_withdraw(request: TenantRequest, pk: int) -> HttpResponse:
    sending = _sending(request, pk)
    try:
        withdraw(sending, actor=request.user)
    except DomainError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("It is withdrawn and does not go out."))
    return leave(request, reverse("invoicing:invoice_detail", args=[sending.invoice_id]))


def _posted(request: TenantRequest, pk: int) -> Any:
    """A draft has nothing to send yet, and no such page."""
    shown = shown_invoices(request.membership, on=timezone.localdate())
    return get_object_or_404(shown, pk=pk, status=Invoice.Status.POSTED)


def _sending(request: TenantRequest, pk: int) -> Sending:
    seen = visible_invoices(request.membership)
    sendings = Sending.objects.select_related("invoice").filter(invoice__in=seen.values("pk"))
    found: Sending = get_object_or_404(sendings, pk=pk)
    return found
