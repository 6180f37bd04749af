"""Which of the system's customers ours are: one by one, or many by best guess."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.lists import ids_in, is_id, is_list_request, order_by_request, page_of
from customers.models import Customer
from customers.selectors import visible_customers
from integrations.domain import linking
from integrations.domain.access import Door, door_of
from integrations.domain.guessing import differs, guess_all
from integrations.errors import CustomersAddedThere, IntegrationRefused
from integrations.filters import LinkFilter
from integrations.forms import SidesForm
from integrations.models import Connection, CustomerLink
from integrations.ports import AdapterError, Can, Partner
from integrations.registry import system_of
from integrations.selectors import customers_with_link
from tenants.access import TenantRequest, opens_own_scope, permission_required
from tenants.roles import Permission
from tenants.scope import tenant_scope

MANAGE = permission_required(Permission.MANAGE_INTEGRATIONS)
SORTS = {"name": ["name"], "number": ["number"], "there": ["remote_name", "name"]}
# A register larger than this is searched customer by customer.
GUESSED_FROM = 2000


@require_GET
@MANAGE
def link_list(request: TenantRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection.objects.all(), pk=pk)
    filter_set = LinkFilter(
        request.GET, queryset=customers_with_link(connection).filter(is_active=True)
    )
    rows = order_by_request(request, filter_set.qs, SORTS, default="name")
    page = page_of(request, rows)
    context = {
        "connection": connection,
        "filter": filter_set,
        "page": page,
        "guessed": ",".join(str(one.pk) for one in page if one.remote_id is None),
        "system": system_of(connection.system),
    }
    template = "integrations/link_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@opens_own_scope
@require_GET
@MANAGE
def link_guesses(request: TenantRequest, pk: int) -> HttpResponse:
    """Guesses for `?pk=1,2,3`, as cells that are swapped into the list's rows."""
    asked = ids_in(request.GET.get("pk", "").split(","))
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
        customers = list(Customer.objects.filter(pk__in=asked[:200]).order_by("name", "pk"))
    failure, partners = "", []
    try:
        with tenant_scope(request.tenant.pk):
            door = door_of(connection)
        partners = linking.list_there(door, GUESSED_FROM)
    except (AdapterError, IntegrationRefused) as error:
        failure = str(error)
    guesses = guess_all(customers, partners)
    rows = [{"customer": customer, "guess": guesses.get(customer.pk)} for customer in customers]
    context = {
        "rows": rows,
        "connection": connection,
        "failure": failure,
        "sure": sum(1 for guess in guesses.values() if guess.is_sure),
    }
    return render(request, "integrations/link_guesses.html", context)


@opens_own_scope
@require_POST
@MANAGE
def link_many(request: TenantRequest, pk: int) -> HttpResponse:
    """Link what was ticked: `pick` is the customer's id and the partner's, joined by a colon.

    Only what is sure is linked here; everything else, likeness of names above all, is for a person
    who looks at both sides.
    """
    picks = [pick.partition(":") for pick in request.POST.getlist("pick")]
    wanted = {int(own): there for own, _colon, there in picks if is_id(own) and there}
    with tenant_scope(request.tenant.pk):
        connection = get_object_or_404(Connection.objects.all(), pk=pk)
    try:
        with tenant_scope(request.tenant.pk):
            door = door_of(connection)
        # Names and numbers are the system's, not the form's.
        partners = linking.list_there(door, GUESSED_FROM)
    except (AdapterError, IntegrationRefused) as error:
        messages.error(request, str(error))
        return redirect("integrations:link_list", pk)
    with tenant_scope(request.tenant.pk):
        customers = list(Customer.objects.filter(pk__in=wanted).order_by("pk"))
        guesses = guess_all(customers, partners)
        linked = 0
        for customer in customers:
            guess = guesses.get(customer.pk)
            if guess is None or not guess.is_sure or guess.partner.id != wanted[customer.pk]:
                continue
            linking.link(connection, customer, guess.partner, actor=request.user)
            linked += 1
    if linked:
        messages.success(
            request,
            ngettext("%(count)s customer is linked.", "%(count)s customers are linked.", linked)
            % {"count": linked},
        )
    if left := len(customers) - linked:
        messages.warning(
            request,
            ngettext("%(count)s is not linked: open it and look whether it is the same customer.",
                     "%(count)s are not linked: open each and look whether it is the same"
                     " customer.", left) % {"count": left},
        )  # fmt: skip
    return redirect(f"{reverse('integrations:link_list', args=[pk])}?linked=no")


