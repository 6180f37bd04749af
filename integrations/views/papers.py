"""A document as the accounting system has made it, looked at from here."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from integrations.domain.access import door_of
from integrations.errors import IntegrationRefused
from integrations.models import Export
from integrations.ports import AdapterError, Exported, GivesPapers
from integrations.selectors import visible_exports
from invoicing.models import DocumentKind
from tenants.access import TenantRequest, opens_own_scope, permission_required
from tenants.roles import Permission
from tenants.scope import tenant_scope

ASK_SECONDS = 12
SEE = permission_required(Permission.MANAGE_INTEGRATIONS)


@opens_own_scope
@require_GET
@SEE
def export_paper(request: TenantRequest, pk: int) -> HttpResponse:
    """Fetched at each look: it is theirs, and they may make it anew."""
    with tenant_scope(request.tenant.pk):
        export = get_object_or_404(visible_exports(request.membership), pk=pk)
        if not export.gives_paper:
            raise Http404
        document = _exported(export)
        try:
            door = door_of(export.connection)
        except IntegrationRefused as refused:
            messages.error(request, str(refused))
            return redirect("integrations:export_detail", pk)
    try:
        with door.open(seconds=ASK_SECONDS) as (adapter, _http):
            paper = cast(GivesPapers, adapter).fetch_paper(document)
    except AdapterError as failure:
        messages.error(
            request, _("Their PDF cannot be shown: %(reason)s") % {"reason": failure.sentence}
        )
        return redirect("integrations:export_detail", pk)
    response = HttpResponse(paper.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{get_valid_filename(paper.name)}"'
    response["Cache-Control"] = "no-store"
    return response


def _exported(export: Export) -> Exported:
    invoice = export.invoice
    return Exported(
        remote_id=export.remote_id,
        remote_number=export.remote_number,
        number=invoice.number or "",
        issue_date=invoice.issue_date,
        gross=invoice.gross_total,
        currency=invoice.currency,
        is_credit_note=invoice.kind == DocumentKind.CREDIT_NOTE,
    )
