"""One page of what waits for somebody: open questions of customers, and what did not arrive."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import page_of
from invoicing.domain.sending.not_arrived import dismiss, note_bounce
from invoicing.selectors.follow_ups import (
    MailKind,
    mails_of,
    seen_mails,
    unanswered,
    undelivered,
    undelivered_in_turn,
)
from invoicing.views.follow_ups.rows import may_send, row_of
from invoicing.views.posting import leave
from invoicing.views.sending.forms import BounceForm
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
SEND = permission_required(
    Permission.POST_INVOICE, Permission.MANAGE_QUOTATIONS, Permission.SEND_REMINDERS
)
# More open questions than these are a matter for a telephone.
MOST_QUESTIONS = 100


@require_GET
@SEE
def follow_up(request: TenantRequest) -> HttpResponse:
    reader = request.membership
    questions = list(unanswered(reader)[: MOST_QUESTIONS + 1])
    page = page_of(request, undelivered_in_turn(reader))
    context = {
        "questions": questions[:MOST_QUESTIONS],
        "more_questions": len(questions) > MOST_QUESTIONS,
        "page": page,
        "rows": [
            row_of(kind, mail, reader) for kind, mail in mails_of(list(page.object_list), reader)
        ],
    }
    return render(request, "invoicing/follow_up.html", context)


@require_http_methods(["GET", "POST"])
@SEND
def mail_bounce(request: TenantRequest, kind: str, pk: int) -> HttpResponse:
    """Somebody's mailbox told what the mail server did not: it came back."""
    mail = _mail(seen_mails(request.membership), request, kind, pk)
    row = row_of(kind, mail, request.membership)
    form = BounceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            note_bounce(mail, note=form.cleaned_data["note"], actor=request.user)
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("It is noted that this came back."))
            return leave(request, row.page)
    context = {"row": row, "kind": kind, "form": form}
    return render(request, "invoicing/bounce.html", context, status=422 if form.errors else 200)


@require_POST
@SEND
def mail_dismiss(request: TenantRequest, kind: str, pk: int) -> HttpResponse:
    """It stays on its own page, and no longer waits for anybody."""
    mail = _mail(undelivered(request.membership), request, kind, pk)
    dismiss(mail, actor=request.user)
    messages.success(request, _("It no longer waits here. The log keeps it."))
    return redirect("invoicing:follow_up")


def _mail(
    found: Mapping[MailKind, QuerySet[Any]], request: TenantRequest, kind: str, pk: int
) -> Any:
    """Whoever would send it again decides about it."""
    if kind not in found:
        raise Http404
    mail = get_object_or_404(found[MailKind(kind)], pk=pk)
    if not may_send(request.membership, kind, mail):
        raise PermissionDenied
    return mail
