from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core.lists import ids_in, is_list_request, order_by_request, page_of
from integrations.domain import byhand
from integrations.domain.answers import asks_anything, read_back
from integrations.domain.handing import takes_files
from integrations.errors import IntegrationRefused
from integrations.filters import STATES, UNDER_WAY, ExportFilter
from integrations.forms import ReasonForm
from integrations.models import Connection, DocumentAnswers, Export, PaymentThere
from integrations.ports import System
from integrations.problems import Problem
from integrations.registry import system_of
from integrations.selectors import counts_by_state, reasons_of, visible_exports
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_EXPORTS, Permission.MANAGE_INTEGRATIONS)
MANAGE = permission_required(Permission.MANAGE_INTEGRATIONS)
SORTS = {
    "number": ["invoice__number"],
    "customer": ["invoice__billing_name", "invoice__number"],
    "gross": ["invoice__gross_total"],
    "system": ["connection__name", "-created_at"],
    "status": ["status", "-created_at"],
    "created": ["created_at", "invoice__number"],
    "attempts": ["attempts", "-created_at"],
}
TONES = {
    Export.Status.WAITING: ("info", "clock"),
    Export.Status.SENDING: ("info", "send"),
    Export.Status.SENT: ("positive", "check"),
    Export.Status.FAILED: ("negative", "alert-circle"),
    Export.Status.BY_HAND: ("warning", "pencil"),
    Export.Status.CANCELLED: ("neutral", "ban"),
}
WATCHED = 50
MOST_REASONS = 6
# So many are tried again at once; their rows are held for a moment.
MOST_AT_ONCE = 2000


@require_GET
@SEE
def export_list(request: TenantRequest) -> HttpResponse:
    exports = visible_exports(request.membership)
    filter_set = ExportFilter(request.GET, queryset=exports, request=request)
    refused = not filter_set.form.is_valid()
    rows = order_by_request(request, filter_set.qs, SORTS, default="-created")
    page = page_of(request, rows)
    for export in page:
        dress(export)
    context = {
        "filter": filter_set,
        "page": page,
        **_reasons(request, exports, page.paginator.count),
        "tabs": _tabs(request, exports),
        "watched": _watched(page.object_list),
        "has_connection": Connection.objects.exists(),
    }
    template = "integrations/export_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refused else 200)


def _tabs(request: TenantRequest, exports: QuerySet[Export]) -> list[dict[str, Any]]:
    counts = counts_by_state(exports)
    labels = {
        "attention": _("Needs attention"),
        "by_hand": _("To be entered by hand"),
        "under_way": _("Under way"),
        "sent": _("Sent"),
        "closed": _("Closed by hand"),
    }
    open_tab = request.GET.get("state", "")
    query = request.GET.copy()
    for name in ("state", "page", "reason"):
        query.pop(name, None)
    tabs = []
    for key in ("", *STATES):
        query["state"] = key
        tabs.append(
            {
                "label": labels.get(key) or _("All"),
                "url": f"?{query.urlencode()}",
                "active": key == open_tab,
                "count": counts[key] if key else sum(counts.values()),
            }
        )
    return tabs


def _reasons(request: TenantRequest, exports: QuerySet[Export], matching: int) -> dict[str, Any]:
    """What keeps those that need attention, to be looked at, mended and tried again together."""
    if request.GET.get("state") != "attention":
        return {}
    others = request.GET.copy()
    chosen = (others.pop("reason", [""]) or [""])[-1]
    filter_set = ExportFilter(others, queryset=exports, request=request)
    if not filter_set.form.is_valid():
        return {}
    rows = []
    for one in reasons_of(filter_set.qs):
        others["reason"] = one.key
        rows.append({"reason": one, "url": _list_url(others), "is_chosen": one.key == chosen})
    others.pop("reason", None)
    return {
        "reasons": rows[:MOST_REASONS],
        "more_reasons": rows[MOST_REASONS:],
        "all_reasons_url": _list_url(others) if chosen else "",
        "matching": matching,
    }


def _list_url(query: QueryDict) -> str:
    query = query.copy()
    query.pop("page", None)
    return f"?{query.urlencode()}"


@require_GET
@SEE
def export_changes(request: TenantRequest) -> HttpResponse:
    """The rows of `?pk=1,2` anew, for a list that follows what is under way."""
    exports = list(visible_exports(request.membership).filter(pk__in=_ids(request)[:WATCHED]))
    for export in exports:
        dress(export)
    context = {"exports": exports, "watched": _watched(exports)}
    return render(request, "integrations/export_changes.html", context)


def _ids(request: TenantRequest) -> list[int]:
    return ids_in(request.GET.get("pk", "").split(","))


def _watched(exports: Any) -> str:
    under_way = [str(one.pk) for one in exports if one.status in UNDER_WAY]
    return ",".join(under_way[:WATCHED])


@require_POST
@MANAGE
def export_retry(request: TenantRequest) -> HttpResponse:
    """Try the ticked ones again, or all that need attention and match the list's filters."""
    back = QueryDict(request.POST.get("back", ""), mutable=True)
    exports = visible_exports(request.membership)
    if "all" in request.POST:
        exports = exports.filter(status=Export.Status.FAILED)
        filter_set = ExportFilter(back, queryset=exports, request=request)
        exports = filter_set.qs if filter_set.form.is_valid() else exports.none()
        # Nothing is left of them: what else keeps some is next.
        back.pop("reason", None)
        back.pop("page", None)
    else:
        exports = exports.filter(pk__in=ids_in(request.POST.getlist("pk")))
    allowed = exports.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE]
    tried = byhand.retry(list(allowed), actor=request.user)
    if tried:
        messages.success(
            request,
            ngettext("%(count)s export is tried again.", "%(count)s exports are tried again.",
                     len(tried)) % {"count": len(tried)},
        )  # fmt: skip
    else:
        messages.warning(request, _("Nothing to try again: these arrived or are being sent."))
    return redirect(f"{reverse('integrations:export_list')}?{back.urlencode()}")


