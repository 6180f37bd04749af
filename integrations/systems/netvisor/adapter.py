"""Sales invoices to Netvisor: create with the PDF, compare the sums, match credit notes.

A transaction id protects nothing but one HTTP request, and the same number may be taken twice.
Our marker stands in the invoice's private comment; each step looks there before it writes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Access,
    AccessLost,
    Can,
    Checked,
    Delivery,
    Environment,
    Exported,
    Partner,
    PartnerChanges,
    PartnerDetails,
    ProductDetails,
    Rejected,
    RemoteProduct,
    RetryLater,
    Settlement,
    Step,
    StepResult,
    System,
)
from integrations.problems import Problem
from integrations.systems.netvisor import assumptions as taken
from integrations.systems.netvisor.client import Client, NoRight, Refused
from integrations.systems.netvisor.form import NetvisorForm
from integrations.systems.netvisor.mapping import (
    DRAFT,
    Options,
    changes_tag,
    customer_tag,
    invoice_tag,
    number_there,
    partner_of,
    partner_of_row,
    product_of_row,
    product_tag,
    sign_of,
)
from integrations.systems.netvisor.payments import settlements
from integrations.systems.netvisor.sentences import DUPLICATE
from integrations.systems.netvisor.xml import Node, Tag

CREATE = Step("create", gettext_lazy("Create"))
COMPARE = Step("compare", gettext_lazy("Compare the sums"))
MATCH = Step("match", gettext_lazy("Match with the invoice"))

# A request that timed out may be stored this much later; until then nothing is created again.
QUIET = timedelta(seconds=60)
FOUND = 20
CENT = Decimal("0.01")


class NetvisorAdapter:
    def __init__(self, access: Access) -> None:
        self.client = Client(access)
        self.options = Options.read(access.settings)
        self.organisation = access.settings.get("organisation", "")

    # The connection.

    def check(self) -> Checked:
        """There is no resource that tells the company's name: the business id opens the door."""
        refused: list[NoRight] = []
        # None of these finds anything; each says whether it may be asked.
        asked = (
            ("customerlist.nv", {"keyword": self.organisation}),
            ("productlist.nv", {"keyword": self.organisation}),
            ("salesinvoicelist.nv", {"invoicenumber": "0"}),
        )
        for resource, params in asked:
            try:
                self.client.get(resource, **params)
            except NoRight as lacking:
                refused.append(lacking)
            except Refused as no:
                raise Rejected(no.failure.sentence) from None
        if len(refused) == len(asked):
            raise AccessLost(refused[0].sentence)
        return Checked(
            company=self.organisation,
            company_id=self.organisation,
            warnings=tuple(lacking.sentence for lacking in refused),
        )

    # Customers.

    def list_partners(self, limit: int) -> list[Partner]:
        return self._customers(limit)

    def search_partners(self, text: str) -> list[Partner]:
        text = " ".join(text.split())
        return self._customers(FOUND, keyword=text) if text else []

    def _customers(self, most: int, **params: str) -> list[Partner]:
        try:
            answer = self.client.get("customerlist.nv", **params)
        except Refused as refused:
            raise Rejected(refused.failure.sentence) from None
        rows = answer.child("customerlist").children("customer")
        return [partner_of_row(row) for row in rows if row["netvisorkey"]][:most]

    def read_partner(self, remote_id: str) -> Partner:
        try:
            customer = self.client.get("getcustomer.nv", id=_key(remote_id)).child("customer")
        except Refused as refused:
            raise Rejected(refused.failure.sentence, problem=refused.failure.problem) from None
        if not customer.child("customerbaseinformation")["name"]:
            raise Rejected(
                _("The linked customer does not exist in Netvisor any more. Link another one."),
                problem=Problem.NOT_LINKED,
            )
        return partner_of(customer, remote_id)

    def create_partner(self, details: PartnerDetails) -> Partner:
        for same in self._customers(FOUND, keyword=details.number) if details.number else ():
            if same.number == details.number:
                raise Rejected(
                    _("Netvisor has “%(name)s” with the customer number %(number)s already. Link"
                      " that one.")
                    % {"name": same.name, "number": details.number}
                )  # fmt: skip
        try:
            answer = self.client.post("customer.nv", customer_tag(details), method="add")
        except Refused as refused:
            raise Rejected(refused.failure.sentence) from None
        return self.read_partner(_inserted(answer))

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        """Payment terms are names there and stay as they are."""
        stored = self.read_partner(remote_id)
        email = changes.email if changes.email != stored.email else ""
        contact = changes.contact_name if changes.contact_name != stored.contact_name else ""
        if not (email or contact):
            return stored
        try:
            self.client.post(
                "customer.nv", changes_tag(email, contact), method="edit", id=_key(remote_id)
            )
        except Refused as refused:
            raise Rejected(refused.failure.sentence, problem=refused.failure.problem) from None
        return self.read_partner(remote_id)

    # Products.

    def list_products(self, limit: int) -> list[RemoteProduct]:
        return self._products(limit)

    def search_products(self, text: str) -> list[RemoteProduct]:
        text = " ".join(text.split())
        return self._products(FOUND, keyword=text) if text else []

    def _products(self, most: int, **params: str) -> list[RemoteProduct]:
        try:
            answer = self.client.get("productlist.nv", **params)
        except Refused as refused:
            raise Rejected(refused.failure.sentence) from None
        rows = answer.child("productlist").children("product")
        return [product_of_row(row) for row in rows if row["netvisorkey"]][:most]

    def create_product(self, details: ProductDetails) -> RemoteProduct:
        for same in self._products(FOUND, keyword=details.number) if details.number else ():
            if same.number.casefold() == details.number.casefold():
                raise Rejected(
                    _("Netvisor has “%(name)s” with the product number %(number)s already. Choose"
                      " that one.")
                    % {"name": same.name, "number": details.number}
                )  # fmt: skip
        try:
            answer = self.client.post(
                "product.nv", product_tag(details, self.options), method="add"
            )
        except Refused as refused:
            raise Rejected(refused.failure.sentence) from None
        return RemoteProduct(
            id=_inserted(answer), name=details.name, number=details.number, price=details.price
        )

    # Invoices.

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        invoice_tag(invoice, self.options)
        if not invoice.number:
            if self.options.status == DRAFT:
                raise Rejected(
                    _("Drafts in Netvisor have no number. Choose in the connection that invoices"
                      " are open or unsent, or number them here.")
                )  # fmt: skip
            return (CREATE,)
        if invoice.is_credit_note and invoice.corrected_remote_id and self.options.status != DRAFT:
            return (CREATE, COMPARE, MATCH)
        return (CREATE, COMPARE)

    def run(self, step: str, delivery: Delivery) -> StepResult:
        do = {CREATE.key: self._create, COMPARE.key: self._compare, MATCH.key: self._match}[step]
        try:
            return do(delivery)
        except Refused as refused:
            raise Rejected(refused.failure.sentence, problem=refused.failure.problem) from None

    def _create(self, delivery: Delivery) -> StepResult:
        if (found := self._find(delivery)) is not None:
            return found
        _wait_until_quiet(delivery)
        if delivery.written_at is not None and not self._can_be_found(delivery.invoice):
            raise Rejected(
                _("It is not known whether the draft arrived in Netvisor, and drafts cannot be"
                  " looked up. Look there; then try again, or close this export.")
            , problem=Problem.UNCLEAR)  # fmt: skip
        pdf = delivery.pdf if self.options.send_pdf else None
        content = invoice_tag(delivery.invoice, self.options, pdf)
        # The file is not recorded with the message.
        shown = invoice_tag(delivery.invoice, self.options)
        delivery.write()
        try:
            answer = self.client.post("salesinvoice.nv", content, shown=shown, method="add")
        except Refused as refused:
            if refused.failure.category != DUPLICATE:
                raise
            # An earlier request, thought lost, may have come through meanwhile.
            if (found := self._find(delivery)) is not None:
                return found
            raise
        key, number = _inserted(answer), number_there(delivery.invoice, self.options)
        if not number and self.options.status != DRAFT:
            number = self._stored(key)["salesinvoicenumber"]
        return StepResult(key, number)

    def _can_be_found(self, invoice: OutgoingInvoice) -> bool:
        return bool(number_there(invoice, self.options)) or taken.DRAFTS_ARE_LISTED

    def _find(self, delivery: Delivery) -> StepResult | None:
        """Ours, by our marker: numbers may be taken by somebody else's invoice."""
        invoice = delivery.invoice
        number = number_there(invoice, self.options)
        rows = self._rows_like(invoice, number)
        ours = [
            one
            for one in self._read([row["netvisorkey"] for row in rows])
            if _is_ours(one, invoice)
        ]
        keys = [_key_of(one) for one in ours]
        if len(keys) > 1:
            raise Rejected(
                _("Netvisor has this invoice several times, under the keys %(keys)s. Delete all but"
                  " one there and try again.")
                % {"keys": ", ".join(keys)},
                problem=Problem.UNCLEAR,
            )  # fmt: skip
        if ours:
            return StepResult(keys[0], ours[0]["salesinvoicenumber"], was_found=True)
        if rows and number:
            raise Rejected(
                _("Netvisor has another invoice with the number %(number)s (%(customer)s). Give"
                  " invoices that go there a number series of their own.")
                % {"number": number, "customer": rows[0]["customername"]},
                problem=Problem.DIFFERS,
            )  # fmt: skip
        return None

    def _rows_like(self, invoice: OutgoingInvoice, number: str) -> list[Node]:
        if number:
            rows = self._invoices(invoicenumber=number)
            return [row for row in rows if row["invoicenumber"].lstrip("0") == number.lstrip("0")]
        day = invoice.issue_date.isoformat()
        return self._invoices(
            begininvoicedate=day, endinvoicedate=day, customernetvisorkey=invoice.remote_customer_id
        )

    def _invoices(self, **params: str) -> list[Node]:
        answer = self.client.get("salesinvoicelist.nv", **params)
        rows = answer.child("salesinvoicelist").children("salesinvoice")
        return [row for row in rows if row["netvisorkey"]]

    def _read(self, keys: Sequence[str]) -> Iterable[Node]:
        """Whole invoices; a key that does not exist is answered with an empty element."""
        for start in range(0, len(keys), taken.READ_AT_ONCE):
            some = keys[start : start + taken.READ_AT_ONCE]
            for key in some if len(some) == 1 else ():
                answer = self.client.get("getsalesinvoice.nv", netvisorkey=key, pdfimage="nopdf")
                invoice = next(answer.everywhere("salesinvoice"), Node(None))
                if invoice["salesinvoicedate"]:
                    yield _Keyed(invoice, key)
            if len(some) > 1:
                answer = self.client.get(
                    "getsalesinvoice.nv", netvisorkeylist=",".join(some), pdfimage="nopdf"
                )
                yield from (
                    one for one in answer.everywhere("salesinvoice") if one["salesinvoicedate"]
                )

    def _stored(self, key: str) -> Node:
        for one in self._read([_key(key)]):
            return one
        raise Rejected(
            _("The invoice does not exist in Netvisor any more."), problem=Problem.DIFFERS
        )

    def _compare(self, delivery: Delivery) -> StepResult:
        """What counts there, to the cent, against what was posted here."""
        invoice, key = delivery.invoice, delivery.done[CREATE.key].remote_id
        stored = self._stored(key)
        here = sign_of(invoice) * invoice.gross_total
        lines = [
            amount
            for line in stored.everywhere("salesinvoiceproductline")
            if (amount := line.amount("salesinvoiceproductlinesum")) is not None
        ]
        for there in (
            stored.amount("salesinvoiceamount"),
            sum(lines, Decimal(0)).quantize(CENT) if lines else None,
        ):
            if there is None or there == here:
                continue
            raise Rejected(
                _("Netvisor has %(there)s %(currency)s, the invoice says %(here)s. Correct it"
                  " there, then close this export.")
                % {
                    "there": _plain(there),
                    "here": _plain(here),
                    "currency": invoice.currency,
                },
                problem=Problem.DIFFERS,
            )  # fmt: skip
        return StepResult(key, stored["salesinvoicenumber"])

    def _match(self, delivery: Delivery) -> StepResult:
        """Netvisor matches sent documents only; until then both wait."""
        note, invoice = (
            delivery.done[CREATE.key].remote_id,
            delivery.invoice.corrected_remote_id,
        )
        if self._is_settled(note, delivery):
            return StepResult(note, was_found=True)
        for stored in (self._stored(note), self._stored(invoice)):
            status = stored.child("invoicestatus")
            if (status.attribute("status") or status.text).casefold() == "unsent":
                _wait_until_sent(delivery.invoice, stored["salesinvoicenumber"])
        _wait_until_quiet(delivery)
        delivery.write()
        try:
            self.client.post(
                "matchcreditnote.nv",
                Tag(
                    "matchcreditnote",
                    (Tag("creditnotenetvisorkey", note), Tag("invoicenetvisorkey", _key(invoice))),
                ),
            )
        except Refused as refused:
            if self._is_settled(note, delivery):
                return StepResult(note, was_found=True)
            raise Rejected(
                refused.failure.said(
                    _("Netvisor does not match the credit note with its invoice. Match them there,"
                      " then close this export.")
                )
            , problem=Problem.DIFFERS) from None  # fmt: skip
        return StepResult(note)

    def _is_settled(self, note: str, delivery: Delivery) -> bool:
        """Nothing of the credit note is open any more: it was matched."""
        day = delivery.invoice.issue_date.isoformat()
        rows = self._invoices(
            begininvoicedate=day,
            endinvoicedate=day,
            customernetvisorkey=delivery.invoice.remote_customer_id,
        )
        return any(row["netvisorkey"] == note and row.amount("opensum") == 0 for row in rows)

    # Payments.

    def read_settlements(
        self, documents: Sequence[Exported], since: datetime | None
    ) -> list[Settlement]:
        try:
            return settlements(self.client, documents, since)
        except Refused as refused:
            raise Rejected(refused.failure.sentence) from None


