"""The systems' own fields for one document: on the form of a draft, and where one was refused.

The page of the draft is there before any system is asked: it loads the list of systems, and each of
them its own fields, so that a slow one holds up nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.lists import is_list_request
from integrations.domain.access import Door, door_of
from integrations.domain.answers import (
    APPEND,
    Offered,
    answers_of,
    appends,
    asks_anything,
    fields_for,
    keep_answers,
    offered,
    read_answers,
    read_back,
)
from integrations.domain.numbered_there import withdraw
from integrations.errors import IntegrationRefused
from integrations.filters import UNDER_WAY
from integrations.models import Connection, CustomerLink, DocumentAnswers, Export
from integrations.ports import AdapterError, Can, DocumentField
from integrations.registry import system_of
from integrations.views.exports import dress
from invoicing.errors import NotHandedOver
from invoicing.models import Invoice
from invoicing.selectors.visible import may_edit_draft, visible_invoices
from tenants.access import TenantRequest, opens_own_scope, permission_required
from tenants.roles import Permission
from tenants.scope import tenant_scope

SEE = permission_required(
    Permission.VIEW_INVOICE,
    Permission.VIEW_PROJECT_INVOICE,
    Permission.CREATE_INVOICE,
    Permission.CREATE_PROJECT_INVOICE,
)


@require_GET
@SEE
def draft_systems(request: TenantRequest, pk: int) -> HttpResponse:
    """For the form of a draft: where it will go. Asks no system."""
    draft = get_object_or_404(visible_invoices(request.membership), pk=pk)
    links = {
        link.connection_id: link for link in CustomerLink.objects.filter(customer=draft.customer_id)
    }
    rows = []
    for connection in Connection.objects.filter(is_active=True).order_by("name", "pk"):
        system = system_of(connection.system)
        if system is None:
            continue
        link = links.get(connection.pk)
        takes = not draft.is_credit_note or Can.CREDIT_NOTES in system.abilities(
            connection.settings
        )
        rows.append(
            {
                "connection": connection,
                "system": system,
                "link": link,
                "asks": link is not None
                and takes
                and asks_anything(system, connection.settings, draft),
                "takes": takes,
            }
        )
    return _systems_page(request, draft, rows)


def _systems_page(
    request: TenantRequest, draft: Invoice, rows: list[dict[str, Any]], *, error: str = ""
) -> HttpResponse:
    """With what became of it where it was handed over for its number; once it is posted the page
    of the document takes over."""
    if draft.is_posted and is_list_request(request):
        url = reverse("invoicing:invoice_detail", args=[draft.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    handed = None
    if draft.number_giver:
        handed = (
            Export.objects.select_related("connection")
            .filter(invoice=draft)
            .exclude(status=Export.Status.CANCELLED)
            .first()
        )
    context = {
        "draft": draft,
        "rows": rows,
        "handed": handed,
        "is_under_way": handed is not None and handed.status in UNDER_WAY,
        "may_withdraw": handed is not None
        and request.membership.may(Permission.POST_INVOICE)
        and not handed.remote_id
        and not handed.steps.exists(),
        "error": error,
    }
    if handed is not None:
        dress(handed)
    template = "integrations/draft_systems.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context, status=422 if error else 200)


@require_POST
@permission_required(Permission.POST_INVOICE)
def draft_withdraw(request: TenantRequest, pk: int) -> HttpResponse:
    """Take a draft back that waits for its number, as long as nothing was written there."""
    draft = get_object_or_404(visible_invoices(request.membership), pk=pk)
    export = (
        Export.objects.filter(invoice=draft).exclude(status=Export.Status.CANCELLED).first()
        if draft.is_draft
        else None
    )
    try:
        if export is None:
            raise NotHandedOver(invoice=draft)
        withdraw(export, actor=request.user)
        messages.success(request, _("It is withdrawn and can be changed again."))
    except DomainError as refused:
        messages.error(request, str(refused))
    return redirect("invoicing:draft_edit", pk)


@dataclass(frozen=True)
class _Asked:
    """What is read before the system is asked."""

    invoice: Invoice
    connection: Connection
    link: CustomerLink
    answers: DocumentAnswers | None
    may_edit: bool
    door: Door


@opens_own_scope
@require_http_methods(["GET", "POST"])
@SEE
def document_fields(request: TenantRequest, pk: int, connection: int) -> HttpResponse:
    """The fields of one system; `POST` keeps what is chosen, apart from the draft's own form."""
    with tenant_scope(request.tenant.pk):
        invoice = get_object_or_404(visible_invoices(request.membership), pk=pk)
        there = get_object_or_404(Connection.objects.all(), pk=connection, is_active=True)
        link = get_object_or_404(
            CustomerLink.objects.all(), connection=there, customer=invoice.customer_id
        )
        may_edit = _may_edit(request, invoice)
        if request.method == "POST" and not may_edit:
            raise PermissionDenied
        try:
            door = door_of(there)
        except IntegrationRefused as refused:
            return _said(request, str(refused))
        answers = answers_of(invoice, there, link)
    asked = _Asked(invoice, there, link, answers, may_edit, door)
    try:
        found = offered(door, link)
    except AdapterError as failure:
        if request.method == "POST":
            return _said(request, _("Not saved. %(why)s") % {"why": failure.sentence})
        return _fields_page(request, asked, None, failure=failure.sentence)
    if request.method == "POST":
        return _keep(request, asked, found)
    return _fields_page(request, asked, found)


