"""Prepaid hours as pages read them: whose a person sees, what is left, and what was drawn."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery

from invoicing.models import PrepaidDraw, PrepaidHours
from invoicing.selectors.ready import ReadyRow
from tenants.models import Membership, Tenant
from tenants.roles import Permission


def visible_prepaid(membership: Membership) -> Any:
    """All, or those of the person's own projects."""
    prepaid = PrepaidHours.objects.all()
    if membership.may(Permission.VIEW_INVOICE):
        return prepaid
    if membership.may(Permission.VIEW_PROJECT_INVOICE):
        return prepaid.filter(project__isnull=False, project__manager=membership)
    return prepaid.none()


def drawable_prepaid(membership: Membership, tenant: Tenant) -> Any:
    """Those the person may draw from, and undo draws of.

    Who makes drafts of own projects draws what was bought for these alone; but not where another
    person has to post: a draft is looked at before it bills, a draw bills at once.
    """
    prepaid = visible_prepaid(membership)
    if membership.may(Permission.CREATE_INVOICE):
        return prepaid
    if membership.may(Permission.CREATE_PROJECT_INVOICE) and not tenant.four_eyes:
        return prepaid.filter(project__isnull=False, project__manager=membership)
    return prepaid.none()


def prepaid_sold_on(invoice: OuterRef) -> Subquery:
    """For statements over documents: the key of what is sold on each."""
    sold = PrepaidHours.objects.filter(line__invoice=invoice).order_by("pk")
    return Subquery(sold.values("pk")[:1])


def usable(reader: Membership, customer_ids: Collection[int]) -> list[Any]:
    """What these customers have left, whatever the day."""
    found = visible_prepaid(reader).filter(customer__in=customer_ids).sold().with_balance()
    return list(found.filter(left_minutes__gt=0).in_turn())


def balance_for(
    prepaid: Iterable[Any],
    *,
    customer_id: int,
    project_ids: Collection[int],
    first: date,
    last: date,
) -> int:
    """The minutes that could be used for these projects' hours of these days."""
    return sum(
        one.left_minutes
        for one in prepaid
        if one.customer_id == customer_id
        and (one.project_id is None or one.project_id in project_ids)
        and one.valid_from <= last
        and (one.valid_until is None or one.valid_until >= first)
    )


def left_of(customer_id: int, reader: Membership, on: date) -> int:
    """The minutes that this customer has left on the day."""
    return sum(
        one.left_minutes
        for one in usable(reader, [customer_id])
        if one.valid_until is None or one.valid_until >= on
    )


def attach_balances(rows: Iterable[ReadyRow], reader: Membership) -> None:
    """To open rows with hours, what prepaid hours would cover of them; in one question, and none
    where nobody has any."""
    wanted = [row for row in rows if row.is_open and _may_be_prepaid(row)]
    if not wanted:
        return
    prepaid = usable(reader, {row.customer.pk for row in wanted})
    for row in wanted:
        row.prepaid_minutes = balance_for(
            prepaid,
            customer_id=row.customer.pk,
            project_ids=row.project_ids,
            first=row.first_date,
            last=row.last_date,
        )


def _may_be_prepaid(row: ReadyRow) -> bool:
    projects: list[Any] = [line.project for line in row.lines]
    return any(project.has_prepaid for project in projects)


def draws_of(prepaid: PrepaidHours) -> Any:
    """By the day of the hours, as a statement has them."""
    return (
        PrepaidDraw.objects.filter(prepaid=prepaid)
        .select_related("time_entry__member", "time_entry__project", "time_entry__task")
        .order_by("time_entry__work_date", "time_entry_id")
    )


def prepaid_of_customer(customer_id: int, *, on: date) -> Any:
    """As the customer may know of them: sold, and something is left that has not expired."""
    sold = PrepaidHours.objects.filter(customer=customer_id).with_state(on)
    return sold.filter(state__in=["valid", "later"]).in_turn()
