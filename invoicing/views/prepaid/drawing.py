"""What would be drawn of a customer's prepaid hours, doing exactly that, and undoing it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.templatetags.figures import hours
from customers.models import Customer
from customers.selectors import visible_customers
from invoicing.domain.prepaid.drawing import Shown, draw_hours, undo_draws
from invoicing.domain.prepaid.planning import LeftOpen, Plan, plan_draw
from invoicing.prepaid_errors import PrepaidRefused
from invoicing.selectors.prepaid import drawable_prepaid
from invoicing.views.prepaid.forms import DrawForm
from invoicing.views.prepaid.pages import detail_page
from tenants.access import TenantRequest, permission_required
from tenants.models import Tenant
from tenants.roles import Permission
from timesheets.requested import number_of

DRAW = permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)
# The rest of a long preview is counted.
ROWS_SHOWN = 200


@require_http_methods(["GET", "POST"])
@DRAW
def prepaid_draw(request: TenantRequest, pk: int) -> HttpResponse:
    """GET shows what would be drawn, POST with what was shown does it."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    mine = drawable_prepaid(request.membership, request.tenant).filter(customer=customer)
    prepaid_ids = set(mine.values_list("pk", flat=True))
    form = DrawForm(
        request.GET,
        may_unlocked=request.tenant.unlocked_hours != Tenant.UnlockedHours.REFUSE,
    )
    if not form.is_valid():
        return _page(request, customer, form, None, status=422)
    asked: dict[str, Any] = {
        "until": form.cleaned_data["until"] or timezone.localdate(),
        "allow_unlocked": form.cleaned_data.get("unlocked", False),
    }
    if request.method == "GET":
        return _page(request, customer, form, plan_draw(customer, prepaid_ids=prepaid_ids, **asked))
    try:
        shown = _shown(request.POST.get("shown", ""))
        if not {prepaid for prepaid, _entry, _minutes in shown} <= prepaid_ids:
            raise Http404
        plan = draw_hours(customer, actor=request.user, shown=shown, **asked)
    except PrepaidRefused as refused:
        plan = plan_draw(customer, prepaid_ids=prepaid_ids, **asked)
        return _page(request, customer, form, plan, refusal=str(refused), status=422)
    messages.success(
        request,
        _("%(hours)s h are drawn. They are billed by what was prepaid.")
        % {"hours": hours(plan.minutes)},
    )
    drawn = [part.prepaid.pk for part in plan.parts if part.draws]
    if len(drawn) == 1:
        return redirect("invoicing:prepaid_detail", drawn[0])
    return redirect(f"{reverse('customers:customer_detail', args=[pk])}?tab=prepaid")


@require_POST
@DRAW
def prepaid_undo(request: TenantRequest, pk: int) -> HttpResponse:
    """The ticked draws; `all` undoes all of them."""
    prepaid = get_object_or_404(drawable_prepaid(request.membership, request.tenant), pk=pk)
    ticked = {number_of(typed) or 0 for typed in request.POST.getlist("draw")}
    try:
        minutes = undo_draws(
            prepaid, actor=request.user, draw_ids=None if "all" in request.POST else ticked
        )
    except PrepaidRefused as refused:
        return detail_page(request, pk, refusal=str(refused))
    messages.success(
        request,
        _("%(hours)s h are free again. Their hours can be invoiced.") % {"hours": hours(minutes)},
    )
    return redirect("invoicing:prepaid_detail", pk)


def _page(
    request: TenantRequest,
    customer: Customer,
    form: DrawForm,
    plan: Plan | None,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    left_open = plan.left_open if plan else []
    context = {
        "customer": customer,
        "form": form,
        "plan": plan,
        "today": timezone.localdate(),
        "parts": [
            (part, part.draws[:ROWS_SHOWN], max(len(part.draws) - ROWS_SHOWN, 0))
            for part in (plan.parts if plan else [])
        ],
        "left_open": [
            (reason.label, len(found), sum(draw.entry.minutes for draw in found))
            for reason in LeftOpen
            if (found := [draw for draw, why in left_open if why == reason])
        ],
        "shown": ",".join(":".join(map(str, one)) for one in (plan.shown if plan else [])),
        "refusal": refusal,
    }
    return render(request, "invoicing/prepaid/draw.html", context, status=status)


def _shown(typed: str) -> list[Shown]:
    """`7:12:90,...`: prepaid hours, entry, minutes. What cannot be read promises nothing."""
    found = []
    for one in typed.split(","):
        numbers = [number_of(number) for number in one.split(":")]
        if len(numbers) == 3 and None not in numbers:
            prepaid, entry, minutes = (number or 0 for number in numbers)
            found.append((prepaid, entry, minutes))
    return found
