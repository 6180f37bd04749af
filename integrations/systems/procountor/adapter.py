"""Sales invoices to Procountor: create, attach the PDF, approve, send.

Procountor has neither idempotency keys nor duplicate detection. Our number stands there as
`originalInvoiceNumber`; every step looks there first and does only what is still missing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
    AccessLost,
    Can,
    Checked,
    Delivery,
    DocumentField,
    Environment,
    Exported,
    Partner,
    PartnerChanges,
    PartnerDetails,
    Rejected,
    RetryLater,
    Settlement,
    Step,
    StepResult,
    System,
)
from integrations.problems import Problem
from integrations.systems.procountor.client import Client, Refused
from integrations.systems.procountor.form import ProcountorForm
from integrations.systems.procountor.mapping import (
    CHANNELS,
    Options,
    invoice_body,
    our_key,
    partner_body,
    partner_of,
)
from integrations.systems.procountor.payments import read_settlements
from integrations.systems.procountor.sentences import NO_PARTNER

CREATE = Step("create", gettext_lazy("Create"))
COMPARE = Step("compare", gettext_lazy("Compare the sums"))
ATTACH = Step("attach", gettext_lazy("Attach the PDF"))
APPROVE = Step("approve", gettext_lazy("Approve"))
SEND = Step("send", gettext_lazy("Send to the customer"))

# A request that timed out may be stored this much later; until then nothing is created again.
QUIET = timedelta(seconds=60)
GONE = frozenset({"INVALIDATED", "DELETED"})
SENT = frozenset({"SENT", "PARTLY_PAID", "PAID", "MARKED_PAID"})
BUSINESS_ID = re.compile(r"\d{6,7}-\d|[A-Z]{2}[0-9A-Z]{6,14}")
FOUND_PARTNERS = 20
USUAL_TERMS = (7, 14, 21, 30, 45, 60)
MOST_FILE_BYTES = 10_000_000


class ProcountorAdapter:
    def __init__(self, access: Access) -> None:
        self.client = Client(access)
        self.options = Options.read(access.settings)

    # The connection.

    def check(self) -> Checked:
        try:
            session = self.client.get("/sessioninfo")
            accounts = self._entries("/bankaccounts", "bankAccounts")
            vats = self.client.get("/vats/default")
        except Refused as refused:
            if refused.status == 403:
                raise AccessLost(refused.sentence) from None
            raise Rejected(refused.sentence) from None
        ibans = [
            (
                str(account.get("iban") or "").replace(" ", ""),
                bool(account.get("defaultForInvoice")),
            )
            for account in accounts
            if account.get("status") == "ACTIVE"
        ]
        usual = [(iban, iban) for iban, is_usual in ibans if is_usual]
        other = [(iban, iban) for iban, is_usual in ibans if not is_usual]
        warnings = []
        if not ibans:
            warnings.append(_("The company has no active bank account; invoices need one."))
        if self.options.bank_account and self.options.bank_account not in dict(usual + other):
            warnings.append(
                _("The bank account %(iban)s is not the company's. Choose another one.")
                % {"iban": self.options.bank_account}
            )
        return Checked(
            company=str(session.get("name") or session.get("companyId") or ""),
            company_id=str(session.get("companyId") or ""),
            lists={
                "bank_accounts": [list(pair) for pair in usual + other],
                "vat_statuses": [
                    [str(entry["vatStatus"]), f"{entry['vatStatus']} {entry.get('description')}"]
                    for entry in vats.get("vatStatuses") or []
                    if entry.get("sales")
                ],
            },
            warnings=tuple(warnings),
        )

    def _entries(self, path: str, name: str) -> list[dict[str, Any]]:
        """A list, which some versions wrap."""
        answer = self.client.get_any(path)
        if isinstance(answer, dict):
            answer = answer.get("results", answer.get(name, []))
        return [entry for entry in answer if isinstance(entry, dict)]

    # Partners.

    def list_partners(self, limit: int) -> list[Partner]:
        try:
            found = self.client.pages("/businesspartners", {"type": "CUSTOMER"}, most=limit)
            return [partner_of(data) for data in found][:limit]
        except Refused as refused:
            raise Rejected(refused.sentence) from None

    def search_partners(self, text: str) -> list[Partner]:
        """By name; what looks like a number or a business id is looked for as that first."""
        found: dict[str, Partner] = {}
        text = " ".join(text.split())
        queries: list[tuple[dict[str, str], dict[str, str]]] = []
        if BUSINESS_ID.fullmatch(text.upper()):
            queries.append(({}, {"identifier": text.upper()}))
        if text and len(text) <= 20 and " " not in text:
            queries.append(({"customerNumber": text}, {}))
        if text:
            queries.append(({}, {"name": text}))
        try:
            for params, headers in queries:
                answer = self.client.get(
                    "/businesspartners",
                    {"type": "CUSTOMER", "size": str(FOUND_PARTNERS), **params},
                    **headers,
                )
                for data in answer.get("results") or []:
                    partner = partner_of(data)
                    found.setdefault(partner.id, partner)
        except Refused as refused:
            raise Rejected(refused.sentence) from None
        return list(found.values())[:FOUND_PARTNERS]

    def read_partner(self, remote_id: str) -> Partner:
        return partner_of(self._partner(remote_id))

    def create_partner(self, details: PartnerDetails) -> Partner:
        body = partner_body(details)
        try:
            # A number is not promised to be unique there; a second one would be nobody's wish.
            same = self.client.get(
                "/businesspartners", {"type": "CUSTOMER", "customerNumber": details.number}
            )
            for data in same.get("results") or []:
                raise Rejected(
                    _("Procountor has “%(name)s” with the customer number %(number)s already."
                      " Link that one.")
                    % {"name": data.get("name"), "number": details.number}
                )  # fmt: skip
            return partner_of(self.client.send("POST", "/businesspartners", body))
        except Refused as refused:
            raise Rejected(refused.sentence) from None

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        """Procountor keeps no contact person with the customer: it goes with each invoice."""
        for is_last in (False, True):
            stored = self._partner(remote_id)
            invoicing = {**(stored.get("invoicingInfo") or {})}
            payment = {**(stored.get("paymentInfo") or {})}
            if changes.email:
                invoicing["email"] = changes.email
            if changes.payment_term_days is not None:
                payment["paymentTermDays"] = str(changes.payment_term_days)
            if invoicing == stored.get("invoicingInfo") and payment == stored.get("paymentInfo"):
                return partner_of(stored)
            # Sent whole: whether parts of it would be merged is not documented.
            body = {
                "id": stored["id"],
                "version": stored.get("version"),
                "name": stored.get("name"),
                "type": stored.get("type"),
                "address": stored.get("address"),
                "invoicingInfo": invoicing,
                "paymentInfo": payment,
            }
            try:
                return partner_of(self.client.send("PATCH", f"/businesspartners/{remote_id}", body))
            except Refused as refused:
                is_stale = any(one.field == "version" for one in refused.violations)
                if is_last or not is_stale:
                    raise Rejected(refused.sentence) from None
        raise AssertionError("the second time returns or raises")

    def document_choices(self, remote_customer_id: str) -> dict[str, list[list[str]]]:
        """What the customer has there comes first; the rest is what anybody may have."""
        stored = self._partner(remote_customer_id)
        partner = partner_of(stored)
        own_channel = str((stored.get("invoicingInfo") or {}).get("invoiceChannel") or "")
        own_days = partner.payment_term_days
        terms = sorted({*USUAL_TERMS, *([own_days] if own_days is not None else [])})
        return {
            "email": [[partner.email, partner.name]] if partner.email else [],
            "payment_term": [
                [str(days), _with_own(_("%(days)s days") % {"days": days}, days == own_days)]
                for days in terms
            ],
            "channel": [
                [key, _with_own(str(label), key == own_channel)] for key, label in CHANNELS.items()
            ],
        }

    def _partner(self, remote_id: str) -> dict[str, Any]:
        try:
            found = self.client.get(f"/businesspartners/{int(remote_id)}")
        except Refused as refused:
            if refused.status == 404:
                raise Rejected(
                    _("This customer does not exist in Procountor any more. Link another one.")
                ) from None
            raise Rejected(refused.sentence) from None
        if "id" not in found:
            raise RetryLater(_("Procountor's answer could not be read."))
        return found

    # Payments.

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        try:
            return read_settlements(self.client, documents, since)
        except Refused as refused:
            raise Rejected(refused.sentence) from None

    # Invoices.

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        body = invoice_body(invoice, self.options)
        steps = [CREATE]
        if not invoice.number:
            # Of two with a number each, only a person knows which is to have it here.
            return (CREATE, COMPARE)
        # Approving looks for doubles as well, where that costs no request more.
        if self.options.until not in ("approve", "send"):
            steps.append(COMPARE)
        if self.options.send_pdf:
            steps.append(ATTACH)
        if self.options.until in ("approve", "send"):
            steps.append(APPROVE)
        if self.options.until == "send" and body["invoiceChannel"] != "NO_SENDING":
            steps.append(SEND)
        return tuple(steps)

    def run(self, step: str, delivery: Delivery) -> StepResult:
        do = {
            CREATE.key: self._create,
            COMPARE.key: self._compare,
            ATTACH.key: self._attach,
            APPROVE.key: self._approve,
            SEND.key: self._send,
        }[step]
        try:
            return do(delivery)
        except Refused as refused:
            if refused.status == 404 and step != CREATE.key:
                raise Rejected(
                    _("The invoice does not exist in Procountor any more."), problem=Problem.DIFFERS
                ) from None
            is_unlinked = any(one.field == NO_PARTNER for one in refused.violations)
            raise Rejected(
                refused.sentence,
                problem=Problem.NOT_LINKED if is_unlinked else Problem.REFUSED,
            ) from None

    def _create(self, delivery: Delivery) -> StepResult:
        invoice = delivery.invoice
        found = self._find(our_key(invoice))
        if found:
            take_the_only_one("Procountor", _names(found), str(found[0].get("id")))
            return _created(invoice, found[0], was_found=True)
        _wait_until_quiet(delivery)
        body = invoice_body(invoice, self.options)
        delivery.write()
        return _created(invoice, self.client.send("POST", "/invoices", body))

    def _find(self, number: str) -> list[dict[str, Any]]:
        """Ours by exact number: the filter may find parts of numbers as well."""
        found = self.client.pages(
            "/invoices", {"types": "SALES_INVOICE", "originalInvoiceNumber": number}
        )
        return [
            data
            for data in found
            if data.get("originalInvoiceNumber") == number and data.get("status") not in GONE
        ]

    def _compare(self, delivery: Delivery) -> StepResult:
        stored = self._only_one(delivery)
        self._refuse_gone(stored)
        _compare(delivery.invoice, stored)
        return _result(stored)

    def _only_one(self, delivery: Delivery) -> dict[str, Any]:
        """The invoice as it stands there, by the search for our number: where a request came there
        twice, that finds two, and nothing is finished or numbered."""
        remote_id = delivery.done[CREATE.key].remote_id
        if COMPARE.key in delivery.done:
            return self._read(remote_id)
        found = self._find(our_key(delivery.invoice))
        stored = next((one for one in found if str(one.get("id")) == remote_id), None)
        if found and stored is None:
            try:
                stored = self._read(remote_id)
            except Refused as refused:
                if refused.status != HTTPStatus.NOT_FOUND:
                    raise
            if stored is not None and stored.get("status") not in GONE:
                found.append(stored)
        take_the_only_one("Procountor", _names(found), remote_id)
        if stored is None or not {"status", "invoiceSumInfo"} <= stored.keys():
            stored = self._read(remote_id)
        return stored

    def _attach(self, delivery: Delivery) -> StepResult:
        remote_id = delivery.done[CREATE.key].remote_id
        assert delivery.pdf is not None
        if len(delivery.pdf.content) > MOST_FILE_BYTES:
            raise Rejected(_("The PDF is larger than Procountor takes (10 MB)."))
        stored = self._read(remote_id)
        for attachment in stored.get("attachments") or []:
            if attachment.get("name") == delivery.pdf.name:
                return StepResult(str(attachment.get("id", "")), was_found=True)
        meta = {
            "name": delivery.pdf.name,
            "referenceType": "INVOICE",
            "referenceId": int(remote_id),
            "sendWithInvoice": True,
        }
        _wait_until_quiet(delivery)
        delivery.write()
        attached = self.client.upload(meta, delivery.pdf.name, delivery.pdf.content)
        return StepResult(str(attached.get("id", "")))

    def _approve(self, delivery: Delivery) -> StepResult:
        remote_id = delivery.done[CREATE.key].remote_id
        stored = self._only_one(delivery)
        if stored.get("status") != "UNFINISHED":
            self._refuse_gone(stored)
            return _result(stored, was_found=True)
        _compare(delivery.invoice, stored)
        delivery.write()
        try:
            answer = self.client.send("PUT", f"/invoices/{int(remote_id)}/approve", {"comment": ""})
        except Refused:
            # An earlier request, thought lost, may have come through meanwhile.
            stored = self._read(remote_id)
            if stored.get("status") == "UNFINISHED" or stored.get("status") in GONE:
                raise
            return _result(stored, was_found=True)
        self._refuse_unanswered(answer)
        return _result(stored)

    def _refuse_unanswered(self, answer: dict[str, Any]) -> None:
        """A success says so; anything else under the same status is somebody else's answer, and the
        next turn reads what became of it."""
        if "message" not in answer:
            raise RetryLater(_("Procountor's answer could not be read."))

    def _send(self, delivery: Delivery) -> StepResult:
        remote_id = delivery.done[CREATE.key].remote_id
        stored = self._read(remote_id)
        if stored.get("status") in SENT:
            return _result(stored, was_found=True)
        self._refuse_gone(stored)
        if stored.get("status") != "NOT_SENT":
            raise Rejected(
                _("Somebody opened the invoice again in Procountor (%(status)s). Approve and send"
                  " it there, then close this export.")
                % {"status": stored.get("status")},
                problem=Problem.DIFFERS,
            )  # fmt: skip
        delivery.write()
        try:
            answer = self.client.send("PUT", f"/invoices/{int(remote_id)}/send")
        except Refused:
            stored = self._read(remote_id)
            if stored.get("status") not in SENT:
                raise
            return _result(stored, was_found=True)
        self._refuse_unanswered(answer)
        return _result(stored)

    def _read(self, remote_id: str) -> dict[str, Any]:
        stored = self.client.get(f"/invoices/{int(remote_id)}")
        if "status" not in stored:
            raise RetryLater(_("Procountor's answer could not be read."))
        return stored

    def _refuse_gone(self, stored: dict[str, Any]) -> None:
        if stored.get("status") in GONE:
            raise Rejected(
                _("The invoice was invalidated in Procountor after it had arrived."),
                problem=Problem.DIFFERS,
            )


def _with_own(words: str, is_own: bool) -> str:
    return _("%(choice)s, the customer's in Procountor") % {"choice": words} if is_own else words


def _wait_until_quiet(delivery: Delivery) -> None:
    """A look right after a time-out may come before what it looks for is stored."""
    if delivery.written_at is None:
        return
    seconds = (delivery.written_at + QUIET - timezone.now()).total_seconds()
    if seconds > 0:
        raise RetryLater(
            _("It is not known whether the last request arrived; Procountor is asked again."),
            seconds=seconds,
        )


def _result(invoice: dict[str, Any], *, was_found: bool = False) -> StepResult:
    number = invoice.get("invoiceNumber")
    if not isinstance(invoice.get("id"), int):
        raise RetryLater(_("Procountor's answer could not be read."))
    return StepResult(str(invoice["id"]), "" if number is None else str(number), was_found)


def _created(
    invoice: OutgoingInvoice, stored: dict[str, Any], *, was_found: bool = False
) -> StepResult:
    """The number there becomes ours only when it is known that nothing else has it."""
    result = _result(stored, was_found=was_found)
    return result if invoice.number else replace(result, remote_number="")


def _names(found: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {str(one.get("id")): str(one.get("invoiceNumber") or one.get("id")) for one in found}


def _compare(invoice: OutgoingInvoice, stored: dict[str, Any]) -> None:
    """Before it counts in the books: the sums there are reckoned by somebody else."""
    for entry in stored.get("invoiceSumInfo") or []:
        if entry.get("currency") != invoice.currency:
            continue
        there = Decimal(str(entry.get("invoiceSumTotal")))
        here = -invoice.gross_total if invoice.is_credit_note else invoice.gross_total
        if there != here:
            raise Rejected(
                _("Procountor reckons %(there)s %(currency)s, the invoice says %(here)s. It is not"
                  " approved: correct it there, approve and send it, then close this export.")
                % {
                    "there": there,
                    "here": f"{here.normalize():f}",
                    "currency": invoice.currency,
                },
                problem=Problem.DIFFERS,
            )  # fmt: skip
        return


SYSTEM = System(
    key="procountor",
    title="Procountor",
    icon="building-bank",
    summary=gettext_lazy("Finnish financial management: invoices are created, approved and sent."),
    environments=(
        Environment("production", gettext_lazy("Production"), "https://api.procountor.com"),
        Environment(
            "test",
            gettext_lazy("Test server (PTS)"),
            "https://pts-api.procountor.com",
            # 90 in a minute.
            rate=Rate(80, 60, burst=20, shared_by="client_id"),
        ),
    ),
    form=ProcountorForm,
    open=ProcountorAdapter,
    steps=(CREATE, COMPARE, ATTACH, APPROVE, SEND),
    can=frozenset(
        {
            Can.DRAFT,
            Can.FINAL,
            Can.GIVES_NUMBER,
            Can.ATTACH,
            Can.SEND,
            Can.CREDIT_NOTES,
            Can.PAYMENTS,
            Can.CUSTOMERS,
        }
    ),
    document_fields=(
        DocumentField(
            key="contact",
            label=gettext_lazy("Contact person"),
            help=gettext_lazy("Empty: the one on the document."),
            is_free_text=True,
        ),
        DocumentField(
            key="email",
            label=gettext_lazy("E-mail Procountor sends to"),
            help=gettext_lazy("Empty: the one on the document."),
            is_free_text=True,
        ),
        DocumentField(
            key="payment_term",
            label=gettext_lazy("Payment term"),
            help=gettext_lazy("Sets the draft's due date, so that both say the same."),
            fills="payment_term_days",
        ),
        DocumentField(
            key="channel",
            label=gettext_lazy("How Procountor hands it over"),
            help=gettext_lazy("As usual: as the connection says."),
        ),
    ),
    partner_fields=frozenset({"email", "payment_term_days"}),
    # 60 in a second for the client, all its companies together; who exceeds it may be suspended.
    rate=Rate(50, 1, burst=10, shared_by="client_id"),
    sandbox_document_path="/documents/{id}",
)
