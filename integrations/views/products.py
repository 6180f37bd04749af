"""Which of the system's products ours are: products, tasks, tax rates, and a default."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.models import Product, TaxRate
from core.lists import ids_in, is_id, is_list_request, order_by_request, page_of
from integrations.domain import product_links
from integrations.domain.access import Door, door_of
from integrations.domain.product_guessing import ProductGuess, guess_products
from integrations.domain.product_links import Ours
from integrations.domain.products_needed import Needed, products_needed
from integrations.errors import IntegrationRefused
from integrations.filters import MappingFilter
from integrations.forms import NewProductForm
from integrations.models import Connection, ProductMapping
from integrations.ports import AdapterError, Can, ProductDetails, RemoteProduct
from integrations.registry import system_of
from tenants.access import TenantRequest, opens_own_scope, permission_required
from tenants.roles import Permission
from tenants.scope import tenant_scope
from timesheets.models import Task

MANAGE = permission_required(Permission.MANAGE_INTEGRATIONS)
# A register larger than this is searched product by product.
GUESSED_FROM = 2000
SHOWN_AS_NEEDED = 12
DEFAULT = "default"


@dataclass(frozen=True)
class Kind:
    """One of the page's lists."""

    key: str
    label: Any
    model: type[Product] | type[Task] | type[TaxRate]
    column: str
    searched: Sequence[str]
    sorts: dict[str, Sequence[str]]
    related: Sequence[str] = ()
    shown: Q = field(default_factory=Q)


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "product", gettext_lazy("Products"), Product, "product", ["number", "name"],
            {"name": ["name"], "number": ["number"], "there": ["remote_name", "name"]},
            shown=Q(is_active=True),
        ),
        Kind(
            "task", gettext_lazy("Tasks"), Task, "task", ["name", "project__name"],
            {"name": ["name"], "there": ["remote_name", "name"]},
            related=["project"],
            shown=Q(is_active=True, is_billable=True),
        ),
        Kind(
            "rate", gettext_lazy("Tax rates"), TaxRate, "tax_rate", ["name"],
            {"name": ["-percent", "name"], "there": ["remote_name", "name"]},
        ),
    )
}  # fmt: skip


@require_GET
@MANAGE
def mapping_list(request: TenantRequest, pk: int) -> HttpResponse:
    connection = _connection(pk)
    kind = KINDS.get(request.GET.get("kind", ""), KINDS["product"])
    needed = products_needed(connection)
    by_key = {one.pk: one for one in needed if one.kind == kind.key}
    filter_set = MappingFilter(
        request.GET, queryset=_rows(connection, kind), searched=kind.searched, needed=by_key
    )
    rows = order_by_request(request, filter_set.qs, kind.sorts, default="name")
    page = page_of(request, rows)
    for row in page:
        row.needed = by_key.get(row.pk)
    context = {
        "connection": connection,
        "system": system_of(connection.system),
        "kind": kind,
        "tabs": _tabs(connection, kind, needed),
        "default": ProductMapping.objects.filter(
            connection=connection, product=None, task=None, tax_rate=None
        ).first(),
        "needed": needed[:SHOWN_AS_NEEDED],
        "more_needed": max(0, len(needed) - SHOWN_AS_NEEDED),
        "filter": filter_set,
        "is_filtered": bool(request.GET.get("q") or request.GET.get("show")),
        "page": page,
        "guessed": ",".join(str(one.pk) for one in page if one.remote_id is None),
    }
    template = "integrations/mapping_list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