class _Keyed(Node):
    """An invoice asked for alone, whose answer does not always repeat its key."""

    def __init__(self, invoice: Node, key: str) -> None:
        super().__init__(invoice._element)
        self.key = key


def _key_of(invoice: Node) -> str:
    if isinstance(invoice, _Keyed):
        return invoice.key
    return invoice["salesinvoicenetvisorkey"] or invoice["netvisorkey"]


def _is_ours(stored: Node, invoice: OutgoingInvoice) -> bool:
    if stored["salesinvoiceprivatecomment"]:
        return invoice.marker in stored["salesinvoiceprivatecomment"].split()
    # Somebody emptied the comment there: the reference and the sum must do.
    same_sum = stored.amount("salesinvoiceamount") == sign_of(invoice) * invoice.gross_total
    return (
        bool(invoice.number) and stored["salesinvoiceourreference"] == invoice.number and same_sum
    )


def _key(remote_id: str) -> str:
    """Keys are numbers; anything else never came from there."""
    if not (remote_id.isascii() and remote_id.isdecimal()):
        raise Rejected(_("“%(id)s” is no key of Netvisor. Link it again.") % {"id": remote_id})
    return remote_id


def _inserted(answer: Node) -> str:
    for node in answer.everywhere("inserteddataidentifier"):
        if node.text.isdecimal():
            return node.text
    raise RetryLater(_("Netvisor's answer could not be read."))


