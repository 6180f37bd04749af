"""Photos and the signature of a service order: sent, shown, taken away."""

from contextlib import suppress

from django.contrib import messages
from django.core.files.base import File
from django.http import Http404, HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.forms import add_refusal
from tenants.access import TenantRequest, permission_required
from tenants.errors import AnsweredAlready
from timesheets.domain.orders import evidence
from timesheets.domain.orders.access import SEE
from timesheets.errors import HoursRefused
from timesheets.models import ServiceOrderPhoto
from timesheets.views.orders.forms import OrderPhotoForm, OrderSignForm
from timesheets.views.orders.pages import order_or_404
from timesheets.views.orders.work import WORKS, back_to_work, order_to_work_on_or_403, work_page


@require_POST
@WORKS
def order_photos(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderPhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            with suppress(AnsweredAlready):
                evidence.add_photo(
                    pk,
                    upload=form.cleaned_data["photo"],
                    caption=form.cleaned_data["caption"],
                    actor=request.membership,
                    token=form.cleaned_data["token"],
                )
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The photo is saved."))
            return back_to_work(pk, "photos")
    return work_page(request, order, photo_form=form)


@require_GET
@permission_required(*SEE)
def order_photo(request: TenantRequest, pk: int, photo: int) -> HttpResponseBase:
    order = order_or_404(request, pk)
    found = get_object_or_404(ServiceOrderPhoto.objects.filter(order=order), pk=photo)
    return _picture(found.file, "image/jpeg")


@require_POST
@WORKS
def order_photo_remove(request: TenantRequest, pk: int, photo: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    try:
        evidence.remove_photo(pk, photo, actor=request.membership)
    except HoursRefused as refused:
        return work_page(request, order, refusal=str(refused))
    return back_to_work(pk, "photos")


@require_POST
@WORKS
def order_sign(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderSignForm(request.POST)
    if form.is_valid():
        try:
            evidence.sign(
                pk,
                name=form.cleaned_data["signed_by"],
                drawn=form.cleaned_data["drawn"],
                actor=request.membership,
                now=timezone.now(),
            )
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Signed, thank you."))
            return back_to_work(pk, "sign")
    return work_page(request, order, sign_form=form)


@require_POST
@WORKS
def order_unsign(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    try:
        evidence.remove_signature(pk, actor=request.membership)
    except HoursRefused as refused:
        return work_page(request, order, refusal=str(refused))
    return back_to_work(pk, "report")


@require_GET
@permission_required(*SEE)
def order_signature(request: TenantRequest, pk: int) -> HttpResponseBase:
    order = order_or_404(request, pk)
    if not order.signature:
        raise Http404
    return _picture(order.signature, "image/png")


def _picture(file: "File[bytes]", content_type: str) -> HttpResponseBase:
    """It never changes under its address, and belongs to this reader only."""
    try:
        response = FileResponse(file.open("rb"), content_type=content_type)
    except FileNotFoundError:
        raise Http404 from None
    response["Cache-Control"] = "private, max-age=3600"
    return response