@require_GET
@SEE
def export_detail(request: TenantRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(visible_exports(request.membership), pk=pk)
    return _detail_page(request, export)


def _detail_page(
    request: TenantRequest, export: Export, *, error: str = "", status: int = 200
) -> HttpResponse:
    dress(export)
    context = {
        "export": export,
        "steps": _steps(export),
        "attempts": export.tries.order_by("-pk")[:20],
        "error": error,
        "Problem": Problem,
    }
    template = "integrations/export_detail.html" + ("#state" if is_list_request(request) else "")
    return render(request, template, context, status=status)


def _steps(export: Export) -> list[dict[str, Any]]:
    """Those done or begun, and on the way to the end the ones to come."""
    system = system_of(export.connection.system)
    stored = {step.key: step for step in export.steps.all()}
    rows = [
        {"label": label, "step": stored.get(key)}
        for key, label in _labels(system, list(stored)).items()
    ]
    if export.status in (Export.Status.SENT, Export.Status.BY_HAND, Export.Status.CANCELLED):
        return [row for row in rows if row["step"]]
    return rows


def _labels(system: System | None, stored: list[str]) -> dict[str, Any]:
    """The system's steps by key, in their order; repeated ones as often as they were begun."""
    labels: dict[str, Any] = {}
    for step in system.steps if system else ():
        if not step.is_repeated:
            labels[step.key] = step.label
            continue
        for key in stored:
            base, _dash, number = key.rpartition("-")
            if base == step.key:
                labels[key] = f"{step.label} {number}"
    return labels | {key: key for key in stored if key not in labels}


@require_POST
@MANAGE
def export_retry_one(request: TenantRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(visible_exports(request.membership), pk=pk)
    if byhand.retry([export.pk], actor=request.user):
        messages.success(request, _("It is tried again now."))
    else:
        messages.warning(request, _("It arrived already, or is being sent right now."))
    return back_to_export(request, export)


@require_POST
@MANAGE
def export_close(request: TenantRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(visible_exports(request.membership), pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, export, error=str(form.errors["reason"][0]), status=422)
    try:
        byhand.close(export, actor=request.user, reason=form.cleaned_data["reason"])
    except IntegrationRefused as refused:
        return _detail_page(request, export, error=str(refused), status=422)
    messages.success(request, _("The export is closed."))
    return back_to_export(request, export)


def back_to_export(request: TenantRequest, export: Export) -> HttpResponse:
    """Where the button was: the invoice's page, or the export's own."""
    if request.POST.get("from") == "invoice":
        return _invoice_part(request, export.invoice_id)
    return redirect("integrations:export_detail", export.pk)


@require_GET
@SEE
def invoice_exports(request: TenantRequest, pk: int) -> HttpResponse:
    """For the invoice's page: where it went, following it while it is under way."""
    get_object_or_404(visible_invoices(request.membership), pk=pk)
    return _invoice_part(request, pk)


@require_POST
@MANAGE
def export_order(request: TenantRequest, pk: int, connection: int) -> HttpResponse:
    """Send a document that was posted before the connection was there."""
    invoice = get_object_or_404(visible_invoices(request.membership), pk=pk)
    over = get_object_or_404(Connection.objects.all(), pk=connection)
    error = ""
    try:
        byhand.order(invoice, over, actor=request.user)
    except IntegrationRefused as refused:
        error = str(refused)
    return _invoice_part(request, pk, error=error)


def _invoice_part(request: TenantRequest, pk: int, *, error: str = "") -> HttpResponse:
    invoice = get_object_or_404(visible_invoices(request.membership), pk=pk)
    exports = list(visible_exports(request.membership).filter(invoice=pk).order_by("pk"))
    answers = {one.connection_id: one for one in DocumentAnswers.objects.filter(invoice=pk)}
    for export in exports:
        dress(export)
        own = answers.get(export.connection_id)
        system = system_of(export.connection.system)
        export.chosen = read_back(system, own) if own else []  # type: ignore[attr-defined]
        export.asks = (  # type: ignore[attr-defined]
            export.status == Export.Status.FAILED
            and not export.remote_id
            and system is not None
            and asks_anything(system, export.connection.settings, invoice)
        )
    used = [export.connection_id for export in exports]
    context = {
        "invoice": invoice,
        "exports": exports,
        "payments": PaymentThere.objects.filter(export__invoice=pk)
        .select_related("export__invoice", "export__connection", "payment", "seen_by")
        .order_by("pk"),
        "others": []
        if not invoice.is_posted
        else Connection.objects.filter(is_active=True).exclude(pk__in=used),
        "is_under_way": any(export.status in UNDER_WAY for export in exports),
        "error": error,
    }
    template = "integrations/invoice_exports.html"
    part = "#part" if is_list_request(request) else ""
    return render(request, template + part, context, status=422 if error else 200)


def dress(export: Export) -> None:
    """Give a row what its template shows: the badge, and the system's name and icon."""
    export.tone, export.icon = TONES[Export.Status(export.status)]  # type: ignore[attr-defined]
    export.system = system_of(export.connection.system)  # type: ignore[attr-defined]
    export.takes_files = takes_files(export)  # type: ignore[attr-defined]