@require_GET
@MANAGE
def customer_links(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a customer's page."""
    customer = get_object_or_404(visible_customers(request.membership), pk=pk)
    links = {
        link.connection_id: link
        for link in CustomerLink.objects.filter(customer=customer).select_related("linked_by")
    }
    rows = [
        {
            "connection": connection,
            "system": system_of(connection.system),
            "link": links.get(connection.pk),
        }
        for connection in Connection.objects.order_by("-is_active", "name", "pk")
        if connection.is_active or connection.pk in links
    ]
    context = {"customer": customer, "rows": rows}
    template = "integrations/customer_links.html"
    return render(request, template + ("#part" if is_list_request(request) else ""), context)


@opens_own_scope
@require_GET
@MANAGE
def link_search(request: TenantRequest, pk: int, connection: int) -> HttpResponse:
    """Customers there, for `?q=`; without it those like ours by ids, number and name."""
    with tenant_scope(request.tenant.pk):
        customer, there = _both(pk, connection)
    asked = " ".join(request.GET.get("q", "").split())
    failure, found = "", []
    try:
        with tenant_scope(request.tenant.pk):
            door = door_of(there)
        found = linking.search_there(door, asked) if asked else _alike(door, customer)
    except (AdapterError, IntegrationRefused) as error:
        failure = str(error)
    context = {
        "customer": customer,
        "connection": there,
        "system": system_of(there.system),
        "q": asked,
        "found": [
            {"partner": partner, "guess": guess_all([customer], [partner]).get(customer.pk)}
            for partner in found
        ],
        "failure": failure,
        "may_create": _takes_customers(there),
    }
    template = "integrations/link_search.html"
    if request.headers.get("HX-Target") == "found":
        template += "#found"
    with tenant_scope(request.tenant.pk):
        return render(request, template, context)


def _alike(door: Door, customer: Customer) -> list[Partner]:
    """The surest first; the first that finds anybody is enough."""
    name = customer.name.split(",")[0].strip()
    first_word = name.split()[0] if name else ""
    texts = (customer.business_id, customer.vat_id, customer.number, name, first_word)
    found: dict[str, Partner] = {}
    for text in dict.fromkeys(texts):
        if not text:
            continue
        for partner in linking.search_there(door, text):
            found.setdefault(partner.id, partner)
        # Of a number alone nothing follows: names are looked for all the same.
        if found and text != customer.number:
            break
    return list(found.values())


def _takes_customers(connection: Connection) -> bool:
    system = system_of(connection.system)
    return system is not None and Can.CUSTOMERS in system.abilities(connection.settings)


@opens_own_scope
@require_http_methods(["GET", "POST"])
@MANAGE
def link_edit(request: TenantRequest, pk: int, connection: int) -> HttpResponse:
    """Link `?remote=` and edit what both sides hold on the way; both are saved, or neither."""
    remote_id = request.GET.get("remote", "")
    usual_days = request.tenant.payment_term_days
    with tenant_scope(request.tenant.pk):
        customer, there = _both(pk, connection)
        side = linking.own_side(customer)
    try:
        with tenant_scope(request.tenant.pk):
            door = door_of(there)
        partner = linking.read_there(door, remote_id)
    except (AdapterError, IntegrationRefused) as error:
        return _dialog(request, customer, there, None, None, failure=str(error))
    form = SidesForm(request.POST or None, initial=_proposed(side, partner), usual_days=usual_days)
    if request.method != "POST" or not form.is_valid():
        return _dialog(request, customer, there, partner, form)
    side = form.side()
    try:
        linking.change_there(door, remote_id, _whole(side, usual_days))
    except AdapterError as error:
        form.add_error(None, error.sentence)
        return _dialog(request, customer, there, partner, form)
    with tenant_scope(request.tenant.pk):
        linking.save_own_side(customer, side, actor=request.user)
        linking.link(there, customer, partner, actor=request.user)
    messages.success(
        request,
        _("%(customer)s is linked to %(partner)s.")
        % {"customer": customer, "partner": partner.name},
    )
    return _back(request, customer)


@opens_own_scope
@require_http_methods(["GET", "POST"])
@MANAGE
def link_create(request: TenantRequest, pk: int, connection: int) -> HttpResponse:
    """Add our customer there, and link it."""
    usual_days = request.tenant.payment_term_days
    with tenant_scope(request.tenant.pk):
        customer, there = _both(pk, connection)
        side = linking.own_side(customer)
    if not _takes_customers(there):
        system = system_of(there.system)
        refused = CustomersAddedThere(system=system.title if system else there, customer=customer)
        return _dialog(request, customer, there, None, None, failure=str(refused), status=422)
    form = SidesForm(
        request.POST or None,
        initial={
            "contact_name": side.contact_name,
            "email": side.email,
            "payment_term_days": side.payment_term_days,
        },
        usual_days=usual_days,
    )
    if request.method != "POST" or not form.is_valid():
        return _dialog(request, customer, there, None, form)
    side = form.side()
    try:
        with tenant_scope(request.tenant.pk):
            door = door_of(there)
        details = linking.details_of(customer, side, usual_days=usual_days)
        partner = linking.create_there(door, details)
    except (AdapterError, IntegrationRefused) as error:
        form.add_error(None, str(error))
        return _dialog(request, customer, there, None, form)
    with tenant_scope(request.tenant.pk):
        linking.save_own_side(customer, side, actor=request.user)
        linking.link(there, customer, partner, actor=request.user)
    messages.success(
        request,
        _("%(customer)s is added to %(connection)s and linked.")
        % {"customer": customer, "connection": there},
    )
    return _back(request, customer)


@require_POST
@MANAGE
def link_remove(request: TenantRequest, pk: int, connection: int) -> HttpResponse:
    link = get_object_or_404(
        CustomerLink.objects.select_related("customer", "connection"),
        customer=pk,
        connection=connection,
    )
    linking.unlink(link, actor=request.user)
    messages.success(request, _("The link is removed."))
    return _back(request, link.customer)


def _both(customer_pk: int, connection_pk: int) -> tuple[Customer, Connection]:
    customer = get_object_or_404(Customer.objects.all(), pk=customer_pk)
    connection = get_object_or_404(Connection.objects.all(), pk=connection_pk)
    return customer, connection


def _proposed(side: linking.OwnSide, partner: Partner) -> dict[str, Any]:
    """Ours first; what we lack comes from there."""
    days = side.payment_term_days
    return {
        "contact_name": side.contact_name or partner.contact_name,
        "email": side.email or partner.email,
        "payment_term_days": partner.payment_term_days if days is None else days,
    }


def _whole(side: linking.OwnSide, usual_days: int) -> linking.OwnSide:
    """The other side knows nothing of the company's own payment term."""
    days = side.payment_term_days
    return linking.OwnSide(side.contact_name, side.email, usual_days if days is None else days)


def _dialog(
    request: TenantRequest,
    customer: Customer,
    connection: Connection,
    partner: Partner | None,
    form: SidesForm | None,
    *,
    failure: str = "",
    status: int = 0,
) -> HttpResponse:
    context = {
        "customer": customer,
        "connection": connection,
        "system": system_of(connection.system),
        "partner": partner,
        "form": form,
        "failure": failure,
        "other_identity": partner is not None and differs(customer, partner),
    }
    status = status or (422 if form is not None and form.errors else 200)
    with tenant_scope(request.tenant.pk):
        return render(request, "integrations/link_form.html", context, status=status)


def _back(request: TenantRequest, customer: Customer) -> HttpResponse:
    """To the page the dialog was opened from, or to the customer's tab."""
    url = reverse("customers:customer_detail", args=[customer.pk]) + "?tab=systems"
    if "HX-Request" not in request.headers:
        return redirect(url)
    opened_from = request.htmx.current_url_abs_path or ""
    for name in ("integrations:export_list", "integrations:connection_list"):
        # The path of our own page only; the header comes from the browser.
        if opened_from.startswith(reverse(name)):
            url = opened_from
    return HttpResponse(status=204, headers={"HX-Redirect": url})
