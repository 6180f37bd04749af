"""HQ (helloHQ): drafts over one of its two APIs, or files that a person enters.

HQ writes invoices itself. What is sent is a draft with our number in its note; it is finished,
numbered and sent there. As long as a tenant has not tried that, documents go by hand: a file for
each, and a person who says under which number it was entered.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Access,
    Adapter,
    ByHand,
    Can,
    Checked,
    Delivery,
    Environment,
    Exported,
    Handed,
    OutgoingFile,
    Partner,
    PartnerChanges,
    PartnerDetails,
    Rejected,
    Settlement,
    Step,
    StepResult,
    System,
)
from integrations.systems.hq import assumptions
from integrations.systems.hq.base import STEPS, hand_over
from integrations.systems.hq.form import HqForm
from integrations.systems.hq.options import FILE, OVER_API, V1, V2, Options
from integrations.systems.hq.v1 import V1Adapter
from integrations.systems.hq.v2 import V2Adapter


class FileAdapter:
    """Asks nobody. Every document waits for a person, with its files."""

    def check(self) -> Checked:
        return Checked(company="")

    def package(self, documents: Sequence[Handed]) -> list[OutgoingFile]:
        return hand_over(documents)

    def list_partners(self, limit: int) -> list[Partner]:
        return []

    def search_partners(self, text: str) -> list[Partner]:
        raise _no_interface()

    def read_partner(self, remote_id: str) -> Partner:
        raise _no_interface()

    def create_partner(self, details: PartnerDetails) -> Partner:
        raise _no_interface()

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        raise _no_interface()

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        """Nothing is known of what was entered by hand."""
        return []

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        if invoice.is_credit_note:
            raise ByHand(
                _("Create the correction of invoice %(number)s in HQ, then enter the number that it"
                  " has there.")
                % {"number": invoice.corrected_remote_number or invoice.corrected_number}
            )  # fmt: skip
        raise ByHand(_("Enter it in HQ from its files, then enter the number that it has there."))

    def run(self, step: str, delivery: Delivery) -> StepResult:
        raise AssertionError("the plan has no steps")


def _no_interface() -> Rejected:
    return Rejected(
        _("Over this connection documents go by files; HQ itself is not asked. Customers need no"
          " link.")
    )  # fmt: skip


def open_adapter(access: Access) -> Adapter:
    dialect = Options.read(access.settings, access.lists).dialect
    if dialect == V1:
        return V1Adapter(access)
    if dialect == V2:
        return V2Adapter(access)
    assert dialect == FILE, dialect
    return FileAdapter()


def can_with(settings: Mapping[str, str]) -> frozenset[Can]:
    """By files nothing is asked or told; over the APIs corrections go if that is wanted."""
    options = Options.read(settings, {})
    if options.dialect == FILE:
        return frozenset({Can.FILES})
    able = {Can.DRAFT, Can.FILES, Can.PAYMENTS, Can.CUSTOMERS}
    return frozenset(able | {Can.CREDIT_NOTES} if options.corrections == OVER_API else able)


SYSTEM = System(
    key="hq",
    title="HQ (helloHQ)",
    icon="folder",
    summary=gettext_lazy("Agency software: files to be entered by hand, or drafts over its API."),
    environments=(Environment("production", gettext_lazy("Production"), "https://api.hellohq.io"),),
    form=HqForm,
    open=open_adapter,
    steps=STEPS,
    can=frozenset({Can.DRAFT, Can.FILES, Can.CREDIT_NOTES, Can.PAYMENTS, Can.CUSTOMERS}),
    can_with=can_with,
    # Drafts get no file; who enters a document by hand waits a moment for it.
    needs_pdf=False,
    # A new document of v2 has no mark: while one is on its way, no other may be.
    is_serial=True,
    rate=assumptions.RATE,
    partner_fields=frozenset({"email"}),
)
