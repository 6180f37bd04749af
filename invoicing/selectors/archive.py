"""Documents with what is derived of them: state and open amount, which no column keeps."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, F, Q, QuerySet, Sum, TextChoices, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, MoneyField
from invoicing.models import Invoice
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership


class ArchiveStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    OVERDUE = "overdue", _("Overdue")


@dataclass(frozen=True)
class ArchiveSum:
    currency: str
    count: int
    net: Decimal
    gross: Decimal
    open_amount: Decimal


def archived(membership: Membership, *, on: date) -> QuerySet[Invoice]:
    """What the person may see, with `open_amount` and `state` as they are on that day.

    Money received is not recorded yet: what is posted is open, a draft owes nothing.
    """
    posted = Q(status=Invoice.Status.POSTED)
    return (
        visible_invoices(membership)
        .select_related("customer")
        .annotate(
            open_amount=Case(
                When(posted, then=F("gross_total")),
                default=Value(ZERO),
                output_field=MoneyField(),
            )
        )
        .annotate(
            state=Case(
                When(~posted, then=Value(ArchiveStatus.DRAFT)),
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
            net=Coalesce(Sum("net_total"), ZERO, output_field=MoneyField()),
            gross=Coalesce(Sum("gross_total"), ZERO, output_field=MoneyField()),
            owed=Coalesce(Sum("open_amount"), ZERO, output_field=MoneyField()),
        )
        .order_by("-gross", "currency")
        .values_list("currency", "count", "net", "gross", "owed")
    )
    return [ArchiveSum(*row) for row in found]
