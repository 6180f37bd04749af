"""Writing charges: one, or many at once, with everything that must hold of them."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product, TaxRate, Unit
from customers.domain.product_terms import rate_of
from customers.models import Customer, Project
from tenants import audit
from tenants.audit import changes_to, log
from tenants.models import Membership
from timesheets import errors, order_errors
from timesheets.domain import checks
from timesheets.domain.access import may_make_billable, may_write
from timesheets.domain.deleting import delete_charge_rows
from timesheets.domain.expenses import held_by_a_lock, priced, refuse_locked
from timesheets.domain.holding import hold_hours
from timesheets.models import (
    BillingState,
    Charge,
    ChargeKind,
    ServiceOrder,
    SubscriptionFee,
    UsageCharge,
)
from timesheets.package_errors import ChargeOfUsage, FeeOfSubscription, PackageRefused

# What an invoice's sums have room for, with all their places.
LARGEST = Decimal(10) ** 12


class ChargeValues(TypedDict, total=False):
    kind: ChargeKind
    customer: Customer
    project: Project | None
    member: Membership | None
    charge_date: date
    text: str
    destination: str
    quantity: Decimal
    unit: Unit
    unit_price: Decimal | None
    tax_rate: TaxRate | None
    account: str
    product: Product | None
    cost: Decimal | None
    cost_currency: str
    markup_percent: Decimal | None
    is_billable: bool
    note: str
    service_order: ServiceOrder | None


@transaction.atomic
def record_charge(*, actor: Membership, **values: Unpack[ChargeValues]) -> Charge:
    """Write a charge. Unless said, it is billable where its project is."""
    charge = Charge(created_by=actor.user, **priced(_tidied(values), None))
    _book_as_product(charge, values)
    if "is_billable" not in values:
        charge.is_billable = charge.project is None or charge.project.is_billable
    _check(charge, actor)
    if charge.member is not None:
        checks.check_person(charge.member)
    _check_open(charge)
    checks.check_day(charge.charge_date, today=timezone.localdate())
    refuse_locked(charge)
    charge.save(force_insert=True)
    log("charge.recorded", charge, actor=actor.user, **about(charge))
    return charge


@transaction.atomic
def change_charge(charge_id: int, *, actor: Membership, **values: Unpack[ChargeValues]) -> Charge:
    """Change an open charge; what is on a document or settled is refused."""
    [charge] = _claim([charge_id], actor)
    before = {name: getattr(charge, name) for name in ("project", "customer", "charge_date")}
    product_before = charge.product_id
    wanted = priced(_tidied(values), charge)
    held = held_by_a_lock(actor, charge.project)
    if any(getattr(charge, name) != wanted[name] for name in held if name in wanted):
        refuse_locked(charge)
    changes = changes_to(charge, wanted)
    if not changes:
        return charge
    if changes.keys() & set(held):
        refuse_locked(charge)
    if charge.product_id != product_before:
        _book_as_product(charge, values)
    _check(charge, actor)
    # Only what has changed: an old charge on an archived project may still be corrected.
    if (charge.project, charge.customer) != (before["project"], before["customer"]):
        if charge.service_order is not None:
            raise order_errors.WorkStaysWithOrder(order=charge.service_order.label)
        _check_open(charge)
    if charge.charge_date != before["charge_date"]:
        checks.check_day(charge.charge_date, today=timezone.localdate())
    charge.save()
    log("charge.changed", charge, actor=actor.user, **about(charge), changes=changes)
    return charge


@transaction.atomic
def delete_charges(charge_ids: Collection[int], *, actor: Membership) -> int:
    """Delete all of them or none; returns how many."""
    charges = _claim(charge_ids, actor)
    for charge in charges:
        refuse_locked(charge)
    records = [
        audit.entry("charge.deleted", charge, actor=actor.user, **about(charge))
        for charge in charges
    ]
    try:
        with transaction.atomic():
            delete_charge_rows(Charge.objects.filter(pk__in=[charge.pk for charge in charges]))
    except IntegrityError as refused:
        # The invoice says for ever what it was made of, whatever a credit note has freed since.
        diag = getattr(refused.__cause__, "diag", None)
        if diag is None or diag.constraint_name != "source_of_a_posted_line_stays":
            raise
        raise errors.ChargeOnceInvoiced from refused
    audit.write(records)
    return len(records)


def about(charge: Charge) -> dict[str, Any]:
    """What the log says of it."""
    told = {
        "customer": charge.customer.name,
        "project": charge.project.name if charge.project else "",
        "person": charge.member.name if charge.member else "",
        "date": charge.charge_date.isoformat(),
        "amount": f"{charge.net} {charge.customer.currency}",
    }
    return {name: value for name, value in told.items() if value}


def _tidied(values: ChargeValues) -> dict[str, Any]:
    tidied: dict[str, Any] = dict(values)
    for name in ("text", "destination", "account", "note"):
        if name in tidied:
            tidied[name] = " ".join(tidied[name].split())
    if tidied.get("kind", ChargeKind.USAGE) != ChargeKind.USAGE:
        tidied["destination"] = ""
    return tidied


def _book_as_product(charge: Charge, values: ChargeValues) -> None:
    """Tax rate and account of its product, where whoever writes it is not asked for them."""
    if charge.product is None or "tax_rate" in values:
        return
    charge.tax_rate = rate_of(
        charge.product, day=charge.charge_date, customer=charge.customer, project=charge.project
    )
    charge.account = charge.product.account


def _claim(charge_ids: Collection[int], actor: Membership) -> list[Charge]:
    """The charges, locked and free to be changed by the actor."""
    wanted = set(charge_ids)
    if len(wanted) > 1:
        hold_hours()
    charges = list(
        Charge.objects.filter(pk__in=wanted)
        .select_related("customer", "project", "member", "tax_rate", "product")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not charges or len(charges) < len(wanted):
        raise errors.ChargeGone
    for charge in charges:
        if not may_write(actor, member_id=charge.member_id, project=charge.project):
            raise errors.ChargeNotYours
        if charge.billing_state != BillingState.OPEN:
            raise errors.ChargeSettled(state=charge.get_billing_state_display().lower())
    checks.check_unchecked(charges, "parts")
    if (refusal := why_not_by_hand(charges)) is not None:
        raise refusal
    return charges


def why_not_by_hand(charges: Sequence[Charge]) -> PackageRefused | None:
    """Charges that follow from something else are changed there."""
    fee = SubscriptionFee.objects.filter(charge__in=charges).select_related("subscription").first()
    if fee is not None:
        return FeeOfSubscription(subscription=fee.subscription)
    return ChargeOfUsage() if UsageCharge.objects.filter(charge__in=charges).exists() else None


def _check(charge: Charge, actor: Membership) -> None:
    project = charge.project
    if project is not None and project.customer_id != charge.customer_id:
        raise errors.ChargeOfAnotherCustomer(project=project.name, customer=project.customer.name)
    if not may_write(actor, member_id=charge.member_id, project=project):
        raise errors.ChargeNotYours if project else errors.ChargeNeedsProject
    is_internal = project is not None and not project.is_billable
    if project and charge.is_billable and is_internal and not may_make_billable(actor, project):
        raise errors.NotBillableHere(place=project.name)
    if charge.kind == ChargeKind.USAGE and not charge.destination:
        raise errors.ChargeWithoutDestination
    if charge.kind != ChargeKind.USAGE and not charge.text:
        raise errors.ChargeWithoutText
    if not charge.quantity:
        raise errors.ChargeQuantityMissing
    if charge.unit_price < 0:
        raise errors.ChargePriceNegative
    if abs(charge.quantity * charge.unit_price) >= LARGEST:
        raise errors.ChargeTooLarge


def _check_open(charge: Charge) -> None:
    if not charge.customer.is_active:
        raise errors.ChargeCustomerClosed(customer=charge.customer.name)
    if charge.project is not None:
        checks.check_place(charge.project, None)
