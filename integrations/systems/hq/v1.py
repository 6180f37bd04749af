"""Dialect v1, OData: one request with our mark in `SyncId`. Section 3 of the contract."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from integrations.doubles import take_the_only_one
from integrations.outgoing import OutgoingInvoice
from integrations.ports import Checked, Delivery, Partner, Rejected, Settlement, Step, StepResult
from integrations.systems.hq import assumptions, doubles, mapping
from integrations.systems.hq.base import (
    CANCEL,
    HEAD,
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
from integrations.systems.hq.client import Refused
from integrations.systems.hq.mapping import Json
from integrations.systems.hq.options import NESTED

PAID = ("PartlyPaid", "CompletelyPaid")


class V1Adapter(ApiAdapter):
    version = "v1"

    def check(self) -> Checked:
        try:
            found = self.client.get("/Me")
        except Refused as refused:
            raise Rejected(refused.sentence) from None
        me: Json = found if isinstance(found, dict) else {}
        names = ("CompanyName", "CustomerName", "Company")
        company = next((str(me[name]) for name in names if me.get(name)), "")
        return Checked(company=company)

    # Companies.

    def _companies(self, most: int, **words: str) -> list[Partner]:
        rows = self.client.rows("/Companies", most=most, expand="DefaultAddress", **words)
        return [mapping.v1_partner(row) for row in rows]

    def _of_number(self, number: int) -> list[Partner]:
        found = self._companies(2000, filter=f"DebitorNumber eq {number}")
        return [one for one in found if one.number == str(number)]

    def _create_company(self, body: Json) -> Json:
        made = self.client.create("/Companies", mapping.v1_company(body))
        return {**mapping.v1_company(body), **made}

    def _company(self, remote_id: str) -> Json:
        expand = "DefaultAddress,CompanyTypes"
        return self.client.read(f"/Companies({int(remote_id)})", expand=expand)

    def _change_company(self, stored: Json, email: str) -> Json:
        address = {**(stored.get("DefaultAddress") or {}), "Email": email}
        body = {name: value for name, value in stored.items() if not name.startswith("@")}
        self.client.send("PUT", f"/Companies({stored['Id']})", {**body, "DefaultAddress": address})
        return body

    def _partner(self, row: Json) -> Partner:
        return mapping.v1_partner(row)

    # Documents.

    def _steps(self, invoice: OutgoingInvoice) -> list[Step]:
        if self.options.positions == NESTED:
            return [HEAD, VERIFY]
        count = len(mapping.positions(invoice))
        return [HEAD, *(line_step(number + 1) for number in range(count)), VERIFY]

    def _head(self, delivery: Delivery) -> StepResult:
        invoice = delivery.invoice
        found = self._marked(invoice.marker)
        if found:
            names = {one.id: one.called for one in map(_stored, found)}
            take_the_only_one("HQ", names, str(found[0]["Id"]))
            return _result(found[0], was_found=True)
        wait_until_quiet(delivery)
        body = mapping.v1_invoice(invoice, self.options)
        if self.options.positions == NESTED:
            body["Positions"] = [
                mapping.v1_position(position, order, invoice.language)
                for order, position in enumerate(mapping.positions(invoice), start=1)
            ]
        delivery.write()
        return _result(self.client.create("/Invoices", body))

    def _why(self, refused: Refused, step: str) -> str:
        is_about_lines = "position" in refused.message.casefold()
        if step == HEAD.key and is_about_lines and self.options.positions == NESTED:
            return _("HQ does not take the lines together with the draft: %(message)s Choose in the"
                     " connection that lines are sent one by one, and try again.") % {
                "message": refused.message
            }  # fmt: skip
        return refused.sentence

    def _marked(self, marker: str) -> list[Json]:
        """Compared here too, in case the filter is not understood."""
        rows = self.client.rows("/Invoices", filter=f"SyncId eq '{marker}'")
        return [row for row in rows if row.get("SyncId") == marker]

    def _add_line(self, delivery: Delivery, remote_id: str, number: int) -> None:
        position = mapping.positions(delivery.invoice)[number - 1]
        body = mapping.v1_position(position, number, delivery.invoice.language)
        delivery.write()
        self.client.create(f"/Invoices({int(remote_id)})/Positions", body)

    def _line_count(self, remote_id: str) -> int:
        return len(self._whole(remote_id).get("Positions") or [])

    def _whole(self, remote_id: str) -> Json:
        return self.client.read(f"/Invoices({int(remote_id)})", expand="Positions")

    def _read(self, remote_id: str) -> Stored:
        return _stored(self._whole(remote_id))

    def _there(self, delivery: Delivery) -> list[Stored]:
        """The search by our mark has the sums as well, so that it is the reading of it too."""
        invoice = delivery.invoice
        if not invoice.is_credit_note:
            return [_stored(row) for row in self._marked(invoice.marker)]
        begun = delivery.begun[CANCEL.key]
        since = begun.astimezone(UTC) - assumptions.CLOCKS_DIFFER
        rows = self.client.rows(
            "/Invoices",
            filter=f"CompanyId eq {int(invoice.remote_customer_id)}"
            f" and UpdatedOn gt {since:%Y-%m-%dT%H:%M:%SZ}",
        )
        found = [_stored(row) for row in rows if row.get("Type") == "Cancellation"]
        return doubles.all_of(delivery, CANCEL.key, document_of(delivery), found, cancels(invoice))

    # Corrections.

    def _cancel(self, delivery: Delivery) -> StepResult:
        invoice = delivery.invoice
        found = self._marked(invoice.marker)
        if len(found) == 1:
            return _result(found[0], was_found=True)
        if delivery.written_at is not None or found:
            raise unknown_cancellation(invoice)
        original = int(invoice.corrected_remote_id)
        if self._read(str(original)).gross != invoice.gross_total:
            raise only_in_part(invoice)
        delivery.write()
        return _result(self.client.create(f"/Invoices({original})/do.CreateCancellation", {}))

    def _mark(self, delivery: Delivery) -> StepResult:
        """May be done twice: the mark is the same."""
        remote_id = document_of(delivery)
        stored = self._whole(remote_id)
        if stored.get("SyncId") != delivery.invoice.marker:
            body = {name: value for name, value in stored.items() if not name.startswith("@")}
            delivery.write()
            self.client.send(
                "PUT", f"/Invoices({int(remote_id)})", {**body, "SyncId": delivery.invoice.marker}
            )
        return StepResult()

    # Payments.

    def _settlements(self, since: datetime | None, oldest: str) -> list[Settlement]:
        if since is None:
            words = {"filter": f"InvoiceDate ge {oldest}"}
        else:
            words = {"filter": f"UpdatedOn gt {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        rows = self.client.rows("/Invoices", most=20_000, **words)
        return [_settlement(row) for row in rows]

    def _settlement(self, remote_id: str) -> Settlement:
        return _settlement(self.client.read(f"/Invoices({int(remote_id)})"))


def _stored(row: Json) -> Stored:
    return Stored(
        id=row["Id"],
        net=row.get("NetTotal"),
        tax=row.get("VatTotal"),
        gross=row.get("GrossTotal"),
        day=mapping.day_of(row.get("InvoiceDate")),
        number=row.get("Number"),
        mark=row.get("SyncId"),
        created=row.get("CreatedOn"),
    )


def _result(row: Json, *, was_found: bool = False) -> StepResult:
    number = row.get("Number")
    return StepResult(str(row["Id"]), "" if number is None else str(number), was_found)


def _settlement(row: Json) -> Settlement:
    """v1 tells the sum alone."""
    status = str(row.get("Status") or "")
    paid_on = _date(row.get("PaymentDate"))
    return Settlement(
        remote_id=str(row["Id"]),
        remote_number=str(row.get("Number") or ""),
        paid=mapping.decimal_of(row.get("PaidTotal") or 0) or Decimal(0),
        paid_on=paid_on if status in PAID else None,
        status=status,
        is_gone=status == "Canceled",
    )


def _date(text: Any) -> date | None:
    try:
        return date.fromisoformat(mapping.day_of(text))
    except ValueError:
        return None
