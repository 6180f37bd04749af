import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, order_by_request, page_of
from tenants.access import TenantRequest, permission_required
from tenants.audit_words import action_words, kind_words
from tenants.audit_words import page_of as record_page
from tenants.filters import AuditFilter
from tenants.models import AuditEntry
from tenants.roles import Permission
from tenants.scope import tenant_scope

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
    response = StreamingHttpResponse(
        _csv_lines(rows, request.tenant.pk, request.tenant.time_zone),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="audit-{request.tenant.slug}.csv"'
    return response


def _entries(request: TenantRequest) -> tuple[AuditFilter, QuerySet[AuditEntry]]:
    filter_set = AuditFilter(request.GET, queryset=AuditEntry.objects.all(), request=request)
    return filter_set, order_by_request(request, filter_set.qs, SORTS, default="-at")


class _Echo:
    """A file whose write returns the line: the csv module has no other way to hand it over."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(rows: QuerySet[AuditEntry], tenant_id: int, time_zone: str) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    language = translation.get_language()
    # The middleware's scope, time zone and language have ended when this runs.
    with tenant_scope(tenant_id), timezone.override(time_zone), translation.override(language):
        # The mark by which Excel knows UTF-8.
        yield "\ufeff"
        yield writer.writerow([_("Time"), _("Who"), _("Action"), _("Kind"), _("What"), _("Detail")])
        for entry in rows.iterator(chunk_size=2000):
            yield writer.writerow(
                [
                    timezone.localtime(entry.at).isoformat(sep=" ", timespec="seconds"),
                    _harmless(entry.actor_name),
                    action_words(entry.action),
                    kind_words(entry.object_type),
                    _harmless(entry.object_label),
                    _harmless("; ".join(_detail_lines(entry.detail))),
                ]
            )


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running a name as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _described(entry: AuditEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "action": action_words(entry.action),
        "kind": kind_words(entry.object_type) if entry.object_type else "",
        "url": record_page(entry.object_type, entry.object_id),
        "details": _detail_lines(entry.detail),
    }


def _detail_lines(detail: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in detail.items():
        if name == "changes" and isinstance(value, dict):
            lines += [_change(field, pair) for field, pair in value.items()]
        elif value not in (None, "", [], {}):
            lines.append(f"{_field_words(name)}: {_text(value)}")
    return lines


def _change(field: str, pair: Any) -> str:
    if isinstance(pair, list) and len(pair) == 2:
        old, new = (_text(value) for value in pair)
        return f"{_field_words(field)}: {old} → {new}"
    return f"{_field_words(field)}: {_text(pair)}"


def _field_words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return "—" if value in (None, "") else str(value)
