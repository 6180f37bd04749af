"""Groups of customers: each change is one transaction with its audit entry."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.errors import GroupInUse
from customers.models import CustomerGroup
from tenants.audit import changes_to, log
from tenants.models import User


@transaction.atomic
def add_group(*, actor: User | None, name: str) -> CustomerGroup:
    group: CustomerGroup = CustomerGroup.objects.create(name=name)
    log("customer_group.added", group, actor=actor)
    return group


@transaction.atomic
def change_group(group: CustomerGroup, *, actor: User | None, name: str) -> CustomerGroup:
    group = CustomerGroup.objects.select_for_update().get(pk=group.pk)
    if changes := changes_to(group, {"name": name}):
        group.save(update_fields=list(changes))
        log("customer_group.changed", group, actor=actor, changes=changes)
    return group


@transaction.atomic
def remove_group(group: CustomerGroup, *, actor: User | None) -> None:
    """Delete a group that nobody is in and that no number series is meant for."""
    group = CustomerGroup.objects.select_for_update().get(pk=group.pk)
    uses = []
    if members := group.customers.count():
        uses.append(ngettext("%(n)s customer", "%(n)s customers", members) % {"n": members})
    # By name, not by import: the room of number series lies to the right of this one.
    if CustomerGroup.objects.filter(pk=group.pk, number_series__isnull=False).exists():
        uses.append(_("a number series"))
    if uses:
        raise GroupInUse(group=group.name, uses=", ".join(uses))
    log("customer_group.removed", group, actor=actor)
    group.delete()
