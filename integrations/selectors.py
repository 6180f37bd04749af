"""What pages of this room and icons of others read."""

from collections.abc import Collection

from customers.links import LinkedSystem
from integrations.models import CustomerLink
from integrations.registry import system_of


def linked_systems(customer_ids: Collection[int]) -> dict[int, list[LinkedSystem]]:
    """The icons beside customers: where each of them is linked to."""
    found: dict[int, list[LinkedSystem]] = {}
    links = (
        CustomerLink.objects.filter(customer__in=customer_ids, connection__is_active=True)
        .order_by("connection__name", "pk")
        .values_list("customer_id", "connection__system", "connection__name", "remote_name")
    )
    for customer_id, key, connection, remote_name in links:
        system = system_of(key)
        found.setdefault(customer_id, []).append(
            LinkedSystem(
                connection, system.icon if system else "plug", f"{connection}: {remote_name}"
            )
        )
    return found
