"""The list of charges: its rows with what the reader may do, and the sums above it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum

from core.money import ZERO, round_money
from tenants.models import Membership
from timesheets.documents import documents_of
from timesheets.domain.access import may_write
from timesheets.domain.settling import Step, steps_for
from timesheets.models import BillingState, Charge
from timesheets.selectors.rows import WorkRow


@dataclass(frozen=True)
class ChargeRow(WorkRow[Charge]):
    steps: Collection[Step] = ()

    @property
    def charge(self) -> Charge:
        return self.work

    @property
    def may_tick(self) -> bool:
        return self.may_change or bool(self.steps)

    @property
    def may_switch(self) -> bool:
        """Whether a press makes it billable or not."""
        return Step.BILLABLE in self.steps or Step.NOT_BILLABLE in self.steps


def charge_rows(charges: Iterable[Charge], reader: Membership) -> list[ChargeRow]:
    """Documents are asked for once; `charges` come with customer and project."""
    found = list(charges)
    documents = documents_of(found, reader)
    return [
        ChargeRow(
            charge,
            may_write=may_write(reader, member_id=charge.member_id, project=charge.project),
            document=documents.get(charge.pk),
            steps=steps_for(charge, reader),
        )
        for charge in found
    ]


@dataclass(frozen=True)
class ChargeSum:
    """What charges of one currency come to, of it billable, and open of that."""

    currency: str
    net: Decimal
    billable: Decimal
    open: Decimal


@dataclass(frozen=True)
class ChargeSums:
    count: int
    amounts: list[ChargeSum]


def sums_of_charges(charges: QuerySet[Any]) -> ChargeSums:
    """One question, whatever the number of charges; money by currency, the largest first."""
    worth = ExpressionWrapper(
        F("quantity") * F("unit_price"), output_field=DecimalField(max_digits=34, decimal_places=12)
    )
    is_open = Q(is_billable=True, billing_state=BillingState.OPEN)
    rows = (
        charges.order_by()
        .values(currency=F("customer__currency"))
        .annotate(
            count=Count("pk"),
            net=Sum(worth),
            billable=Sum(worth, filter=Q(is_billable=True)),
            open=Sum(worth, filter=is_open),
        )
    )
    found = list(rows)
    amounts = [
        ChargeSum(
            row["currency"],
            *(
                round_money(row[name] or ZERO, row["currency"])
                for name in ("net", "billable", "open")
            ),
        )
        for row in found
    ]
    amounts.sort(key=lambda amount: (-amount.net, amount.currency))
    return ChargeSums(sum(row["count"] for row in found), amounts)
