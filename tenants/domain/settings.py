from typing import Any

from django.db import transaction

from tenants.audit import changes_to, log
from tenants.books import check_account, was_for_receivables
from tenants.errors import ControlIsNotYours, ReceivablesBookedThere
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission

ACCOUNTS = (
    "receivables_account", "bank_account", "cash_account", "credit_account", "discount_account",
    "bank_cost_account", "bad_debt_account",
)  # fmt: skip


@transaction.atomic
def change_settings(tenant: Tenant, *, actor: User, **values: Any) -> Tenant:
    """Change the company's details. Documents posted earlier keep what they were posted with."""
    # Not the key: every row that is written meanwhile refers to it.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    changes = changes_to(tenant, values)
    if "four_eyes" in changes:
        _refuse_the_controlled(tenant, actor)
    for name in ACCOUNTS:
        if name in changes:
            check_account(getattr(tenant, name), field=name)
    if "credit_account" in changes and was_for_receivables(tenant.credit_account):
        raise ReceivablesBookedThere(account=tenant.credit_account)
    if changes:
        tenant.save(update_fields=list(changes))
        log("settings.changed", tenant, actor=actor, changes=changes)
    return tenant


def _refuse_the_controlled(tenant: Tenant, actor: User) -> None:
    """Who may post and change settings would else let themselves through."""
    member = Membership.objects.filter(tenant=tenant, user=actor, is_active=True).first()
    if member is not None and not member.may(Permission.MANAGE_ROLES):
        raise ControlIsNotYours
