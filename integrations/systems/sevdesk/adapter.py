"""Documents to sevDesk: save a draft or add to one, compare its sums, open or mail it.

sevDesk has neither idempotency keys nor webhooks. Our mark stands in a document's reference; each
step looks for it first and does only what is still missing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Access,
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
    RemoteDraft,
    RetryLater,
    Settlement,
    Step,
    StepResult,
    System,
)
from integrations.problems import Problem
from integrations.systems.sevdesk import appending, assumptions, payments
from integrations.systems.sevdesk.client import Client, Refused, unreadable
from integrations.systems.sevdesk.finding import (
    CREDIT_NOTE,
    compare,
    created,
    find_ours,
    is_draft,
    kind_of,
    only_one,
    refuse_taken_number,
    result_of,
    wait_until_quiet,
)
from integrations.systems.sevdesk.form import SevdeskForm
from integrations.systems.sevdesk.letters import email_of
from integrations.systems.sevdesk.mapping import (
    OUR_PDF,
    UNTIL_DRAFT,
    UNTIL_EMAIL,
    Json,
    Options,
    Register,
    check,
    credit_note_body,
    invoice_body,
)
from integrations.systems.sevdesk.partners import Partners, in_words
from integrations.systems.sevdesk.registers import Registers
from integrations.systems.sevdesk.taxes import Tax, tax_of

CREATE = Step("create", gettext_lazy("Save the draft"))
APPEND = Step("append", gettext_lazy("Add to the draft"))
COMPARE = Step("compare", gettext_lazy("Compare the sums"))
OPEN = Step("open", gettext_lazy("Open"))
EMAIL = Step("email", gettext_lazy("Open and send by e-mail"))

MOST_FILE_BYTES = 10_000_000


class SevdeskAdapter:
    def __init__(self, access: Access) -> None:
        self.access = access
        self.client = Client(access)
        self.options = Options.read(access.settings)
        self.registers = Registers(access, self.client)
        self.partners = Partners(self.client, self.registers)
        self.lists = access.lists

    # The connection.

    def check(self) -> Checked:
        try:
            register = self.registers.read(afresh=True)
        except Refused as refused:
            raise in_words(refused) from None
        return Checked(
            company=register.company,
            company_id=register.company_id,
            lists={
                "users": _pairs(register.users),
                "unities": _pairs(register.unity_names),
                "bookkeeping": [[register.version, register.version]],
                "small_business": [["1", ""]] if register.is_small else [],
            },
            warnings=tuple(self._warnings(register)),
        )

    def _warnings(self, register: Register) -> list[str]:
        found = []
        person = self.options.contact_person
        if person and person not in register.users:
            found.append(
                _("The chosen contact person does not exist in sevDesk. Choose another one.")
            )
        if self.options.exempt == assumptions.SMALL_BUSINESS and not register.is_small:
            found.append(_("The company is no small business in sevDesk; exempt lines say it is."))
        if register.version == "1.0":
            found.append(
                _("The company still has sevDesk's old bookkeeping. When it is moved to the new one"
                  " nothing has to be done here.")
            )  # fmt: skip
        return found

    # Partners.

    def list_partners(self, limit: int) -> list[Partner]:
        return self._asked(lambda: self.partners.some(limit))

    def search_partners(self, text: str) -> list[Partner]:
        return self._asked(lambda: self.partners.search(text))

    def read_partner(self, remote_id: str) -> Partner:
        return self._asked(lambda: self.partners.read(remote_id))

    def create_partner(self, details: PartnerDetails) -> Partner:
        return self._asked(lambda: self.partners.create(details))

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        return self._asked(lambda: self.partners.update(remote_id, changes))

    def document_choices(self, remote_customer_id: str) -> Mapping[str, list[list[str]]]:
        register = self._asked(self.registers.read)
        return {
            "contact_person": _pairs(register.users),
            "unity": _pairs(register.unity_names),
        }

    def list_drafts(self, remote_customer_id: str) -> list[RemoteDraft]:
        return self._asked(lambda: appending.list_drafts(self.client, remote_customer_id))

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        return self._asked(lambda: payments.read_settlements(self.client, documents, since))

    def _asked[Found](self, ask: Callable[[], Found]) -> Found:
        try:
            return ask()
        except Refused as refused:
            raise in_words(refused) from None

    # Documents.

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        check(invoice)
        if not invoice.remote_customer_id.isdecimal():
            raise Rejected(
                _("Link the customer to one in sevDesk; a document needs it there."),
                problem=Problem.NOT_LINKED,
            )
        versions = [key for key, _label in self.lists.get("bookkeeping", [])]
        tax_of(
            invoice,
            self.options,
            version=versions[0] if versions else "2.0",
            is_small=bool(self.lists.get("small_business")),
        )
        if invoice.append_to:
            return (APPEND,)
        self._check_credit_note(invoice)
        if self.options.until == UNTIL_DRAFT:
            if not invoice.number:
                raise Rejected(
                    _("sevDesk gives a number when a document is opened. Let the connection open"
                      " documents, or number them here.")
                )  # fmt: skip
            return (CREATE, COMPARE)
        if self.options.until != UNTIL_EMAIL:
            return (CREATE, OPEN)
        if not invoice.buyer.email:
            raise Rejected(
                _("The customer has no e-mail address for invoices; sevDesk cannot mail it.")
            )
        return (CREATE, EMAIL)

    def _check_credit_note(self, invoice: OutgoingInvoice) -> None:
        if invoice.is_credit_note and not invoice.corrected_remote_id.isdecimal():
            raise Rejected(
                _("sevDesk takes a credit note only for an invoice that is there. Send invoice"
                  " %(number)s first, or make the credit note there and close this export.")
                % {"number": invoice.corrected_number}
            )  # fmt: skip

    def run(self, step: str, delivery: Delivery) -> StepResult:
        do = {
            CREATE.key: self._create,
            APPEND.key: self._append,
            COMPARE.key: self._compare,
            OPEN.key: self._open,
            EMAIL.key: self._email,
        }[step]
        try:
            return do(delivery)
        except Refused as refused:
            if refused.is_missing and step in (COMPARE.key, OPEN.key, EMAIL.key):
                raise Rejected(
                    _("The document does not exist in sevDesk any more."),
                    problem=Problem.DIFFERS,
                ) from None
            raise in_words(refused) from None

    def _create(self, delivery: Delivery) -> StepResult:
        invoice, kind = delivery.invoice, kind_of(delivery.invoice)
        found = find_ours(self.client, kind, invoice)
        if found is not None:
            return created(found, kind, invoice, was_found=True)
        wait_until_quiet(delivery)
        refuse_taken_number(self.client, kind, invoice.number)
        register = self.registers.read()
        try:
            return created(self._save(delivery, register), kind, invoice)
        except Refused as refused:
            # It was refused, so nothing was saved. Companies are moved to the new bookkeeping, and
            # people and units come and go.
            if not (refused.is_about_tax or refused.refusal.says("unity not", "sevuser not")):
                raise
            current = self.registers.read(afresh=True)
            if current == register:
                raise
            return created(self._save(delivery, current), kind, invoice)

    def _save(self, delivery: Delivery, register: Register) -> Json:
        invoice, kind = delivery.invoice, kind_of(delivery.invoice)
        tax = self._tax(invoice, register)
        country = self.registers.country(invoice.buyer.country)
        if kind is CREDIT_NOTE:
            body = credit_note_body(invoice, self.options, register, tax, country)
            if not invoice.number:
                body["creditNote"]["creditNoteNumber"] = self._next_credit_note_number()
        else:
            body = invoice_body(invoice, self.options, register, tax, country)
        # A document that gets its number there has no PDF of ours before.
        if self.options.pdf == OUR_PDF and invoice.number:
            body["filename"] = self._uploaded(delivery)
        delivery.write()
        answer = self.client.send("POST", f"{kind.path}/Factory/save{kind.name}", body)
        saved = answer.get(kind.key)
        if not isinstance(saved, dict) or not saved.get("id"):
            raise unreadable()
        return saved

    def _tax(self, invoice: OutgoingInvoice, register: Register) -> Tax:
        return tax_of(invoice, self.options, version=register.version, is_small=register.is_small)

    def _uploaded(self, delivery: Delivery) -> str:
        """The name under which our PDF waits there for the document that names it."""
        if delivery.pdf is None:
            raise RetryLater(_("Waits for the invoice's PDF."), seconds=5, was_refused=True)
        if len(delivery.pdf.content) > MOST_FILE_BYTES:
            raise Rejected(_("The PDF is larger than sevDesk takes (10 MB)."))
        answer = self.client.upload(
            assumptions.UPLOAD_PATH, delivery.pdf.name, delivery.pdf.content
        )
        name = answer.get("filename")
        if not name:
            raise unreadable()
        return str(name)

    def _next_credit_note_number(self) -> str:
        """sevDesk numbers invoices when they are opened, and credit notes not at all."""
        for kind in assumptions.CREDIT_NOTE_SEQUENCES:
            try:
                asked = {"objectType": "CreditNote", "type": kind}
                found = self.client.one(
                    "/SevSequence/Factory/getByType", asked, needs="nextSequence"
                )
            except Refused:
                continue
            today = timezone.localdate()
            number = (
                str(found.get("format") or "%NUMBER")
                .replace("%NUMBER", str(found.get("nextSequence") or ""))
                .replace("%YYYY", f"{today:%Y}")
                .replace("%MM", f"{today:%m}")
            )
            # Reading reserves nothing: somebody may have taken it.
            refuse_taken_number(self.client, CREDIT_NOTE, number)
            return number
        raise Rejected(_("sevDesk has no number range for credit notes. Number them here instead."))

    def _append(self, delivery: Delivery) -> StepResult:
        invoice = delivery.invoice
        register = self.registers.read()
        with appending.one_at_a_time(self.access, invoice.append_to):
            return appending.append(
                self.client, delivery, self.options, register, self._tax(invoice, register)
            )

    def _compare(self, delivery: Delivery) -> StepResult:
        """Of a draft that stays one; what is opened or mailed is compared before."""
        kind = kind_of(delivery.invoice)
        stored = only_one(self.client, kind, delivery, CREATE.key)
        compare(delivery.invoice, stored, kind)
        return result_of(stored, kind)

    def _open(self, delivery: Delivery) -> StepResult:
        body = {"sendType": self.options.send_type, "sendDraft": False}
        return self._finish(delivery, "PUT", "sendBy", body)

    def _email(self, delivery: Delivery) -> StepResult:
        """Mailing opens the draft, so that an open one was mailed: it is not mailed again."""
        return self._finish(
            delivery, "POST", "sendViaEmail", email_of(delivery.invoice, self.options)
        )

    def _finish(self, delivery: Delivery, method: str, verb: str, body: Json) -> StepResult:
        invoice, kind = delivery.invoice, kind_of(delivery.invoice)
        path = f"{kind.path}/{delivery.done[CREATE.key].remote_id}"
        stored = only_one(self.client, kind, delivery, CREATE.key)
        compare(invoice, stored, kind)
        if not is_draft(stored):
            return result_of(stored, kind, was_found=True)
        delivery.write()
        try:
            self.client.send(method, f"{path}/{verb}", body)
        except Refused:
            # An earlier request, thought lost, may have come through meanwhile.
            stored = self._read(path)
            if is_draft(stored):
                raise
            return result_of(stored, kind, was_found=True)
        stored = self._read(path)
        if is_draft(stored):
            raise RetryLater(_("sevDesk said yes, but the document is still a draft there."))
        return result_of(stored, kind)

    def _read(self, path: str) -> Json:
        return self.client.one(path, needs="status")


def _pairs(names: Mapping[str, str]) -> list[list[str]]:
    return [[key, name] for key, name in names.items()]


SYSTEM = System(
    key="sevdesk",
    title="sevDesk",
    icon="file-invoice",
    summary=gettext_lazy(
        "German bookkeeping: drafts are saved or added to, opened, numbered and mailed."
    ),
    environments=(Environment("production", gettext_lazy("Production"), "https://my.sevdesk.de"),),
    form=SevdeskForm,
    open=SevdeskAdapter,
    steps=(CREATE, APPEND, COMPARE, OPEN, EMAIL),
    can=frozenset(
        {
            Can.DRAFT,
            Can.FINAL,
            Can.APPEND,
            Can.OWN_NUMBER,
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
            key="contact_person",
            label=gettext_lazy("Contact person in sevDesk"),
            help=gettext_lazy("As usual: as the connection says."),
        ),
        DocumentField(
            key="unity",
            label=gettext_lazy("Unit for lines whose unit sevDesk lacks"),
            help=gettext_lazy("As usual: as the connection says, or pieces."),
        ),
    ),
    # Only where our PDF is to go with the draft; then the adapter waits for it.
    needs_pdf=False,
    needs_link=True,
    partner_fields=frozenset({"email", "payment_term_days"}),
    most_number_characters=40,
    shown_fields=frozenset(
        {
            "customerInternalNote",
            "sendType",
            "taxText",
            "bookingCategory",
            "translationCode",
            "exceptionUUID",
            "invoiceType",
            "smallSettlement",
            "paidAmount",
        }
    ),
    rate=assumptions.RATE,
    document_url=assumptions.DOCUMENT_URL,
    sandbox_document_path="/documents/{id}",
)
