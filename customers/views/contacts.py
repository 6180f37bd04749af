from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.domain import registers
from customers.forms import ContactForm
from customers.models import Contact, Customer
from customers.selectors import visible_customers
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission


@require_http_methods(["GET", "POST"])
@permission_required(Permission.EDIT_CUSTOMERS)
def contact_new(request: TenantRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    is_first = not customer.contacts.exists()
    blank = Contact(tenant=request.tenant, customer=customer, gets_invoices=is_first)
    form = ContactForm(request.POST or None, instance=blank)
    if request.method == "POST" and form.is_valid():
        contact = registers.add_contact(customer, actor=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is added.") % {"name": contact.name})
        return _back(request, customer)
    return _form_page(request, form, customer, None)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.EDIT_CUSTOMERS)
def contact_edit(request: TenantRequest, pk: int) -> HttpResponse:
    contact = _contact(request, pk)
    form = ContactForm(request.POST or None, instance=contact)
    if request.method == "POST" and form.is_valid():
        registers.change_contact(contact, actor=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is saved.") % {"name": contact.name})
        return _back(request, contact.customer)
    return _form_page(request, form, contact.customer, Contact.objects.get(pk=pk))


@require_POST
@permission_required(Permission.EDIT_CUSTOMERS)
def contact_remove(request: TenantRequest, pk: int) -> HttpResponse:
    contact = _contact(request, pk)
    customer = contact.customer
    registers.remove_contact(contact, actor=request.user)
    messages.success(request, _("%(name)s is removed.") % {"name": contact.name})
    return _back(request, customer)


def _contact(request: TenantRequest, pk: int) -> Contact:
    customers = visible_customers(request.membership).order_by().values("pk")
    contacts = Contact.objects.select_related("customer").filter(customer__in=customers)
    contact: Contact = get_object_or_404(contacts, pk=pk)
    return contact


def _back(request: TenantRequest, customer: Customer) -> HttpResponse:
    """Back to the customer's contacts, out of the dialog as well."""
    url = reverse("customers:customer_detail", args=[customer.pk]) + "?tab=contacts"
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _form_page(
    request: TenantRequest, form: ContactForm, customer: Customer, contact: Contact | None
) -> HttpResponse:
    context = {"form": form, "customer": customer, "contact": contact}
    status = 422 if form.errors else 200
    return render(request, "customers/contact_form.html", context, status=status)
