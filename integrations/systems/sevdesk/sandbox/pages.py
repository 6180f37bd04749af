"""Pages for people: what arrived, as the company's accountant would see it there."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from integrations.sandbox.app import Refused, as_number, see_other
from integrations.sandbox.store import Document
from integrations.sandbox.web import Request, Response
from integrations.systems.sevdesk.sandbox import papers
from integrations.systems.sevdesk.sandbox.company import Company, companies
from integrations.systems.sevdesk.sandbox.context import BERLIN, Context, moment
from integrations.systems.sevdesk.sandbox.papers import CREDIT_NOTE, INVOICE, KINDS, Kind

if TYPE_CHECKING:
    from integrations.systems.sevdesk.sandbox.server import SevdeskSandbox

SHOWN = 50
PATH = re.compile(r"/(Invoice|CreditNote)/(\w+)/(\d+)(?:/(file|open|pay|delete))?")


def overview_context(sandbox: "SevdeskSandbox", request: Request) -> dict[str, Any]:
    shown = sandbox.a_page(request, INVOICE.name, companies())
    return {
        **shown,
        "documents": [_shown(INVOICE, one) for one in shown["documents"]],
        "notes": [
            _shown(CREDIT_NOTE, one) for one in sandbox.store.newest(CREDIT_NOTE.name, limit=SHOWN)
        ],
    }


def _shown(kind: Kind, document: Document) -> Document:
    return {
        **document,
        "kind": kind.name,
        "file": document.get("_file"),
        "number": document[kind.number],
        "date": document[kind.date],
    }


def page(sandbox: "SevdeskSandbox", request: Request) -> Response | None:
    if request.path == "/contacts":
        registers = [
            (
                company,
                [
                    _contact(sandbox, company, one)
                    for one in sandbox.store.find("Contact", company.slug)
                ],
            )
            for company in companies().values()
        ]
        return sandbox.pages.render("contacts.html", registers=registers)
    if request.path.startswith("/documents/"):
        return _forwarded(sandbox, as_number(request.path.removeprefix("/documents/")))
    found = _found(sandbox, request)
    if found is None:
        return None
    kind, company, document, action = found
    if action == "file":
        content = sandbox.store.file(company.slug, document.get("_file") or 0)
        return None if content is None else Response(HTTPStatus.OK, content, "application/pdf")
    return None if action else _document(sandbox, kind, company, document)


def _forwarded(sandbox: "SevdeskSandbox", number: int | None) -> Response | None:
    """To the page of the document with this id, whatever kind and company."""
    for kind in (INVOICE, CREDIT_NOTE):
        for slug in companies():
            if number is not None and sandbox.store.get(kind.name, slug, number):
                return see_other(f"/{kind.name}/{slug}/{number}")
    return None


def _contact(sandbox: "SevdeskSandbox", company: Company, contact: Document) -> Document:
    own = [("json_extract(body, '$.contact.id') = ?", contact["id"])]
    return {
        **contact,
        "addresses": sandbox.store.find("ContactAddress", company.slug, own),
        "ways": sandbox.store.find("CommunicationWay", company.slug, own),
    }


def _found(
    sandbox: "SevdeskSandbox", request: Request
) -> tuple[Kind, Company, Document, str] | None:
    match = PATH.fullmatch(request.path)
    company = companies().get(match[2]) if match else None
    number = as_number(match[3]) if match else None
    if match is None or company is None or number is None:
        return None
    document = sandbox.store.get(match[1], company.slug, number)
    return None if document is None else (KINDS[match[1]], company, document, match[4] or "")


def _document(
    sandbox: "SevdeskSandbox", kind: Kind, company: Company, document: Document
) -> Response:
    column = kind.name[0].lower() + kind.name[1:]
    own = [(f"json_extract(body, '$.{column}.id') = ?", document["id"])]
    contact = document["contact"] and sandbox.store.get(
        "Contact", company.slug, document["contact"]["id"]
    )
    unities = {number: code for code, number in company.unities.items()}
    rows = sandbox.store.find(
        kind.position, company.slug, own, order="json_extract(body, '$.positionNumber'), id"
    )
    return sandbox.pages.render(
        "document.html",
        document=_shown(kind, document),
        company=company,
        contact=contact,
        person=next(
            (one for one in company.users if one["id"] == document["contactPerson"]["id"]), None
        ),
        rows=[
            {**row, "unit": unities.get(row["unity"]["id"], "").removeprefix("UNITY_").title()}
            for row in rows
        ],
        payments=sandbox.store.find("Log", company.slug, own, order="id"),
        emails=sandbox.store.find(
            "Email",
            company.slug,
            [
                ("json_extract(body, '$.object.id') = ?", document["id"]),
                ("json_extract(body, '$.object.objectName') = ?", kind.name),
            ],
        ),
        requests=sandbox.store.requests_about(company.slug, document["id"])[::-1],
    )


def submit(
    sandbox: "SevdeskSandbox", request: Request, context_of: Callable[[Company], Context]
) -> Response | None:
    """What the accountant there may do with a document: open it, book a payment, delete a draft."""
    found = _found(sandbox, request)
    if found is None:
        return None
    kind, company, document, action = found
    context = context_of(company)
    try:
        with sandbox.store.transaction():
            if action == "open":
                papers.open_it(context, kind, document)
            elif action == "delete" and document["status"] == papers.DRAFT:
                papers.erase(context, kind, document)
                return see_other("/")
            elif action == "pay":
                due = Decimal(document["sumGross"]) - Decimal(str(document["paidAmount"]))
                half = (due / 2).quantize(Decimal("0.01"))
                amount = half if request.form().get("part") == "half" else due
                today = moment(datetime.now(BERLIN).date())
                papers.pay(context, kind, document, amount, type_="N", at=today)
            else:
                return None
    except Refused as refused:
        return refused.response
    return see_other(f"/{kind.name}/{company.slug}/{document['id']}")
