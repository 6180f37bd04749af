"""Reminders on paper: one that was sent, those of a run for the post, and how the next one of an
invoice would look."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.errors import DomainError
from invoicing import reminder_errors as errors
from invoicing.documents.letters import MOST_LETTERS, letters_pdf
from invoicing.documents.reminders import reminder_name, reminder_pdf
from invoicing.domain.reminding.proposing import Proposal, proposal_of
from invoicing.domain.reminding.sending import check_proposal, reminder_of
from invoicing.domain.reminding.words import reminder_wording, with_amounts, words_for
from invoicing.domain.sending.wording import Wording
from invoicing.models import Invoice, Reminder
from invoicing.selectors.sending_runs import letters_by_post
from invoicing.selectors.visible import visible_invoices
from invoicing.views.sending.runs import SEE as PRINT
from invoicing.views.sending.runs import visible_run
from tenants.access import TenantRequest, permission_required
from tenants.exports import refuse_file
from tenants.roles import Permission
from timesheets.requested import number_of

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
REMIND = permission_required(Permission.SEND_REMINDERS)
NO_TOKEN = UUID(int=0)


@require_GET
@SEE
def reminder_letter(request: TenantRequest, pk: int) -> HttpResponse:
    """The letter of a reminder as it was sent."""
    seen = visible_invoices(request.membership)
    found = Reminder.objects.filter(invoice__in=seen.values("pk"))
    reminder = get_object_or_404(found.select_related("invoice__customer"), pk=pk)
    return _pdf(reminder, reminder.invoice, reminder_pdf(reminder, reminder.invoice))


@require_GET
@PRINT
def run_letters(request: TenantRequest, pk: int) -> HttpResponse:
    """What of a run goes by post, from the `first` letter on, as one file for the printer."""
    run = visible_run(request, pk)
    first = number_of(request.GET.get("first", "")) or 1
    letters = letters_by_post(run)[first - 1 : first - 1 + MOST_LETTERS]
    try:
        content = letters_pdf(letters)
    except DomainError as refused:
        return refuse_file(str(refused))
    response = HttpResponse(content, content_type="application/pdf")
    name = f"reminders-{run.reminds_on}-{first}.pdf"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_GET
@REMIND
def invoice_reminder(request: TenantRequest, pk: int) -> HttpResponse:
    """The next reminder of an invoice as it would leave today; nothing is kept."""
    invoice = _posted(request, pk)
    proposal = proposal_of(pk, timezone.localdate())
    context: dict[str, Any] = {"invoice": invoice, "proposal": proposal}
    try:
        check_proposal(proposal, invoice)
    except DomainError as refused:
        context["refusal"] = str(refused)
    if proposal is not None and proposal.due_on is not None:
        letter = drafted(proposal)
        text = with_amounts(letter.text, letter, proposal.invoice)
        context |= {"letter": letter, "preview": Wording(letter.subject, text)}
    return render(request, "invoicing/reminders/preview.html", context)


@require_GET
@REMIND
def invoice_reminder_pdf(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _posted(request, pk)
    proposal = proposal_of(pk, timezone.localdate())
    if proposal is None or proposal.due_on is None:
        return refuse_file(str(errors.NotOwed(invoice=invoice)))
    letter = drafted(proposal)
    content = reminder_pdf(letter, proposal.invoice, is_preview=True)
    return _pdf(letter, proposal.invoice, content)


def drafted(proposal: Proposal) -> Reminder:
    wording = reminder_wording(proposal, words_for(proposal.level, proposal.invoice.language))
    return reminder_of(proposal, wording, token=NO_TOKEN, actor=None)


def _posted(request: TenantRequest, pk: int) -> Invoice:
    posted = visible_invoices(request.membership).filter(status=Invoice.Status.POSTED)
    found: Invoice = get_object_or_404(posted, pk=pk)
    return found


def _pdf(reminder: Reminder, invoice: Invoice, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{reminder_name(reminder, invoice)}"'
    return response
