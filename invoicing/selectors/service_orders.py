"""Which service orders a document is about, and what their page offers of invoicing."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invoicing.models import Invoice, Source
from invoicing.selectors.visible import draftable_projects
from tenants.models import Membership
from tenants.roles import Permission
from timesheets.actions import OrderAction
from timesheets.domain.orders.access import visible_orders
from timesheets.models import ServiceOrder, Standing


def orders_of(invoice: Invoice, reader: Membership) -> QuerySet[ServiceOrder]:
    """Those whose work it was made of, freed since or not, as far as the reader sees them."""
    sources = Source.objects.filter(line__invoice=invoice).order_by()
    hours = sources.filter(time_entry__service_order__isnull=False)
    parts = sources.filter(charge__service_order__isnull=False)
    return (
        visible_orders(reader)
        .filter(
            Q(pk__in=hours.values("time_entry__service_order_id"))
            | Q(pk__in=parts.values("charge__service_order_id"))
        )
        .order_by("number")
    )


def offered_for(order: Any, reader: Membership) -> list[OrderAction]:
    """What the order's page offers; `order` comes with `standing`."""
    offered = []
    if order.started_at:
        report = reverse("invoicing:order_report", args=[order.pk])
        offered.append(
            OrderAction(label=_("Report"), icon="file-type-pdf", url=report, is_link=True)
        )
    if order.standing != Standing.DONE or not may_draft(order, reader):
        return offered
    if order.is_checked:
        start = reverse("invoicing:compose_start")
        offered.append(
            OrderAction(
                label=_("Choose lines…"),
                icon="list-details",
                url=f"{start}?order={order.pk}&since=open",
            ),
        )
    offered.append(
        OrderAction(
            label=_("Create invoice"),
            icon="file-plus",
            url=reverse("invoicing:order_draft", args=[order.pk]),
            is_main=True,
        )
    )
    return offered


def may_draft(order: ServiceOrder, reader: Membership) -> bool:
    if reader.may(Permission.CREATE_INVOICE):
        return True
    own = draftable_projects(reader)
    return order.project_id is not None and own.filter(pk=order.project_id).exists()
