"""One page of what waits for somebody: open questions of customers, and what did not arrive."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.lists import page_of
from invoicing.domain.sending.dismissing import dismiss
from invoicing.selectors.follow_ups import (
    MailKind,
    mails_of,
    unanswered,
    undelivered,
    undelivered_in_turn,
)
from invoicing.views.follow_ups.rows import may_send, row_of
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
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


@require_POST
@permission_required(
    Permission.POST_INVOICE, Permission.MANAGE_QUOTATIONS, Permission.SEND_REMINDERS
)
def mail_dismiss(request: TenantRequest, kind: str, pk: int) -> HttpResponse:
    """It stays on its own page, and no longer waits for anybody."""
    found = undelivered(request.membership)
    if kind not in found:
        raise Http404
    mail = get_object_or_404(found[MailKind(kind)], pk=pk)
    if not may_send(request.membership, kind, mail):
        raise PermissionDenied
    dismiss(mail, actor=request.user)
    messages.success(request, _("It no longer waits here. The log keeps it."))
    return redirect("invoicing:follow_up")