def _plain(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):f}"


def _wait_until_quiet(delivery: Delivery) -> None:
    """A look right after a time-out may come before what it looks for is stored."""
    if delivery.written_at is None:
        return
    seconds = (delivery.written_at + QUIET - timezone.now()).total_seconds()
    if seconds > 0:
        raise RetryLater(
            _("It is not known whether the last request arrived; Netvisor is asked again."),
            seconds=seconds,
        )


def _wait_until_sent(note: OutgoingInvoice, number: str) -> None:
    late = timezone.localdate() - note.issue_date > timedelta(hours=taken.MATCH_HOURS)
    sentence = _("Netvisor matches a credit note when both are sent; %(number)s is not.") % {
        "number": number
    }
    if late:
        raise Rejected(
            _("%(sentence)s Send it there and try again.") % {"sentence": sentence},
            problem=Problem.REFUSED,
        )
    raise RetryLater(sentence, seconds=taken.MATCH_SECONDS, was_refused=True)


SYSTEM = System(
    key="netvisor",
    title="Netvisor",
    icon="building-bank",
    summary=gettext_lazy("Finnish financial management of Visma: invoices with their products."),
    environments=(
        Environment("production", gettext_lazy("Production"), "https://integration.netvisor.fi"),
        Environment("test", gettext_lazy("Training"), "https://isvapi.netvisor.fi"),
    ),
    form=NetvisorForm,
    open=NetvisorAdapter,
    steps=(CREATE, COMPARE, MATCH),
    can=frozenset(
        {
            Can.DRAFT,
            Can.FINAL,
            Can.OWN_NUMBER,
            Can.GIVES_NUMBER,
            Can.ATTACH,
            Can.SEND,
            Can.CREDIT_NOTES,
            Can.PAYMENTS,
            Can.CUSTOMERS,
            Can.PRODUCTS,
        }
    ),
    needs_link=True,
    needs_products=True,
    is_serial=True,
    serial_by="organisation",
    answer_seconds=taken.ANSWER_SECONDS,
    partner_fields=frozenset({"email", "contact_name"}),
    most_number_characters=taken.NUMBER,
    numbers_are_digits=True,
    sandbox_document_path="/invoices/{id}",
    shown_fields=frozenset(
        {
            "iso4217currencycode",
            "listtype",
            "productname",
            "productcode",
            "salesinvoicestatus",
            "salesinvoiceourreference",
            "salesinvoiceprivatecomment",
            "vatcode",
        }
    ),
)
