"""What hours and charges have in common: both are billed once, or settled with a reason."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantForeignKey, TenantModel
from tenants.models import User
from timesheets.models.kinds import BillingState


class WorkQuerySet[Work: "Billable"](models.QuerySet[Work]):
    def open_for_billing(self) -> Self:
        return self.filter(is_billable=True, billing_state=BillingState.OPEN)

    def between(self, start: date, end: date) -> Self:
        """Both days included."""
        return self.filter(**{f"{self.model.DAY}__range": (start, end)})


class Billable(TenantModel):
    """`DAY` is the field of its day, `CUSTOMER` the way to whom it is billed to."""

    DAY: str
    CUSTOMER: str
    project: Any

    service_order = TenantForeignKey(
        "timesheets.ServiceOrder",
        null=True,
        blank=True,
        editable=False,
        related_name="%(class)s_set",
        verbose_name=_("service order"),
    )
    is_billable = models.BooleanField(_("billable"), default=True)
    # Kept beside `invoicing.Source` by the same statements, so that the open work of a month is
    # an index-only scan; `verify_books` compares the two.
    billing_state = models.CharField(
        _("billing"),
        max_length=12,
        choices=BillingState,
        default=BillingState.OPEN,
        editable=False,
    )
    # Why it is billed or written off without an invoice; empty for everything else.
    billing_note = models.CharField(_("billing note"), max_length=200, blank=True, editable=False)
    settled_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(is_billable=True) | Q(billing_state="open"),
                name="%(class)s_not_billable_is_open",
            ),
            models.CheckConstraint(
                condition=~Q(billing_state="written_off") | ~Q(billing_note=""),
                name="%(class)s_written_off_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(billing_note="") | Q(billing_state__in=["billed", "written_off"]),
                name="%(class)s_note_only_when_settled",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | ~Q(billing_note=""),
                name="%(class)s_settled_by_hand_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "service_order"],
                condition=Q(service_order__isnull=False),
                name="%(class)s_of_order",
            ),
        ]

    @property
    def day(self) -> date:
        found: date = getattr(self, self.DAY)
        return found

    @property
    def is_open(self) -> bool:
        return self.billing_state == BillingState.OPEN

    @property
    def is_elsewhere(self) -> bool:
        """Billed, but not on an invoice of ours."""
        return self.billing_state == BillingState.BILLED and bool(self.billing_note)


def row_of(version: str, columns: Iterable[str]) -> str:
    """These columns of a trigger's OLD or NEW, to be compared as one."""
    return f"({', '.join(f'{version}.{column}' for column in columns)})"
