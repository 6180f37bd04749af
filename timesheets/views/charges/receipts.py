"""Receipts of charges: taken with the telephone, shown, taken away."""

from contextlib import suppress

from django.contrib import messages
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.forms import add_refusal
from tenants.access import TenantRequest, permission_required
from tenants.errors import AnsweredAlready
from tenants.roles import Permission
from tenants.sent_forms import answer_once
from timesheets.domain import charges, receipts
from timesheets.domain.access import visible_charges
from timesheets.errors import HoursRefused
from timesheets.models import ChargeKind, Receipt
from timesheets.requested import number_of
from timesheets.views.charges.changes import WRITE, keep_receipt
from timesheets.views.charges.forms import SnapForm
from timesheets.views.charges.pages import SEE

SHOWN = 5


@require_http_methods(["GET", "POST"])
@permission_required(Permission.RECORD_HOURS)
def receipt_snap(request: TenantRequest) -> HttpResponse:
    """Made for a telephone: one photo, one amount, one project. The office does the rest."""
    initial = {
        "project": number_of(request.GET.get("project")),
        "charge_date": timezone.localdate(),
    }
    form = SnapForm(
        request.POST if request.method == "POST" else None, request.FILES or None, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            with suppress(AnsweredAlready):
                _record(request, form)
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The receipt is saved."))
            return redirect("timesheets:receipt_snap")
    mine = (
        visible_charges(request.membership)
        .filter(member=request.membership, kind=ChargeKind.EXPENSE)
        .select_related("customer", "project")
        .prefetch_related("receipts")
        .order_by("-created_at", "-pk")[:SHOWN]
    )
    context = {"form": form, "mine": mine}
    status = 422 if form.errors else 200
    return render(request, "timesheets/receipt_snap.html", context, status=status)


def _record(request: TenantRequest, form: SnapForm) -> None:
    typed = form.cleaned_data
    project = typed["project"]
    with transaction.atomic():
        answer_once(typed["token"])
        charge = charges.record_charge(
            actor=request.membership,
            kind=ChargeKind.EXPENSE,
            customer=project.customer,
            project=project,
            member=request.membership,
            charge_date=typed["charge_date"],
            text=typed["text"],
            cost=typed["cost"],
            unit_price=None,
        )
        keep_receipt(form, charge.pk, request)


@require_GET
@SEE
def charge_receipt(request: TenantRequest, pk: int, receipt: int) -> HttpResponseBase:
    """A picture is shown; a PDF of somebody else is downloaded and not opened under our address."""
    found = _receipt_or_404(request, pk, receipt)
    if "small" in request.GET and found.thumbnail:
        return _file(found.thumbnail, "image/jpeg")
    if not found.is_pdf:
        return _file(found.file, "image/jpeg")
    return _file(found.file, "application/pdf", name=found.name or f"receipt-{found.pk}.pdf")


@require_POST
@WRITE
def charge_receipt_remove(request: TenantRequest, pk: int, receipt: int) -> HttpResponse:
    _receipt_or_404(request, pk, receipt)
    try:
        receipts.remove_receipt(pk, receipt, actor=request.membership)
    except HoursRefused as refused:
        messages.error(request, str(refused))
    return redirect("timesheets:charge_edit", pk)


def _receipt_or_404(request: TenantRequest, pk: int, receipt: int) -> Receipt:
    get_object_or_404(visible_charges(request.membership), pk=pk)
    found: Receipt = get_object_or_404(Receipt.objects.filter(charge=pk), pk=receipt)
    return found


def _file(file: FieldFile, content_type: str, *, name: str = "") -> HttpResponseBase:
    """It never changes under its address, and belongs to this reader only."""
    try:
        response = FileResponse(
            file.open("rb"), content_type=content_type, as_attachment=bool(name), filename=name
        )
    except FileNotFoundError:
        raise Http404 from None
    response["Cache-Control"] = "private, max-age=3600"
    return response
