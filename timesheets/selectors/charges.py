"""The list of charges: its rows with what the reader may do, and the sums above it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from tenants.models import Membership
from timesheets.documents import WorkDocument, documents_of_charges
from timesheets.domain.access import may_write_charge
from timesheets.domain.charge_settling import charge_steps
from timesheets.domain.settling import Step
from timesheets.models import BillingState, Charge

_TONES = {
    BillingState.DRAFTED: "info",
    BillingState.BILLED: "positive",
    BillingState.WRITTEN_OFF: "neutral",
}
_ICONS = {
    BillingState.DRAFTED: "pencil",
    BillingState.BILLED: "file-invoice",
    BillingState.WRITTEN_OFF: "ban",
}


@dataclass(frozen=True)
class ChargeRow:
    charge: Charge
    may_write: bool
    steps: Collection[Step]
    document: WorkDocument | None

    @property
    def may_change(self) -> bool:
        return self.may_write and self.charge.billing_state == BillingState.OPEN

    @property
    def may_tick(self) -> bool:
        return self.may_change or bool(self.steps)

    @property
    def may_switch(self) -> bool:
        """Whether a press makes it billable or not."""
        return Step.BILLABLE in self.steps or Step.NOT_BILLABLE in self.steps

    @property
    def is_elsewhere(self) -> bool:
        """Billed, but not on an invoice of ours."""
        return self.charge.billing_state == BillingState.BILLED and bool(self.charge.billing_note)

    @property
    def note(self) -> str:
        """Why it is settled without an invoice, by whom and when."""
        charge = self.charge
        if not charge.settled_at:
            return charge.billing_note
        day = date_format(localtime(charge.settled_at), "SHORT_DATETIME_FORMAT")
        return f"{charge.billing_note} ({charge.settled_by}, {day})"

    @property
    def state(self) -> str | Promise:
        if self.is_elsewhere:
            return _("Billed elsewhere")
        if self.charge.billing_state == BillingState.BILLED:
            return _("Invoiced")
        return str(self.charge.get_billing_state_display())

    @property
    def tone(self) -> str:
        return _TONES.get(BillingState(self.charge.billing_state), "neutral")

    @property
    def icon(self) -> str:
        if self.is_elsewhere:
            return "checks"
        return _ICONS.get(BillingState(self.charge.billing_state), "circle")


def charge_rows(charges: Iterable[Charge], reader: Membership) -> list[ChargeRow]:
    """Documents are asked for once; `charges` come with customer and project."""
    found = list(charges)
    on_documents = [one.pk for one in found if one.billing_state != BillingState.OPEN]
    documents = documents_of_charges(on_documents, reader)
    return [
        ChargeRow(
            charge,
            may_write=may_write_charge(reader, member_id=charge.member_id, project=charge.project),
            steps=charge_steps(charge, reader),
            document=documents.get(charge.pk),
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
