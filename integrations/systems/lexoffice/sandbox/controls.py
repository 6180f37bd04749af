"""What somebody does in the web application of Lexware Office: pay, void, delete, withdraw."""

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from integrations.sandbox.app import see_other
from integrations.sandbox.web import Request, Response, json_response
from integrations.systems.lexoffice.sandbox import documents, oauth
from integrations.systems.lexoffice.sandbox.context import now
from integrations.systems.lexoffice.sandbox.organisations import ORGANISATIONS

if TYPE_CHECKING:
    from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox

EVENT_NAMES = {
    "invoice": "invoice", "creditnote": "credit-note", "salesinvoice": "voucher",
    "salescreditnote": "voucher",
}  # fmt: skip


def control(sandbox: "LexofficeSandbox", request: Request, name: str) -> Response | None:
    if request.method == "GET":
        return _tell(sandbox, name)
    return _do(sandbox, request, name) if request.method == "POST" else None


def _tell(sandbox: "LexofficeSandbox", name: str) -> Response | None:
    if name == "public_key":
        return Response(200, sandbox.signer.public, "application/x-pem-file")
    if name == "grants":
        return json_response({"grants": [_shown(one) for one in oauth.grants(sandbox.store)]})
    return None


def _do(sandbox: "LexofficeSandbox", request: Request, name: str) -> Response | None:
    if name == "expire":
        sandbox.store.remove_tokens()
        return Response(204)
    withdrawn = re.fullmatch(r"grants/(\d+)/withdraw", name)
    if withdrawn:
        grant = sandbox.store.get("grant", oauth.GRANTS, int(withdrawn[1]))
        if grant is None:
            return None
        sandbox.end_grant(grant, "withdrawn by the user", tells=True)
        return see_other("/connections")
    match = re.fullmatch(r"documents/(\w+)/(\d+)/(pay|void|delete|finish)", name)
    if match and match[1] in ORGANISATIONS:
        return _change(sandbox, request, match[1], int(match[2]), match[3])
    return None


def _shown(grant: dict[str, object]) -> dict[str, object]:
    return {name: grant[name] for name in ("id", "uuid", "organisation", "refreshes", "ended")}


def _change(
    sandbox: "LexofficeSandbox", request: Request, slug: str, number: int, deed: str
) -> Response | None:
    store, organisation = sandbox.store, ORGANISATIONS[slug]
    stored = store.get("document", slug, number)
    if stored is None:
        return None
    name = EVENT_NAMES[stored["kind"]]
    events = []
    if deed == "pay":
        amount = _amount(request, documents.open_amount(stored))
        if amount is None or stored["voucherStatus"] not in ("open", "paid"):
            return json_response({"error": "There is nothing to pay like that."}, 422)
        stored["payments"].append(
            {
                "paymentItemType": "manualPayment",
                "postingDate": now(),
                "amount": float(amount),
                "currency": "EUR",
            }
        )
        events = ["payment.changed", f"{name}.status.changed"]
        documents.settle(stored)
    elif deed == "void":
        stored["voucherStatus"] = "voided"
        documents.settle(stored)
        events = [f"{name}.status.changed"]
    elif deed == "finish":
        stored["voucherStatus"] = "open"
        documents.settle(stored)
        events = [f"{name}.status.changed"]
    if deed == "delete":
        store.remove("document", slug, number)
        events = [f"{name}.deleted"]
    else:
        store.put("document", slug, stored)
    for event in events:
        sandbox.teller.tell(slug, organisation.uuid, event, stored["uuid"])
    return see_other("/" if deed == "delete" else f"/documents/{slug}/{number}")


def _amount(request: Request, usual: Decimal) -> Decimal | None:
    text = request.form().get("amount") or str(usual)
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return amount.quantize(documents.CENT) if amount.is_finite() and amount != 0 else None
