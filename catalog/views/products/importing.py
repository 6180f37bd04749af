"""A file of products: sent, looked at, saved."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from catalog.domain.product_columns import example_head
from catalog.domain.product_import import (
    MOST_KB,
    MOST_ROWS,
    Outcome,
    ProductPlan,
    plan_import,
    save_import,
    text_of_file,
)
from catalog.errors import ImportTooLarge, ProductRefused
from catalog.views.products.forms import ProductFileForm
from catalog.views.products.pages import MANAGE
from core.csv_files import FileRefused
from core.forms import add_refusal
from tenants.access import TenantRequest

PAGE = "catalog/product_import.html"
SHOWN = 200


@require_http_methods(["GET", "POST"])
@MANAGE
def product_import(request: TenantRequest) -> HttpResponse:
    """Look at what a file would do. The file itself comes back with the page, to be saved."""
    form = ProductFileForm(
        request.POST if request.method == "POST" else None, request.FILES or None
    )
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MOST_KB * 1000:
                raise ImportTooLarge(most=MOST_KB)
            text = text_of_file(upload.read())
            plan = plan_import(text, tenant=request.tenant)
        except ProductRefused as refused:
            add_refusal(form, refused)
        except FileRefused as refused:
            form.add_error("file", str(refused))
        else:
            return _show(request, ProductFileForm(), plan=plan, content=text)
    return _show(request, form)


@require_POST
@MANAGE
def product_import_save(request: TenantRequest) -> HttpResponse:
    content = request.POST.get("content", "")
    try:
        new, changed = save_import(
            content,
            fingerprint=request.POST.get("fingerprint", ""),
            tenant=request.tenant,
            actor=request.user,
        )
    except ProductRefused as refused:
        return _again(request, content, refused)
    added = ngettext("%(count)s product is added", "%(count)s products are added", new)
    updated = ngettext("%(count)s is changed", "%(count)s are changed", changed)
    told = f"{added % {'count': new}}, {updated % {'count': changed}}."
    messages.success(request, told)
    return redirect("catalog:product_list")


def _again(request: TenantRequest, content: str, refused: ProductRefused) -> HttpResponse:
    """The preview as it is now, or the first page where the file cannot be read at all."""
    try:
        plan = plan_import(content, tenant=request.tenant)
    except ProductRefused as unreadable:
        form = ProductFileForm({})
        form.errors.clear()
        form.add_error("file", str(unreadable))
        return _show(request, form)
    return _show(
        request, ProductFileForm(), plan=plan, content=content, refusal=str(refused), status=422
    )


def _show(
    request: TenantRequest,
    form: ProductFileForm,
    *,
    plan: ProductPlan | None = None,
    content: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "plan": plan,
        "content": content,
        "refusal": refusal,
        "example": example_head(),
        "most_kb": MOST_KB,
        "most_rows": MOST_ROWS,
    }
    if plan is not None:
        # What needs a look comes first.
        order = [Outcome.REFUSED, Outcome.CHANGED, Outcome.NEW, Outcome.SAME]
        rows = sorted(plan.rows, key=lambda row: (order.index(row.outcome), row.line))
        context |= {
            "rows": rows[:SHOWN],
            "more": len(rows) - SHOWN,
            "counts": {outcome.value: plan.count(outcome) for outcome in Outcome},
            "save_label": ngettext(
                "Save %(count)s product", "Save %(count)s products", plan.to_save
            )
            % {"count": plan.to_save},
            "left_out": _("Columns that are not read: %(names)s.")
            % {"names": ", ".join(plan.left_out)}
            if plan.left_out
            else "",
        }
    return render(request, PAGE, context, status=422 if form.errors else status)
