"""Which template documents of a customer or a project get, chosen on that one's own page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.lists import is_list_request
from customers.models import Customer, Project
from customers.selectors import visible_customers, visible_projects
from invoicing.domain.templates import choose, offered_templates, take_choice_away
from invoicing.models import TemplateChoice
from invoicing.templating.chain import chain_of
from invoicing.templating.errors import TemplateRefusedError
from invoicing.views.drafts.forms import whole
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.MANAGE_INVOICE_TEMPLATE)


@require_http_methods(["GET", "POST"])
@SEE
def customer_template(request: TenantRequest, pk: int) -> HttpResponse:
    """A card of the customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    return _answer(request, customer=customer)


@require_http_methods(["GET", "POST"])
@SEE
def project_template(request: TenantRequest, pk: int) -> HttpResponse:
    """A card of the project's page."""
    projects = visible_projects(request.membership).select_related("customer")
    project = get_object_or_404(projects, pk=pk)
    return _answer(request, project=project)


def _answer(
    request: TenantRequest, *, customer: Customer | None = None, project: Project | None = None
) -> HttpResponse:
    whose: Any = {"customer": customer} if customer else {"project": project}
    refusal = ""
    if request.method == "POST":
        try:
            refusal = _chosen(request, whose)
        except TemplateRefusedError as refused:
            refusal = str(refused)
        if not refusal:
            messages.success(request, _("Saved."))
            return redirect(_address(customer, project))
    return _page(request, customer, project, whose, refusal)


def _chosen(request: TenantRequest, whose: dict[str, Any]) -> str:
    """Do what was asked for; returns why not."""
    asked = request.POST.get("template", "")
    if asked == "":
        present = TemplateChoice.objects.filter(**whose).first()
        if present is not None:
            take_choice_away(present, actor=request.user)
        return ""
    template = offered_templates().filter(pk=whole(asked)).first()
    if template is None:
        return _("Choose a template from the list.")
    choose(template, actor=request.user, **whose)
    return ""


def _page(
    request: TenantRequest,
    customer: Customer | None,
    project: Project | None,
    whose: dict[str, Any],
    refusal: str,
) -> HttpResponse:
    chain = chain_of(customer=customer, project=project)
    own = TemplateChoice.objects.filter(**whose).select_related("template").first()
    context = {
        "customer": customer,
        "project": project,
        "own": own,
        "chain": chain,
        # What holds where this page chooses nothing.
        "inherited": chain[1] if own else chain[0],
        "offered": offered_templates(own.template_id if own else None),
        "projects": _of_projects(request, customer) if customer else [],
        "refusal": refusal,
    }
    template = "invoicing/templates/choice.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refusal else 200)


def _of_projects(request: TenantRequest, customer: Customer) -> list[TemplateChoice]:
    """The customer's projects that go their own way."""
    found = TemplateChoice.objects.filter(
        project__in=visible_projects(request.membership).filter(customer=customer)
    ).select_related("template", "project")
    return list(found.order_by("project__name", "pk"))


def _address(customer: Customer | None, project: Project | None) -> str:
    if customer is not None:
        return reverse("customers:customer_detail", args=[customer.pk])
    assert project is not None
    return reverse("customers:project_detail", args=[project.pk])
