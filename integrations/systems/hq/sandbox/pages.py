"""Pages for people: what arrived, as somebody in HQ would see it, and what they would do there."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.sandbox.app import Call, Refused, as_number, see_other
from integrations.sandbox.store import Document
from integrations.sandbox.web import Request, Response
from integrations.systems.hq.sandbox import v1, v2
from integrations.systems.hq.sandbox.context import Context, subject
from integrations.systems.hq.sandbox.data import seed, tenants

if TYPE_CHECKING:
    from integrations.systems.hq.sandbox.server import HqSandbox

SHOWN = 50
PLACE = re.compile(r"/(invoice|document)/(\w+)/(\d+)(?:/(finish|pay|delete))?")


def overview_context(sandbox: "HqSandbox", request: Request) -> dict[str, Any]:
    rows = [
        _summary(sandbox, kind, row)
        for kind in ("invoice", "document")
        for row in sandbox.store.newest(kind, limit=SHOWN)
        if "seed" not in row
    ]
    rows.sort(key=lambda row: row["created"], reverse=True)
    return {
        "documents": rows[:SHOWN],
        "total": len(sandbox.documents()),
        "behaviour": vars(sandbox.behaviour).items(),
    }


def _summary(sandbox: "HqSandbox", kind: str, row: Document) -> Document:
    """A document of either finance module, in one shape."""
    slug = row["company"]
    if kind == "invoice":
        net, tax = v1.totals(row, sandbox.behaviour.rounding)
        company, status, number = row["CompanyId"], row["Status"], row.get("Number")
        note, currency, kind_there = row.get("Note"), row["Currency"], row["Type"]
        paid = row.get("PaidTotal") or 0
    else:
        net, tax = v2.totals(row, sandbox.behaviour.rounding)
        company, number, note = row["companyId"], row["number"], row["note"]
        known = {one["id"]: one["documentStatusType"] for one in seed()["statuses"]}
        status, currency, kind_there = (
            known[row["documentStatusId"]], row["currency"], row["documentType"],
        )  # fmt: skip
        paid = sum(Decimal(str(one["amount"])) for one in row["payments"])
    found = sandbox.store.get("company", slug, company)
    return {
        "kind": kind, "api": "v1" if kind == "invoice" else "v2", "company": slug, "id": row["id"],
        "customer": found["name"] if found else company, "status": status, "number": number,
        "note": note, "currency": currency, "type": kind_there, "net": net, "tax": tax,
        "gross": net + tax, "paid": paid, "created": row["created"], "lines": len(row["positions"]),
    }  # fmt: skip


def page(sandbox: "HqSandbox", request: Request) -> Response | None:
    if request.path == "/customers":
        registers = [
            (tenant, sandbox.store.find("company", tenant.slug, order="id"))
            for tenant in tenants().values()
        ]
        return sandbox.pages.render("customers.html", registers=registers)
    match = PLACE.fullmatch(request.path)
    number = as_number(match[3]) if match else None
    if match is None or number is None or match[4] or match[2] not in tenants():
        return None
    row = sandbox.store.get(match[1], match[2], number)
    if row is None:
        return None
    calls = sandbox.store.requests_about(match[2], subject(match[1], number))
    return sandbox.pages.render(
        "document.html",
        document=_summary(sandbox, match[1], {**row, "company": match[2]}),
        row={name: value for name, value in row.items() if name != "created"},
        tenant=tenants()[match[2]],
        requests=calls[::-1],
        notes=[note for call in calls for note in call["notes"]],
    )


def submit(sandbox: "HqSandbox", request: Request) -> Response | None:
    """What a person does in HQ: finish or delete the draft, or book its payment."""
    match = PLACE.fullmatch(request.path)
    if match is None or not match[4] or match[2] not in tenants():
        return None
    try:
        act(_context(sandbox, match[2], request), match[1], match[3], match[4])
    except Refused as refused:
        return refused.response
    return see_other("/" if match[4] == "delete" else f"/{match[1]}/{match[2]}/{match[3]}")


def happen(sandbox: "HqSandbox", kind: str, slug: str, number: str, deed: str) -> bool:
    """The same without a form."""
    try:
        act(_context(sandbox, slug, Request("POST", "/")), kind, number, deed)
    except Refused:
        return False
    return True


def _context(sandbox: "HqSandbox", slug: str, request: Request) -> Context:
    return Context(Call(request, ""), sandbox.store, tenants()[slug], sandbox.behaviour)


def act(context: Context, kind: str, number: str, deed: str) -> None:
    with context.store.transaction():
        if deed == "delete":
            (v1.remove_invoice if kind == "invoice" else v2.remove_document)(context, number)
        else:
            _change(context, kind, number, deed)


def _change(context: Context, kind: str, number: str, deed: str) -> None:
    row = context.get(kind, number)
    if kind == "invoice":
        net, tax = v1.totals(row, context.behaviour.rounding)
        if deed == "pay":
            row["PaidTotal"] = net + tax
            row["PaymentDate"] = row["createdOn"][:10] + "T00:00:00Z"
        v1.become(context, row, "Sent" if deed == "finish" else "CompletelyPaid")
        return
    net, tax = v2.totals(row, context.behaviour.rounding)
    day = row["createdOn"][:10] + "T00:00:00"
    payment = {"paymentDate": day, "amount": net + tax, "typeOfPayment": "BankAccount"}
    sent = 34 if row["documentType"] == "Cancellation" else 24
    v2.become(context, row, sent if deed == "finish" else 25, [payment] if deed == "pay" else [])