def _may_edit(request: TenantRequest, invoice: Invoice) -> bool:
    if invoice.is_credit_note and request.membership.may(Permission.CREDIT_INVOICE):
        return True
    return may_edit_draft(request.membership, invoice)


def _keep(request: TenantRequest, asked: _Asked, found: Offered) -> HttpResponse:
    given = {name: str(value) for name, value in request.POST.items()}
    if not appends(asked.door.system, asked.door.settings, asked.invoice):
        given.pop(APPEND, None)
    try:
        choices, words = read_answers(asked.door.system, found, given)
        with tenant_scope(request.tenant.pk):
            keep_answers(
                asked.invoice, asked.link, choices=choices, words=words, actor=request.user
            )
    except IntegrationRefused as refused:
        return _said(request, str(refused))
    return _said(request, "")


def _said(request: TenantRequest, refusal: str) -> HttpResponse:
    context = {"refusal": refusal}
    status = 422 if refusal else 200
    return render(request, "integrations/answers_said.html", context, status=status)


def _fields_page(
    request: TenantRequest, asked: _Asked, found: Offered | None, *, failure: str = ""
) -> HttpResponse:
    system, answers = asked.door.system, asked.answers
    goes_along = appends(system, asked.door.settings, asked.invoice)
    # One that was chosen before stays in sight until somebody takes it back: it would be refused.
    drafts = _drafts(found if goes_along else Offered(), answers) if found else []
    context = {
        "invoice": asked.invoice,
        "connection": asked.connection,
        "system": system,
        "link": asked.link,
        "may_edit": asked.may_edit,
        "failure": failure,
        "fields": _fields(fields_for(system, asked.invoice), found, answers) if found else [],
        "is_without_drafts": goes_along and not drafts,
        "append_name": APPEND,
        "append_to": answers.append_to if answers else "",
        "drafts": drafts,
        "chosen": read_back(system, answers) if answers else [],
    }
    with tenant_scope(request.tenant.pk):
        return render(request, "integrations/document_fields.html", context)


def _fields(
    asked: Sequence[DocumentField], found: Offered, answers: DocumentAnswers | None
) -> list[dict[str, Any]]:
    rows = []
    for one in asked:
        choices = [(key, label) for key, label in found.choices.get(one.key, [])]
        value = answers.choices.get(one.key, "") if answers else ""
        if value and not one.is_free_text and value not in dict(choices):
            words = answers.words.get(one.key, value) if answers else value
            choices.append((value, _("%(choice)s (not offered any more)") % {"choice": words}))
        rows.append({"field": one, "choices": choices, "value": value})
    return rows


def _drafts(found: Offered, answers: DocumentAnswers | None) -> list[tuple[str, str]]:
    drafts = [(draft.id, draft.label) for draft in found.drafts]
    if answers and answers.append_to and answers.append_to not in dict(drafts):
        words = _("%(choice)s (not offered any more)") % {"choice": answers.append_words}
        drafts.append((answers.append_to, words))
    return drafts
