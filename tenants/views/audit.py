from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.audit_words import action_words, detail_lines, kind_words
from tenants.audit_words import page_of as record_page
from tenants.exports import csv_response
from tenants.filters import AuditFilter
from tenants.models import AuditEntry
from tenants.roles import Permission

SORTS = {
    "at": ["at", "id"],
    "who": ["actor_name", "-id"],
    "action": ["action", "-id"],
    "what": ["object_label", "-id"],
}
PAGE = "tenants/audit_list.html"


@require_GET
@permission_required(Permission.VIEW_AUDIT)
def audit_list(request: TenantRequest) -> HttpResponse:
    filter_set, rows = _entries(request)
    page = page_of(request, rows)
    context = {
        "filter": filter_set,
        "page": page,
        "entries": [_described(entry) for entry in page],
        "default_sort": "-at",
    }
    return render(request, PAGE + ("#list" if is_list_request(request) else ""), context)


@require_GET
@permission_required(Permission.VIEW_AUDIT)
def audit_csv(request: TenantRequest) -> HttpResponseBase:
    """Everything the filters show, in one file, written while it is read."""
    _filter_set, rows = _entries(request)
    head = [_("Time"), _("Who"), _("Action"), _("Kind"), _("What"), _("Detail")]
    return csv_response(
        request, "audit", head, lambda: map(_csv_row, rows.iterator(chunk_size=2000))
    )


def _csv_row(entry: AuditEntry) -> list[str]:
    return [
        timezone.localtime(entry.at).isoformat(sep=" ", timespec="seconds"),
        entry.actor_name,
        action_words(entry.action),
        kind_words(entry.object_type) if entry.object_type else "",
        entry.object_label,
        "; ".join(detail_lines(entry.detail)),
    ]


def _entries(request: TenantRequest) -> tuple[AuditFilter, QuerySet[AuditEntry]]:
    filter_set = AuditFilter(request.GET, queryset=AuditEntry.objects.all(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default="-at")


def _described(entry: AuditEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "action": action_words(entry.action),
        "kind": kind_words(entry.object_type) if entry.object_type else "",
        "url": record_page(entry.object_type, entry.object_id),
        "details": detail_lines(entry.detail),
    }
