"""Documents to Lexware Office: an invoice of theirs, or a bookkeeping voucher with our PDF.

There are no idempotency keys, and drafts can neither be changed nor deleted over the interface. Our
marker stands in the remark; after an unknown outcome it is looked for before anything is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.doubles import take_the_only_one
from integrations.outgoing import OutgoingInvoice
from integrations.pacing import Rate
from integrations.ports import (
    Access,
    Can,
    Checked,
    Delivery,
    Environment,
    Exported,
    OAuth,
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
from integrations.problems import Problem
from integrations.systems.lexoffice import contacts, hooks, lookup, payments
from integrations.systems.lexoffice.assumptions import MOST_FILE_BYTES
from integrations.systems.lexoffice.client import Client, Json, Refused, text_of, unreadable
from integrations.systems.lexoffice.form import LexofficeForm
from integrations.systems.lexoffice.mapping import TWO_PLACES, VOUCHER, Options, document_body
from integrations.systems.lexoffice.organisation import check
from integrations.systems.lexoffice.sentences import NO_CONTACT, sentence_of
from integrations.systems.lexoffice.vouchers import voucher_body

CREATE = Step("create", gettext_lazy("Create"))
COMPARE = Step("compare", gettext_lazy("Compare the sums"))
ATTACH = Step("attach", gettext_lazy("Attach the PDF"))
PRECEDING = "precedingSalesVoucherId"


class LexofficeAdapter:
    def __init__(self, access: Access) -> None:
        self.client = Client(access)
        self.options = Options.read(access.settings, access.lists)

    # The connection.

    def check(self) -> Checked:
        return check(self.client, self.options)

    # Customers.

    def list_partners(self, limit: int) -> list[Partner]:
        return contacts.list_partners(self.client, limit)

    def search_partners(self, text: str) -> list[Partner]:
        return contacts.search_partners(self.client, text)

    def read_partner(self, remote_id: str) -> Partner:
        return contacts.read_partner(self.client, remote_id)

    def create_partner(self, details: PartnerDetails) -> Partner:
        return contacts.create_partner(self.client, details)

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        return contacts.update_partner(self.client, remote_id, changes)

    # Documents.

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        if self.options.mode == VOUCHER:
            voucher_body(invoice, self.options)
            return (CREATE, COMPARE, ATTACH)
        document_body(invoice, self.options)
        if not (invoice.number or self.options.finalize):
            raise Rejected(
                _("A draft's number in Lexware Office may change when it is finished there, so it"
                  " is not ours. Let the connection finish documents, or number them here.")
            )  # fmt: skip
        return (CREATE, COMPARE)

    def run(self, step: str, delivery: Delivery) -> StepResult:
        do = {
            CREATE.key: self._create,
            COMPARE.key: self._compare,
            ATTACH.key: self._attach,
        }[step]
        try:
            return do(delivery)
        except Refused as refused:
            raise self._failure(refused, step) from None

    def _failure(self, refused: Refused, step: str) -> Exception:
        if lost := refused.lost:
            return lost
        if refused.status == HTTPStatus.NOT_FOUND and step != CREATE.key:
            return Rejected(
                _("The document does not exist in Lexware Office any more."),
                problem=Problem.DIFFERS,
            )
        is_unlinked = any(one.field == NO_CONTACT for one in refused.violations)
        return Rejected(
            sentence_of(refused.violations),
            problem=Problem.NOT_LINKED if is_unlinked else Problem.REFUSED,
        )

    def _create(self, delivery: Delivery) -> StepResult:
        invoice, mode = delivery.invoice, self.options.mode
        if found := lookup.find(self.client, delivery, mode):
            return StepResult(text_of(found, "id"), was_found=True)
        lookup.wait_until_quiet(delivery)
        path = lookup.path_of(invoice, mode)
        if mode == VOUCHER:
            body, params = voucher_body(invoice, self.options), {}
        else:
            body, params = document_body(invoice, self.options), self._parameters(invoice)
        delivery.write()
        try:
            done = self.client.write("POST", path, body, params)
        except Refused:
            # An invoice takes one credit note: where the request came twice, the second is refused.
            if PRECEDING not in params:
                raise
            found = lookup.find(self.client, replace(delivery, written_at=timezone.now()), mode)
            if found is None:
                raise
            return StepResult(text_of(found, "id"), was_found=True)
        return StepResult(text_of(done, "id"))

    def _parameters(self, invoice: OutgoingInvoice) -> dict[str, str]:
        params = {"finalize": "true"} if self.options.finalize else {}
        if invoice.is_credit_note and invoice.corrected_remote_id and self._may_follow(invoice):
            params[PRECEDING] = invoice.corrected_remote_id
        return params

    def _may_follow(self, invoice: OutgoingInvoice) -> bool:
        """One credit note for each finished invoice can be tied to it; further ones stand alone."""
        try:
            stored = self.client.get(f"/invoices/{invoice.corrected_remote_id}")
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        related = stored.get("relatedVouchers")
        has_one = any(
            str(one.get("voucherType")).lower() == "creditnote"
            for one in (related if isinstance(related, list) else [])
            if isinstance(one, dict)
        )
        return stored.get("voucherStatus") in ("open", "paid") and not has_one

    def _compare(self, delivery: Delivery) -> StepResult:
        """To the cent: their sums are reckoned by somebody else. Gives the number there as well."""
        invoice, mode = delivery.invoice, self.options.mode
        remote_id, begun = delivery.done[CREATE.key].remote_id, delivery.begun[CREATE.key]
        there = lookup.all_of(self.client, delivery, mode, remote_id, begun)
        stored = there.row
        if stored is None or _needs_more_than_gross(invoice, mode):
            stored = self._read(invoice, remote_id, is_missed=not there.doubles)
        is_gone = stored is None or stored.get("voucherStatus") in lookup.GONE
        alive = there.doubles if stored is None or is_gone else [stored, *there.doubles]
        take_the_only_one(lookup.TITLE, lookup.names_of(alive), remote_id)
        assert stored is not None, "what is gone without a double is told"
        number = str(stored.get("voucherNumber") or "")
        if is_gone:
            raise Rejected(
                _("The document %(number)s was voided in Lexware Office.") % {"number": number},
                problem=Problem.DIFFERS,
            )
        _refuse_other_sums(invoice, stored)
        if there.row is None:
            lookup.wait_until_listed(begun)
        return StepResult(remote_id, number)

    def _read(self, invoice: OutgoingInvoice, remote_id: str, *, is_missed: bool) -> Json | None:
        try:
            return self.client.get(f"{lookup.path_of(invoice, self.options.mode)}/{remote_id}")
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND or is_missed:
                raise
            return None

    def _attach(self, delivery: Delivery) -> StepResult:
        remote_id = delivery.done[CREATE.key].remote_id
        if delivery.pdf is None:
            raise Rejected(_("There is no PDF of the document to attach."))
        if len(delivery.pdf.content) > MOST_FILE_BYTES:
            raise Rejected(_("The PDF is larger than Lexware Office takes (5 MB)."))
        stored = self.client.get(f"/vouchers/{remote_id}")
        _refuse_other_sums(delivery.invoice, stored)
        files = stored.get("files")
        if isinstance(files, list) and files:
            return StepResult(str(files[0]), was_found=True)
        lookup.wait_until_quiet(delivery)
        delivery.write()
        done = self.client.upload(
            f"/vouchers/{remote_id}/files", delivery.pdf.name, delivery.pdf.content
        )
        return StepResult(text_of(done, "id"))

    # Payments.

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        kinds = "salesinvoice" if self.options.mode == VOUCHER else "invoice"
        return payments.read_settlements(self.client, documents, since, kinds)

    # Their PDF.

    def fetch_paper(self, document: Exported) -> OutgoingFile:
        kind = "credit-notes" if document.is_credit_note else "invoices"
        try:
            content = self.client.download(f"/{kind}/{document.remote_id}/file", "application/pdf")
        except Refused as refused:
            if refused.status in (HTTPStatus.CONFLICT, HTTPStatus.NOT_ACCEPTABLE):
                raise Rejected(
                    _("It is still a draft in Lexware Office, and has no PDF yet. Finish it there.")
                ) from None
            raise self._failure(refused, COMPARE.key) from None
        if not content.startswith(b"%PDF"):
            raise unreadable()
        return OutgoingFile(f"{document.remote_number or document.number}.pdf", content)

    # Events.

    def subscribe(self, url: str) -> list[str]:
        try:
            return hooks.subscribe(self.client, url)
        except Refused as refused:
            raise Rejected(sentence_of(refused.violations)) from None

    def unsubscribe(self, ids: Sequence[str]) -> None:
        try:
            hooks.unsubscribe(self.client, ids)
        except Refused as refused:
            raise Rejected(sentence_of(refused.violations)) from None


def _needs_more_than_gross(invoice: OutgoingInvoice, mode: str) -> bool:
    """A list tells gross sums alone. With one rate of VAT there is one net to each; a voucher has
    the sums it came with, and is read once more before its PDF is attached."""
    rates = {line.tax_percent for line in invoice.lines if not line.is_text}
    return mode != VOUCHER and len(rates) > 1


def _refuse_other_sums(invoice: OutgoingInvoice, stored: Json) -> None:
    net, gross = _sums(stored)
    here = invoice.gross_total.quantize(TWO_PLACES)
    if gross is None or (net is None and "totalAmount" not in stored):
        raise unreadable()
    if gross != here or net not in (None, invoice.net_total):
        raise Rejected(
            _("Lexware Office reckons %(there)s EUR for %(number)s, and here it is %(here)s EUR. It"
              " stays as it is: correct or delete it there, then close this export.")
            % {"there": gross, "number": stored.get("voucherNumber") or "", "here": here},
            problem=Problem.DIFFERS,
        )  # fmt: skip


def _sums(stored: Json) -> tuple[Decimal | None, Decimal | None]:
    """Net and gross, of a document or of a voucher; of a row of the list gross alone."""
    if "totalAmount" in stored:
        total_there = lookup.amount_of(stored["totalAmount"])
        return None, None if total_there is None else abs(total_there)
    total: Any = stored.get("totalPrice")
    if isinstance(total, dict):
        return (
            lookup.amount_of(total.get("totalNetAmount")),
            lookup.amount_of(total.get("totalGrossAmount")),
        )
    gross = lookup.amount_of(stored.get("totalGrossAmount"))
    tax = lookup.amount_of(stored.get("totalTaxAmount"))
    return (None if gross is None or tax is None else gross - tax), gross


def document_kind(settings: Mapping[str, str], is_credit_note: bool) -> str:
    """As permalinks call it."""
    if settings.get("mode") == VOUCHER:
        return "vouchers"
    return "credit-notes" if is_credit_note else "invoices"


SYSTEM = System(
    key="lexoffice",
    title="Lexware Office",
    icon="file-invoice",
    summary=gettext_lazy(
        "German accounting, formerly lexoffice: invoices of theirs, or vouchers with our PDF."
    ),
    environments=(
        Environment(
            "production",
            gettext_lazy("Production"),
            "https://api.lexware.io",
            "https://app.lexware.de",
        ),
        Environment(
            "partner",
            gettext_lazy("Partner sandbox"),
            "https://api.lexware-sandbox.io",
            "https://app.lexware-sandbox.de",
        ),
    ),
    form=LexofficeForm,
    open=LexofficeAdapter,
    steps=(CREATE, COMPARE, ATTACH),
    can=frozenset(
        {
            Can.DRAFT,
            Can.FINAL,
            Can.OWN_NUMBER,
            Can.GIVES_NUMBER,
            Can.ATTACH,
            Can.CREDIT_NOTES,
            Can.PAYMENTS,
            Can.CUSTOMERS,
        }
    ),
    partner_fields=frozenset({"email", "contact_name"}),
    # Two a second are allowed, and the account's other programs take part of them.
    document_url="{app}/permalink/{kind}/view/{id}",
    sandbox_document_path="/permalink/{kind}/view/{id}",
    document_kind=document_kind,
    gives_papers=lambda settings: settings.get("mode") != VOUCHER,
    read_event=hooks.read_event,
    oauth=OAuth(
        authorize_path="/oauth2/authorize",
        token_path="/oauth2/token",  # noqa: S106 (an address)
        revoke_path="/oauth2/revoke",
        scopes=(
            "contacts.read",
            "contacts.write",
            "invoices.read",
            "invoices.write",
            "credit-notes.read",
            "credit-notes.write",
            "vouchers.read",
            "vouchers.write",
            "voucherlist.read",
            "payments.read",
            "files.read",
            "files.write",
            "profile.read",
        ),
        parameters={"connection_name": "Laskuri"},
    ),
    rate=Rate(calls=3, seconds=2, burst=2),
)
