"""One charge in a dialog: new, changed, deleted, billable or not; and several at once."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.dialogs import close_dialog
from core.forms import add_refusal, text_of
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets.domain import charges, receipts
from timesheets.domain.access import visible_charges
from timesheets.domain.settling import DECIDE_BILLABLE, Step, settle
from timesheets.errors import ChargeRefused, HoursRefused, NoChargesThere
from timesheets.models import Charge, ChargeKind
from timesheets.requested import day_of, number_of
from timesheets.selectors.charges import charge_rows
from timesheets.views.charges.forms import ChargeForm
from timesheets.views.charges.pages import SEE, may_add_charges
from timesheets.views.settling import settle_and_tell
from timesheets.work_kinds import CHARGES

WRITE = permission_required(
    Permission.RECORD_HOURS, Permission.EDIT_HOURS, Permission.EDIT_PROJECT_HOURS
)
MOST_AT_ONCE = 1000


@require_http_methods(["GET", "POST"])
@WRITE
def charge_new(request: TenantRequest) -> HttpResponse:
    """`?customer=&project=&kind=` fill it in, `?copy=` with all that another charge says."""
    form = _form(request, None, _proposed(request))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                charge = charges.record_charge(actor=request.membership, **form.values())
                keep_receipt(form, charge.pk, request)
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The charge is saved."))
            return _done(request)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@SEE
def charge_edit(request: TenantRequest, pk: int) -> HttpResponse:
    """What is on a document, settled, somebody else's to write, or follows from a subscription or
    usage, is shown and not changed."""
    charge = _charge_or_404(request, pk)
    [row] = charge_rows([charge], request.membership)
    if request.method == "POST" and not row.may_write:
        raise PermissionDenied
    reason = charges.why_not_by_hand([charge]) if row.may_change else None
    if request.method == "GET" and (reason or not row.may_change):
        context = {
            "row": row, "charge": charge, "receipts": list(charge.receipts.all()), "reason": reason,
        }  # fmt: skip
        return render(request, "timesheets/charge_detail.html", context)
    form = _form(request, charge, None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                charges.change_charge(pk, actor=request.membership, **form.values())
                keep_receipt(form, pk, request)
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The charge is saved."))
            return _done(request)
    return _form_page(request, form, charge)


@require_POST
@WRITE
def charge_delete(request: TenantRequest, pk: int) -> HttpResponse:
    charge = _charge_or_404(request, pk)
    try:
        charges.delete_charges([charge.pk], actor=request.membership)
    except HoursRefused as refused:
        return _refused(request, refused)
    messages.success(request, _("The charge is deleted."))
    return _done(request)


@require_POST
@permission_required(*DECIDE_BILLABLE)
def charge_billable(request: TenantRequest, pk: int) -> HttpResponse:
    """Switch one charge in its row."""
    charge = _charge_or_404(request, pk)
    step = Step.NOT_BILLABLE if charge.is_billable else Step.BILLABLE
    error = ""
    try:
        settle(Charge.objects.filter(pk=pk), step=step, actor=request.membership)
    except HoursRefused as refused:
        error = str(refused)
    if "HX-Request" not in request.headers:
        if error:
            messages.warning(request, error)
        return redirect("timesheets:charge_list")
    [row] = charge_rows([_charge_or_404(request, pk)], request.membership)
    context = {"row": row, "error": error}
    template = "timesheets/charge_billable.html"
    return render(request, template, context, status=422 if error else 200)


class _Nothing(ChargeRefused):
    message = gettext_lazy("Tick the charges first.")


@require_POST
@permission_required(Permission.MARK_BILLED, Permission.WRITE_OFF, *DECIDE_BILLABLE)
def charge_bulk(request: TenantRequest) -> HttpResponse:
    """Ticked charges: all are deleted or none; of other steps, what cannot stays and is told."""
    asked = {number for text in request.POST.getlist("pk") if (number := number_of(text))}
    found = visible_charges(request.membership).filter(pk__in=sorted(asked)[:MOST_AT_ONCE])
    action = request.POST.get("action", "")
    try:
        if not asked:
            raise _Nothing
        if action == "delete":
            ids = list(found.values_list("pk", flat=True))
            if len(ids) < len(asked):
                raise NoChargesThere
            count = charges.delete_charges(ids, actor=request.membership)
            text = ngettext("%(count)s charge is deleted.", "%(count)s charges are deleted.", count)
            messages.success(request, text % {"count": count})
        elif action in Step:
            note = text_of(request, "note")
            settle_and_tell(request, CHARGES, found, step=Step(action), note=note)
        else:
            raise _Nothing
    except HoursRefused as refused:
        return _refused(request, refused)
    return _done(request)


def _charge_or_404(request: TenantRequest, pk: int) -> Charge:
    rows = visible_charges(request.membership)
    related = ("member", "customer", "project", "tax_rate", "product", "settled_by")
    return get_object_or_404(rows.select_related(*related), pk=pk)


def _proposed(request: TenantRequest) -> dict[str, Any]:
    copied = number_of(request.GET.get("copy"))
    if copied is not None:
        return ChargeForm.initial_of(_charge_or_404(request, copied))
    kind = request.GET.get("kind", "")
    return {
        "kind": kind if kind in ChargeKind else ChargeKind.EXPENSE,
        "customer": number_of(request.GET.get("customer")),
        "project": number_of(request.GET.get("project")),
        "member": request.membership.pk if request.membership.may("record_hours") else None,
        "charge_date": day_of(request.GET.get("day")) or timezone.localdate(),
        "quantity": "1",
        "is_billable": True,
    }


def _form(
    request: TenantRequest, charge: Charge | None, initial: dict[str, Any] | None
) -> ChargeForm:
    return ChargeForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        writer=request.membership,
        charge=charge,
        initial=initial if charge is None else ChargeForm.initial_of(charge),
    )


def keep_receipt(form: Form, charge_id: int, request: TenantRequest) -> None:
    """With the charge or not at all; a file that is refused is chosen again, the rest stays."""
    upload = form.cleaned_data["receipt"]
    if upload is not None:
        receipts.add_receipt(charge_id, upload=upload, actor=request.membership)


def _form_page(request: TenantRequest, form: ChargeForm, charge: Charge | None) -> HttpResponse:
    context = {
        "form": form,
        "charge": charge,
        "receipts": list(charge.receipts.all()) if charge else [],
        "may_add": may_add_charges(request.membership),
        "cancel": reverse("timesheets:charge_list"),
    }
    status = 422 if form.errors else 200
    return render(request, "timesheets/charge_form.html", context, status=status)


def _done(request: TenantRequest) -> HttpResponse:
    """The page behind the dialog follows; a plain form goes to the list."""
    if "HX-Request" in request.headers:
        return close_dialog()
    return redirect("timesheets:charge_list")


def _refused(request: TenantRequest, refused: HoursRefused) -> HttpResponse:
    if "HX-Request" in request.headers:
        context = {"refusal": str(refused)}
        return render(request, "timesheets/refusal.html", context, status=422)
    messages.error(request, str(refused))
    return redirect("timesheets:charge_list")
