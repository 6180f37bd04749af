"""Products while somebody types, with what choosing one fills in."""

from typing import Any

from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from catalog.models import Product
from core.forms import typed_number
from core.money import CURRENCIES
from core.places import DocumentLanguage
from core.templatetags.figures import rate
from customers.domain.product_terms import filled_in
from customers.models import Customer, Project
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEARCH_RESULTS = 12


@require_GET
@permission_required(
    Permission.MANAGE_PRODUCTS,
    Permission.MANAGE_QUOTATIONS,
    Permission.CREATE_INVOICE,
    Permission.CREATE_PROJECT_INVOICE,
    Permission.RECORD_HOURS,
    Permission.EDIT_HOURS,
    Permission.EDIT_PROJECT_HOURS,
    Permission.MANAGE_ORDERS,
    Permission.MANAGE_PROJECT_ORDERS,
)
def product_search(request: TenantRequest) -> JsonResponse:
    """`?q=` in number and names; `?customer=&project=&language=&currency=` say for whom."""
    return JsonResponse({"results": products_offered(request)})


def products_offered(request: TenantRequest) -> list[dict[str, Any]]:
    """Those that fit, each with what it fills in."""
    asked = request.GET
    words = asked.get("q", "")[:100].split()
    project = _chosen(Project, asked.get("project", ""), "customer__tax_rate", "tax_rate")
    customer = project.customer if project else None
    customer = customer or _chosen(Customer, asked.get("customer", ""), "tax_rate")
    told = customer or request.tenant
    currency, language = asked.get("currency", ""), asked.get("language", "")
    currency = currency if currency in dict(CURRENCIES) else told.currency
    language = language if language in DocumentLanguage.values else told.language
    products: Any = Product.objects.filter(is_active=True)
    found = (
        products.matching(" ".join(words))
        .select_related("tax_rate")
        .prefetch_related("names", "prices")
        .order_by("number", "pk")[:SEARCH_RESULTS]
    )
    results = []
    for product in found:
        filled = filled_in(
            product,
            language=language,
            currency=currency,
            day=timezone.localdate(),
            customer=customer,
            project=project,
        )
        price = filled.unit_price
        results.append(
            {
                "id": product.pk,
                "number": product.number,
                "text": f"{product.number} {filled.text}",
                "hint": _("no price in %(currency)s") % {"currency": currency}
                if price is None
                else f"{rate(price, currency)} / {product.get_unit_display()}",
                "values": {
                    "text": filled.text,
                    "unit": filled.unit,
                    "unit_price": "" if price is None else typed_number(price, least_places=2),
                    "tax_rate": filled.tax_rate.pk if filled.tax_rate else "",
                    "account": filled.account,
                },
            }
        )
    return results


def _chosen(model: type[Any], asked: str, *related: str) -> Any:
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 18):
        return None
    return model.objects.select_related(*related).filter(pk=asked).first()