def _rows(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """With `remote_id`, `remote_name` and `remote_number` of the mapping."""
    mapping = ProductMapping.objects.filter(
        connection=connection, **{kind.column: OuterRef("pk")}
    ).order_by()
    rows: QuerySet[Any] = kind.model.objects.filter(kind.shown)
    if kind.related:
        rows = rows.select_related(*kind.related)
    annotated: QuerySet[Any] = rows.annotate(
        **{
            name: Subquery(mapping.values(name)[:1])
            for name in ("remote_id", "remote_name", "remote_number")
        }
    )
    return annotated


def _tabs(connection: Connection, open_kind: Kind, needed: list[Needed]) -> list[dict[str, Any]]:
    counts = {kind.key: sum(1 for one in needed if one.kind == kind.key) for kind in KINDS.values()}
    return [
        {
            "label": kind.label,
            "url": f"?kind={kind.key}",
            "active": kind is open_kind,
            "count": counts[kind.key] or "",
        }
        for kind in KINDS.values()
    ]


@opens_own_scope
@require_GET
@MANAGE
def mapping_guesses(request: TenantRequest, pk: int) -> HttpResponse:
    """Proposals for `?kind=product&pk=1,2`, as cells that are swapped into the list's rows."""
    kind = KINDS.get(request.GET.get("kind", ""), KINDS["product"])
    asked = ids_in(request.GET.get("pk", "").split(","))
    with tenant_scope(request.tenant.pk):
        connection = _connection(pk)
        rows = list(kind.model.objects.filter(pk__in=asked[:200]).order_by("name", "pk"))
    remote, failure = _asked(request, connection, "")
    guesses = guess_products(rows, remote)
    context = {
        "connection": connection,
        "kind": kind,
        "rows": [{"ours": row, "guess": guesses.get(row.pk)} for row in rows],
        "failure": failure,
    }
    return render(request, "integrations/mapping_guesses.html", context)


def _asked(
    request: TenantRequest, connection: Connection, text: str
) -> tuple[list[RemoteProduct], str]:
    """The products there, or the sentence why they are not known."""
    try:
        with tenant_scope(request.tenant.pk):
            door = door_of(connection)
        return _found(door, text), ""
    except (AdapterError, IntegrationRefused) as error:
        return [], str(error)


def _found(door: Door, text: str) -> list[RemoteProduct]:
    if text:
        return product_links.search_there(door, text)
    return product_links.list_there(door, GUESSED_FROM)


@opens_own_scope
@require_POST
@MANAGE
def mapping_many(request: TenantRequest, pk: int) -> HttpResponse:
    """Map what was ticked: `pick` is ours and the product's id there, joined by a colon."""
    picks = [pick.partition(":") for pick in request.POST.getlist("pick")]
    with tenant_scope(request.tenant.pk):
        connection = _connection(pk)
        wanted = [(_ours(of), there) for of, _colon, there in picks if there]
    remote, failure = _asked(request, connection, "")
    if failure:
        messages.error(request, failure)
        return redirect("integrations:mapping_list", pk)
    # Names and numbers are the system's, not the form's.
    by_id = {one.id: one for one in remote}
    mapped = 0
    with tenant_scope(request.tenant.pk):
        for ours, there in wanted:
            if there in by_id and ours is not None:
                product_links.map_to(connection, ours, by_id[there], actor=request.user)
                mapped += 1
    messages.success(
        request,
        ngettext("%(count)s is mapped.", "%(count)s are mapped.", mapped) % {"count": mapped},
    )
    return redirect(f"{reverse('integrations:mapping_list', args=[pk])}?{_kind_of(request)}")


@opens_own_scope
@require_GET
@MANAGE
def mapping_search(request: TenantRequest, pk: int) -> HttpResponse:
    """Products there for `?q=`; without it those of the same number or name as `?of=`."""
    with tenant_scope(request.tenant.pk):
        connection = _connection(pk)
        ours = _ours(request.GET.get("of", ""))
    asked = " ".join(request.GET.get("q", "").split())[:80]
    guess: ProductGuess | None = None
    found, failure = _asked(request, connection, asked)
    if not asked and ours is not None:
        guess = guess_products([ours], found).get(ours.pk)
        found = [guess.remote] if guess else found
    context = {
        "connection": connection,
        "system": system_of(connection.system),
        "of": request.GET.get("of", ""),
        "name": product_links.name_of(ours),
        "q": asked,
        "found": found[:50],
        "guess": guess,
        "failure": failure,
    }
    template = "integrations/mapping_search.html"
    if request.headers.get("HX-Target") == "found":
        template += "#found"
    with tenant_scope(request.tenant.pk):
        return render(request, template, context)


@opens_own_scope
@require_POST
@MANAGE
def mapping_choose(request: TenantRequest, pk: int) -> HttpResponse:
    """Say that `of` is the product `remote` there; `number` only helps to find it again."""
    with tenant_scope(request.tenant.pk):
        connection = _connection(pk)
        ours = _ours(request.POST.get("of", ""))
    wanted = request.POST.get("remote", "")
    hint = " ".join(request.POST.get("hint", "").split())[:80]
    found, failure = _asked(request, connection, hint)
    remote = next((one for one in found if one.id == wanted), None)
    if remote is None:
        messages.error(
            request, failure or _("This product is not there any more. Choose another one.")
        )
        return _back(request, pk)
    with tenant_scope(request.tenant.pk):
        product_links.map_to(connection, ours, remote, actor=request.user)
    messages.success(
        request,
        _("%(ours)s is %(there)s in %(connection)s.")
        % {
            "ours": product_links.name_of(ours).capitalize()
            if ours is None
            else product_links.name_of(ours),
            "there": remote.name,
            "connection": connection,
        },
    )
    return _back(request, pk)


@opens_own_scope
@require_http_methods(["GET", "POST"])
@MANAGE
def mapping_create(request: TenantRequest, pk: int) -> HttpResponse:
    """Add ours there as a product, and map it."""
    with tenant_scope(request.tenant.pk):
        connection = _connection(pk)
        ours = _ours(request.GET.get("of", ""))
        details = _details(ours, currency=request.tenant.currency)
    form = NewProductForm(
        request.POST or None, initial={"name": details.name[:50], "number": details.number}
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        wanted = ProductDetails(
            name=values["name"],
            number=values["number"],
            unit=details.unit,
            price=details.price,
            currency=details.currency,
            tax_percent=details.tax_percent,
            account=details.account,
        )
        try:
            with tenant_scope(request.tenant.pk):
                door = door_of(connection)
            made = product_links.create_there(door, wanted)
        except (AdapterError, IntegrationRefused) as error:
            form.add_error(None, str(error))
        else:
            with tenant_scope(request.tenant.pk):
                product_links.map_to(connection, ours, made, actor=request.user)
            messages.success(
                request,
                _("“%(name)s” is added to %(connection)s and mapped.")
                % {"name": made.name, "connection": connection},
            )
            return _back(request, pk)
    context = {
        "connection": connection,
        "system": system_of(connection.system),
        "of": request.GET.get("of", ""),
        "name": product_links.name_of(ours),
        "details": details,
        "form": form,
    }
    with tenant_scope(request.tenant.pk):
        return render(
            request,
            "integrations/mapping_form.html",
            context,
            status=422 if form.errors else 200,
        )


def _details(ours: Ours, *, currency: str) -> ProductDetails:
    if isinstance(ours, Product):
        rate = ours.tax_rate
        return ProductDetails(
            name=ours.name,
            number=ours.number,
            unit=ours.unit,
            price=ours.unit_price,
            currency=ours.currency,
            tax_percent=rate.percent if rate else None,
            account=ours.account or (rate.revenue_account if rate else ""),
        )
    if isinstance(ours, Task):
        return ProductDetails(name=ours.name, number="", unit="HUR", currency=currency)
    if isinstance(ours, TaxRate):
        return ProductDetails(
            name=ours.name,
            number="",
            currency=currency,
            tax_percent=ours.percent,
            account=ours.revenue_account,
        )
    return ProductDetails(name="", number="", currency=currency)


@require_POST
@MANAGE
def mapping_remove(request: TenantRequest, pk: int) -> HttpResponse:
    connection = _connection(pk)
    ours = _ours(request.POST.get("of", ""))
    if product_links.unmap(connection, ours, actor=request.user):
        messages.success(request, _("It has no product there any more."))
    return _back(request, pk)


def _connection(pk: int) -> Connection:
    """404 for a system without products, too."""
    connection: Connection = get_object_or_404(Connection.objects.all(), pk=pk)
    system = system_of(connection.system)
    if system is None or Can.PRODUCTS not in system.can:
        raise Http404
    return connection


def _ours(of: str) -> Ours:
    """`product-12`, `task-3`, `rate-4`, or `default`, which nothing means as well."""
    if of in ("", DEFAULT):
        return None
    key, _dash, number = of.partition("-")
    kind = KINDS.get(key)
    if kind is None or not is_id(number):
        raise Http404
    found: Ours = get_object_or_404(
        kind.model.objects.select_related("tax_rate") if kind.model is Product
        else kind.model.objects.all(),
        pk=int(number),
    )  # fmt: skip
    return found


def _kind_of(request: HttpRequest) -> str:
    of = request.POST.get("of") or request.GET.get("of") or request.POST.get("kind") or ""
    key = of.partition("-")[0]
    return f"kind={key}" if key in KINDS else ""


def _back(request: TenantRequest, pk: int) -> HttpResponse:
    """To the list, in the state it was opened from."""
    url = reverse("integrations:mapping_list", args=[pk])
    address = f"{url}?{_kind_of(request)}".rstrip("?")
    if "HX-Request" not in request.headers:
        return redirect(address)
    opened_from = request.htmx.current_url_abs_path or ""
    # The path of our own page only; the header comes from the browser.
    if opened_from.partition("?")[0] == url:
        address = opened_from
    return HttpResponse(status=204, headers={"HX-Redirect": address})
