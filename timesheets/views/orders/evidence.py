"""Photos and the signature of a service order: sent, shown, taken away."""

from django.core.files.base import File
from django.http import Http404, HttpResponse
from django.http.response import FileResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tenants.access import TenantRequest, permission_required
from timesheets.domain.orders import evidence
from timesheets.domain.orders.access import SEE
from timesheets.models import ServiceOrderPhoto
from timesheets.views.orders.forms import OrderPhotoForm, OrderSignForm
from timesheets.views.orders.pages import order_or_404
from timesheets.views.orders.work import WORKS, order_to_work_on_or_403, save, step


@require_POST
@WORKS
def order_photos(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderPhotoForm(request.POST, request.FILES)
    return save(
        request,
        order,
        lambda: evidence.add_photo(
            pk,
            upload=form.cleaned_data["photo"],
            caption=form.cleaned_data["caption"],
            actor=request.membership,
            token=form.cleaned_data["token"],
        ),
        said=_("The photo is saved."),
        place="photos",
        photo_form=form,
    )


@require_GET
@permission_required(*SEE)
def order_photo(request: TenantRequest, pk: int, photo: int) -> HttpResponseBase:
    order = order_or_404(request, pk)
    found = get_object_or_404(ServiceOrderPhoto.objects.filter(order=order), pk=photo)
    return _picture(found.file, "image/jpeg")


@require_POST
@WORKS
def order_photo_remove(request: TenantRequest, pk: int, photo: int) -> HttpResponse:
    actor = request.membership
    return step(request, pk, lambda: evidence.remove_photo(pk, photo, actor=actor), place="photos")


@require_POST
@WORKS
def order_sign(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderSignForm(request.POST)
    return save(
        request,
        order,
        lambda: evidence.sign(
            pk,
            name=form.cleaned_data["signed_by"],
            drawn=form.cleaned_data["drawn"],
            actor=request.membership,
            now=timezone.now(),
        ),
        said=_("Signed, thank you."),
        place="sign",
        sign_form=form,
    )


@require_POST
@WORKS
def order_unsign(request: TenantRequest, pk: int) -> HttpResponse:
    actor = request.membership
    return step(request, pk, lambda: evidence.remove_signature(pk, actor=actor), place="report")


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
