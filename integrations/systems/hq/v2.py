"""Dialect v2, REST: head, mark, line by line. Section 4 of the contract.

There is no call that does it all, and a new head has no mark. After an unknown outcome it is known
by its customer, its days and when it was created; only one document is sent at a time over a
connection, so that no other worker's head is taken for it.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Checked,
    Delivery,
    Partner,
    Rejected,
    RemotePayment,
    Settlement,
    StartOver,
    Step,
    StepResult,
)
from integrations.systems.hq import assumptions, doubles, mapping
from integrations.systems.hq.assumptions import DOCUMENT_TYPES, STATUS_TYPES, name_of
from integrations.systems.hq.base import (
    CANCEL,
    HEAD,
    MARK,
    VERIFY,
    ApiAdapter,
    Stored,
    cancels,
    document_of,
    line_step,
    only_in_part,
    unknown_cancellation,
    wait_until_quiet,
)
from integrations.systems.hq.client import Refused, rows_of
from integrations.systems.hq.mapping import Json
from integrations.systems.hq.options import FRACTION, PERCENT

# As many of a tenant's latest documents are looked at to learn how it writes tax rates.
PROBED = 50


class V2Adapter(ApiAdapter):
    version = "v2"
    if_rate_is_there = gettext_lazy(
        "If it is there, the connection writes tax rates otherwise than HQ: change that setting."
    )

    def check(self) -> Checked:
        try:
            companies = rows_of(self.client.get("/OwnCompanies", top=1))
            templates = list(self.client.rows("/DocumentTemplates"))
            statuses = list(self.client.rows("/DocumentStatus"))
            scale = self._probe()
        except Refused as refused:
            raise Rejected(refused.sentence) from None
        warnings = []
        choices = [
            [str(row["id"]), str(row.get("name") or row["id"])]
            for row in templates
            if name_of(row.get("documentType"), DOCUMENT_TYPES) in ("", "Invoice")
        ]
        if self.options.template is None:
            warnings.append(_("Choose a document template; HQ creates no document without one."))
        elif str(self.options.template) not in dict(choices):
            warnings.append(_("The document template is not there any more. Choose another one."))
        if not scale and not self.options.tax_scale:
            warnings.append(
                _("No document there shows how HQ writes tax rates, so 19 is taken for 19 %. Where"
                  " the sums differ afterwards, choose the other way.")
            )  # fmt: skip
        if not any(
            name_of(row.get("documentStatusType"), STATUS_TYPES) == "Draft" for row in statuses
        ):
            warnings.append(_("HQ has no status of the type draft."))
        company = str(companies[0].get("name") or "") if companies else ""
        lists = {"templates": choices}
        if scale:
            lists["tax_scale"] = [[scale, scale]]
        return Checked(company=company, lists=lists, warnings=tuple(warnings))

    def _probe(self) -> str:
        """Whether 19 % is written as 19 or as 0.19, by positions that are there."""
        documents = rows_of(
            self.client.get(
                "/Documents", top=PROBED, orderby="updatedOn desc,id", expand="positions"
            )
        )
        rates = [
            rate
            for document in documents
            for position in document.get("positions") or []
            if (rate := mapping.decimal_of(position.get("tax"))) is not None and rate > 0
        ]
        if not rates:
            return ""
        return PERCENT if max(rates) >= 1 else FRACTION

    # Companies.

    def _companies(self, most: int, **words: str) -> list[Partner]:
        rows = self.client.rows("/Companies", most=most, expand="DefaultAddress", **words)
        return [mapping.v2_partner(row) for row in rows]

    def _of_number(self, number: int) -> list[Partner]:
        found = self._companies(2000, filter=f"debitorNumber eq {number}")
        return [one for one in found if one.number == str(number)]

    def _create_company(self, body: Json) -> Json:
        return self.client.create("/Companies", body)

    def _company(self, remote_id: str) -> Json:
        return self.client.read(
            f"/Companies/{int(remote_id)}", expand="DefaultAddress,CompanyTypes"
        )

    def _change_company(self, stored: Json, email: str) -> Json:
        """A PUT empties what it does not name: everything is sent again."""
        body = {name: stored[name] for name in assumptions.WRITABLE_COMPANY_V2 if name in stored}
        address = {"description": _("Main address"), **(stored.get("defaultAddress") or {})}
        body["defaultAddress"] = {**address, "email": email}
        self.client.send("PUT", f"/Companies/{stored['id']}", body)
        return body

    def _partner(self, row: Json) -> Partner:
        return mapping.v2_partner(row)

    # Documents.

    def _steps(self, invoice: OutgoingInvoice) -> list[Step]:
        mapping.v2_head(invoice, self.options)
        count = len(mapping.positions(invoice))
        return [HEAD, MARK, *(line_step(number + 1) for number in range(count)), VERIFY]

    def _head(self, delivery: Delivery) -> StepResult:
        body = mapping.v2_head(delivery.invoice, self.options)
        if delivery.written_at is not None:
            if found := self._of_unknown_outcome(delivery, body, delivery.written_at):
                return _result(found, was_found=True)
            wait_until_quiet(delivery)
        delivery.write()
        return _result(self.client.create("/Documents", body))

    def _of_unknown_outcome(
        self, delivery: Delivery, body: Json, written_at: datetime
    ) -> Json | None:
        """The head that our request made, if it did: marked as ours, or blank and of that moment.

        Blank ones of the same customer and days are alike; the first is as good as any that no
        other document of ours has for its own.
        """
        rows = self.client.rows(
            "/Documents",
            filter=f"documentType eq 'Invoice' and companyId eq {body['companyId']}",
            orderby="id desc",
            expand="positions",
        )
        blank = []
        for row in rows:
            if mapping.has_mark(row.get("note"), delivery.invoice.marker):
                return row
            if (
                doubles.is_of_moment(mapping.moment_of(row.get("createdOn")), written_at)
                and not row.get("note")
                and not row.get("positions")
                and not mapping.decimal_of(row.get("netValue") or 0)
                and mapping.same_head(row, body)
            ):
                blank.append(row)
        held = delivery.held_by_others(str(row["id"]) for row in blank) if blank else set()
        free = [row for row in blank if str(row["id"]) not in held]
        return min(free, key=lambda row: int(row["id"]), default=None)

    def _mark(self, delivery: Delivery) -> StepResult:
        """May be done twice. What PUT does not name it empties, so all of it is sent."""
        invoice, remote_id = delivery.invoice, document_of(delivery)
        stored = self._whole(remote_id)
        if mapping.has_mark(stored.get("note"), invoice.marker):
            return StepResult(was_found=True)
        if stored.get("note") and not invoice.is_credit_note:
            # Another document of ours, whose outcome was unknown, has taken this head for its own.
            raise StartOver(_("The draft in HQ belongs to another document; a new one is made."))
        body = {name: stored[name] for name in assumptions.WRITABLE_V2 if name in stored}
        body["note"] = mapping.note(invoice)
        if not invoice.is_credit_note:
            body |= mapping.v2_head(invoice, self.options)
            body["taxOption"] = mapping.tax_option(invoice)
            body["serviceType"] = mapping.service_type(invoice)
        delivery.write()
        self.client.send("PUT", f"/Documents/{int(remote_id)}", body)
        return StepResult()

    def _add_line(self, delivery: Delivery, remote_id: str, number: int) -> None:
        document = int(remote_id)
        body = mapping.v2_position(
            mapping.positions(delivery.invoice)[number - 1],
            document=document,
            table=self._table(delivery, document),
            options=self.options,
            invoice=delivery.invoice,
        )
        delivery.write()
        self.client.create("/DocumentPositions/FreeTextPosition", body)

    def _table(self, delivery: Delivery, document: int) -> str:
        """Where lines stand; once in a turn. One that is not there is made, and does no harm if it
        is made twice."""
        known = self._tables.get(document)
        if known is None:
            known = _grid(self.client.read(f"/Documents/{document}", expand="orderedElements"))
            if known is None:
                delivery.write()
                self.client.send("POST", f"/Documents/{document}/Table", {"index": 1, "text": ""})
                stored = self.client.read(f"/Documents/{document}", expand="orderedElements")
                known = _grid(stored)
            if known is None:
                raise Rejected(_("HQ gives the document no table for its lines."))
            self._tables[document] = known
        return known

    @property
    def _tables(self) -> dict[int, str]:
        tables: dict[int, str] = self.__dict__.setdefault("_known_tables", {})
        return tables

    def _line_count(self, remote_id: str) -> int:
        return len(self._whole(remote_id).get("positions") or [])

    def _whole(self, remote_id: str) -> Json:
        return self.client.read(
            f"/Documents/{int(remote_id)}",
            expand="positions,orderedElements,documentStatusEntity",
        )

    def _read(self, remote_id: str) -> Stored:
        return _stored(self._whole(remote_id))

    def _there(self, delivery: Delivery) -> list[Stored]:
        """What the customer got in that moment: this one with its sums, and what has none yet."""
        invoice = delivery.invoice
        step, kind = (CANCEL, "Cancellation") if invoice.is_credit_note else (HEAD, "Invoice")
        since = delivery.begun[step.key].astimezone(UTC) - assumptions.CLOCKS_DIFFER
        rows = [
            row
            for row in self.client.rows(
                "/Documents",
                filter=f"companyId eq {int(invoice.remote_customer_id)}"
                f" and createdOn ge datetime'{since:%Y-%m-%dT%H:%M:%SZ}'",
                orderby="id desc",
            )
            if name_of(row.get("documentType"), DOCUMENT_TYPES) == kind
        ]
        could_be = cancels(invoice)
        if not invoice.is_credit_note:
            body = mapping.v2_head(invoice, self.options)
            blank = {
                str(row["id"])
                for row in rows
                if not mapping.decimal_of(row.get("netValue") or 0) and mapping.same_head(row, body)
            }
            could_be = lambda one: one.id in blank  # noqa: E731 (one of two conditions)
        return doubles.all_of(
            delivery, step.key, document_of(delivery), [_stored(row) for row in rows], could_be
        )

    # Corrections.

    def _cancel(self, delivery: Delivery) -> StepResult:
        invoice = delivery.invoice
        if delivery.written_at is not None:
            raise unknown_cancellation(invoice)
        original = int(invoice.corrected_remote_id)
        if self._read(str(original)).gross != invoice.gross_total:
            raise only_in_part(invoice)
        delivery.write()
        body = {"documentType": "Cancellation"}
        return _result(self.client.create(f"/Documents/{original}/CreateFromDocument", body))

    # Payments.

    def _settlements(self, since: datetime | None, oldest: str) -> list[Settlement]:
        if since is None:
            chosen = f"date ge datetime'{oldest}T00:00:00'"
        else:
            chosen = f"updatedOn ge datetime'{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
        rows = self.client.rows(
            "/Documents",
            most=20_000,
            filter=chosen,
            orderby="id",
            expand="payments,documentStatusEntity",
        )
        return [_settlement(row) for row in rows]

    def _settlement(self, remote_id: str) -> Settlement:
        path = f"/Documents/{int(remote_id)}"
        return _settlement(self.client.read(path, expand="payments,documentStatusEntity"))


def _grid(document: Json) -> str | None:
    elements = document.get("orderedElements") or []
    return next((str(one["id"]) for one in elements if one.get("type") in ("Grid", "Table")), None)


def _stored(row: Json) -> Stored:
    return Stored(
        id=row["id"],
        net=row.get("netValue"),
        tax=row.get("taxValue"),
        gross=row.get("grossValue"),
        day=mapping.day_of(row.get("date")),
        number=row.get("number"),
        mark=row.get("note"),
        created=row.get("createdOn"),
    )


def _result(row: Json, *, was_found: bool = False) -> StepResult:
    number = row.get("number")
    return StepResult(str(row["id"]), "" if number is None else str(number), was_found)


def _settlement(row: Json) -> Settlement:
    status_row = row.get("documentStatusEntity") or {}
    status = name_of(status_row.get("documentStatusType"), STATUS_TYPES)
    payments = tuple(
        RemotePayment(
            id=str(payment.get("id") or index),
            amount=mapping.decimal_of(payment.get("amount")) or Decimal(0),
            paid_on=paid_on,
            text=str(payment.get("typeOfPayment") or ""),
        )
        for index, payment in enumerate(row.get("payments") or [], start=1)
        if payment.get("typeOfPayment") not in assumptions.NO_MONEY
        and (paid_on := _day(payment.get("paymentDate"))) is not None
    )
    return Settlement(
        remote_id=str(row["id"]),
        remote_number=str(row.get("number") or ""),
        paid=sum((payment.amount for payment in payments), Decimal(0)),
        paid_on=max((payment.paid_on for payment in payments), default=None),
        payments=payments,
        status=str(status_row.get("name") or status),
        is_gone=status == "Canceled",
    )


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(mapping.day_of(text))
    except ValueError:
        return None
