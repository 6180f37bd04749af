"""The PDFs of many documents as one zip: asked for, awaited, fetched."""

from uuid import UUID, uuid4

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.lists import ids_in, is_list_request
from invoicing.domain.bundles import KEPT_FOR, start_bundle
from invoicing.models import DocumentBundle
from invoicing.selectors.archive import indexed
from invoicing.views.archive.lists import filtered, within
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)


@require_POST
@SEE
def archive_zip_start(request: TenantRequest) -> HttpResponse:
    """Take the ticked documents, or with `all` everything the filters of the address show."""
    try:
        token = UUID(request.POST.get("token", ""))
    except ValueError:
        token = uuid4()
    try:
        bundle = start_bundle(asked_documents(request), token=token, actor=request.user)
    except DomainError as refusal:
        context = {"refusal": str(refusal)}
        return render(request, "invoicing/archive_zip_refused.html", context, status=422)
    url = reverse("invoicing:archive_zip", args=[bundle.pk])
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


@require_GET
@SEE
def archive_zip(request: TenantRequest, pk: int) -> HttpResponse:
    """How far it is; asks again by itself until it is finished."""
    bundle = _own(request, pk)
    context = {
        "bundle": bundle,
        "packed": bundle.total - len(bundle.missing),
        "kept_until": bundle.started_at + KEPT_FOR,
        "is_waiting_long": bundle.finished_at is None
        and (timezone.now() - bundle.updated_at).total_seconds() > 30,
    }
    template = "invoicing/archive_zip.html" + ("#zip" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def archive_zip_file(request: TenantRequest, pk: int) -> HttpResponseBase:
    bundle = _own(request, pk)
    if not bundle.file:
        raise Http404
    try:
        opened = bundle.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    day = timezone.localtime(bundle.started_at).date().isoformat()
    name = f"{_('invoices')}-{request.tenant.slug}-{day}.zip"
    return FileResponse(opened, as_attachment=True, filename=name, content_type="application/zip")


def _own(request: TenantRequest, pk: int) -> DocumentBundle:
    """Another person may see other documents, so a zip is for whoever asked for it."""
    bundle: DocumentBundle = get_object_or_404(
        DocumentBundle.objects.all(), pk=pk, started_by=request.user
    )
    return bundle


def asked_documents(request: TenantRequest) -> list[int]:
    """The ticked documents of the list, or with `all` everything its filters let through."""
    if "all" in request.POST:
        which, fixed = within(request, request.POST.get("within", ""))
        filter_set, rows = filtered(request, which, fixed=fixed)
        if filter_set.is_refused:
            return []
        return list(rows.exclude(status="draft").values_list("invoice_id", flat=True))
    keys = ids_in(request.POST.getlist("pk"))
    seen = set(
        indexed(request.membership, on=timezone.localdate())
        .filter(invoice__in=keys)
        .values_list("invoice_id", flat=True)
    )
    return [key for key in dict.fromkeys(keys) if key in seen]
