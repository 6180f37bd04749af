"""A complete small system: one call for each document, found again by our number."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from integrations.http import NoAnswer
from integrations.outgoing import OutgoingInvoice
from integrations.ports import (
    Access,
    AccessLost,
    Can,
    Checked,
    Delivery,
    Environment,
    Partner,
    PartnerChanges,
    PartnerDetails,
    Rejected,
    RetryLater,
    Step,
    StepResult,
    System,
)
from tests.integrations.toys.toy.form import ToyForm

CREATE = Step("create", "Write it down")


class ToyAdapter:
    def __init__(self, access: Access) -> None:
        self._access = access

    def check(self) -> Checked:
        found = self._ask("GET", "/company")
        return Checked(company=found["name"], lists={"journals": found["journals"]})

    def list_partners(self, limit: int) -> list[Partner]:
        return [_partner(row) for row in self._ask("GET", "/customers")][:limit]

    def search_partners(self, text: str) -> list[Partner]:
        asked = text.casefold()
        return [
            one
            for one in self.list_partners(1000)
            if asked in one.name.casefold() or asked in (one.business_id, one.number)
        ]

    def read_partner(self, remote_id: str) -> Partner:
        return _partner(self._ask("GET", f"/customers/{remote_id}"))

    def create_partner(self, details: PartnerDetails) -> Partner:
        body = {"name": details.name, "number": details.number, "email": details.email}
        return _partner(self._ask("POST", "/customers", body))

    def update_partner(self, remote_id: str, changes: PartnerChanges) -> Partner:
        return _partner(self._ask("PUT", f"/customers/{remote_id}", {"email": changes.email}))

    def plan(self, invoice: OutgoingInvoice) -> tuple[Step, ...]:
        return (CREATE,)

    def run(self, step: str, delivery: Delivery) -> StepResult:
        invoice = delivery.invoice
        for row in self._ask("GET", "/documents"):
            if row["number"] == invoice.number:
                return StepResult(str(row["id"]), row["own_number"], was_found=True)
        sign = -1 if invoice.is_credit_note else 1
        body = {
            "number": invoice.number,
            "marker": invoice.marker,
            "customer": int(invoice.remote_customer_id),
            "corrects": invoice.corrected_number,
            "journal": self._access.settings.get("journal", ""),
            "lines": [
                {"text": line.text, "net": str(sign * line.net), "percent": str(line.tax_percent)}
                for line in invoice.lines
            ],
        }
        delivery.write()
        made = self._ask("POST", "/documents", body)
        return StepResult(str(made["id"]), made["own_number"])

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            answer = self._access.http.request(
                method,
                f"{self._access.base_url}/api{path}",
                headers={
                    "X-Key": self._access.credentials["key"],
                    "Content-Type": "application/json",
                },
                body=None if body is None else json.dumps(body).encode(),
            )
        except NoAnswer:
            raise RetryLater("Toy did not answer.") from None
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise AccessLost("Toy does not accept the key.")
        if answer.status >= 500:
            raise RetryLater("Toy is out of order.")
        if answer.status >= 400:
            raise Rejected(f"Toy refused it: {answer.json()}")
        return answer.json()


def _partner(row: Mapping[str, Any]) -> Partner:
    return Partner(
        id=str(row["id"]),
        name=row["name"],
        number=row["number"],
        business_id=row.get("business_id", ""),
        email=row.get("email", ""),
    )


SYSTEM = System(
    key="toy",
    title="Toy ledger",
    icon="plug",
    summary="A system of the tests.",
    environments=(Environment("production", "Production", "https://toy.example"),),
    form=ToyForm,
    open=ToyAdapter,
    steps=(CREATE,),
    can=frozenset({Can.FINAL, Can.GIVES_NUMBER, Can.CREDIT_NOTES, Can.CUSTOMERS}),
    needs_pdf=False,
    needs_link=True,
    partner_fields=frozenset({"email"}),
)
