"""Documents with what is derived of them: state and open amount, which no column keeps."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, QuerySet, Sum, TextChoices, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, MoneyField
from invoicing.models import Invoice, InvoiceQuerySet
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership


class ArchiveStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    OVERDUE = "overdue", _("Overdue")
    CREDITED = "credited", _("Credited")
    CANCELLED = "cancelled", _("Cancelled")


@dataclass(frozen=True)
class ArchiveSum:
    currency: str
    count: int
    net: Decimal
    gross: Decimal
    open_amount: Decimal


def archived(membership: Membership, *, on: date) -> QuerySet[Invoice]:
    """What the person may see, with `open_amount` and `state` as they are on that day.

    Money received is not recorded yet: what is posted is open less its credit notes, a draft owes
    nothing. Discarded drafts are not among them.
    """
    visible = visible_invoices(membership)
    assert isinstance(visible, InvoiceQuerySet)
    return (
        visible.kept()
        .with_open_amount()
        .with_signed_totals()
        .select_related("customer")
        .annotate(
            state=Case(
                When(status=Invoice.Status.DRAFT, then=Value(ArchiveStatus.DRAFT)),
                When(is_cancelled=True, then=Value(ArchiveStatus.CANCELLED)),
                When(credited_total__gt=0, open_amount__lte=0, then=Value(ArchiveStatus.CREDITED)),
                When(due_date__lt=on, open_amount__gt=0, then=Value(ArchiveStatus.OVERDUE)),
                default=Value(ArchiveStatus.POSTED),
            )
        )
    )


def sums_by_currency(invoices: QuerySet[Invoice]) -> list[ArchiveSum]:
    """What all shown documents come to, the largest currency first."""
    found = (
        invoices.order_by()
        .values("currency")
        .annotate(
            count=Count("*"),
            net=Coalesce(Sum("signed_net"), ZERO, output_field=MoneyField()),
            gross=Coalesce(Sum("signed_gross"), ZERO, output_field=MoneyField()),
            owed=Coalesce(Sum("open_amount"), ZERO, output_field=MoneyField()),
        )
        .order_by("-gross", "currency")
        .values_list("currency", "count", "net", "gross", "owed")
    )
    return [ArchiveSum(*row) for row in found]
