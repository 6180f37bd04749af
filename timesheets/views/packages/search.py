"""What a line of a draft is filled in from while somebody types: products and packages."""

from typing import Any

from django.db.models import Q
from django.http import JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.forms import typed_number
from core.templatetags.figures import rate
from customers.views.products import products_offered
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission
from timesheets.domain.packages.due import whole_period
from timesheets.models import BillingPeriod, OwnTerms, PackageComponent, Subscription
from timesheets.requested import number_of
from timesheets.selectors.packages import current_prices
from timesheets.views.packages.filters import RUNNING, state_is

MOST_COMPONENTS = 8


@require_GET
@permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)
def line_search(request: TenantRequest) -> JsonResponse:
    """`?q=` in products and packages; `?customer=&currency=` say for whom."""
    return JsonResponse({"results": [*products_offered(request), *_components(request)]})


def _components(request: TenantRequest) -> list[dict[str, Any]]:
    """With the customer's own quantity and price, for the period of the calendar that runs."""
    asked, today = request.GET, timezone.localdate()
    found = PackageComponent.objects.filter(
        package__is_active=True, package__currency=asked.get("currency", "EUR")[:3]
    )
    for word in asked.get("q", "")[:100].split():
        found = found.filter(Q(name__icontains=word) | Q(package__name__icontains=word))
    components = list(
        found.select_related("package", "tax_rate").order_by(
            "package__name", "package_id", "position", "pk"
        )[:MOST_COMPONENTS]
    )
    prices = current_prices(components, today)
    customer = number_of(asked.get("customer", ""))
    running = Subscription.objects.filter(state_is(RUNNING, today), customer=customer or 0)
    own = {
        row.component_id: row  # of several the subscription that began last
        for row in OwnTerms.objects.filter(
            component__in=components, subscription__in=running
        ).order_by("subscription__start_date", "pk")
    }
    results = []
    for component in components:
        mine, price = own.get(component.pk), prices.get(component.pk)
        unit_price = price.unit_price if price else None
        if mine and mine.unit_price is not None:
            unit_price = mine.unit_price
        quantity = component.quantity
        if mine and mine.quantity is not None:
            quantity = mine.quantity
        days = {}
        hint = component.package.name
        if component.period != BillingPeriod.ONCE:
            span = whole_period(BillingPeriod(component.period), today)
            days = {"start_date": span.start.isoformat(), "end_date": span.end.isoformat()}
            hint = f"{hint} · {date_format(span.start, 'SHORT_DATE_FORMAT')}–" + date_format(
                span.end, "SHORT_DATE_FORMAT"
            )
        priced = (
            _("no price today")
            if unit_price is None
            else rate(unit_price, component.package.currency)
        )
        results.append(
            {
                "id": "",
                "number": "",
                "text": component.name,
                "hint": f"{hint} · {priced}",
                "values": {
                    "text": component.name,
                    "quantity": typed_number(quantity),
                    "unit": component.unit,
                    "unit_price": ""
                    if unit_price is None
                    else typed_number(unit_price, least_places=2),
                    "tax_rate": component.tax_rate_id or "",
                    "account": component.account,
                    **days,
                },
            }
        )
    return results
