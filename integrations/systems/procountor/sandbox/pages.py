"""Pages for people: what arrived, and the customers it could be linked to."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from integrations.sandbox.app import Sandbox, as_number, see_other
from integrations.sandbox.web import Request, Response
from integrations.systems.procountor.sandbox import auth
from integrations.systems.procountor.sandbox.company import companies

# Opened in the browser; anything else is only saved.
OPENED = ("application/pdf", "image/png", "image/jpeg", "text/plain", "text/csv")


def overview_context(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    return sandbox.a_page(request, "invoice", companies())


def page(sandbox: Sandbox, request: Request) -> Response | None:
    if request.path == "/customers":
        registers = [
            (company, sandbox.store.find("partner", company.slug, order="id DESC"))
            for company in companies().values()
        ]
        return sandbox.pages.render("customers.html", registers=registers)
    if match := re.fullmatch(r"/documents/(\d+)", request.path):
        return _found_anywhere(sandbox, match[1])
    match = re.fullmatch(r"/(invoices|files)/(\w+)/(\d+)", request.path)
    number = as_number(match[3]) if match else None
    if match is None or number is None or match[2] not in companies():
        return None
    if match[1] == "invoices":
        return _invoice(sandbox, match[2], number)
    return _file(sandbox, match[2], number)


def _found_anywhere(sandbox: Sandbox, text: str) -> Response | None:
    """Links from outside know the document's id and not the company's name here."""
    number = as_number(text)
    for slug in companies():
        if number is not None and sandbox.store.get("invoice", slug, number) is not None:
            return see_other(f"/invoices/{slug}/{number}")
    return None


def _invoice(sandbox: Sandbox, slug: str, number: int) -> Response | None:
    invoice = sandbox.store.get("invoice", slug, number)
    if invoice is None:
        return None
    calls = sandbox.store.requests_about(slug, number)
    return sandbox.pages.render(
        "invoice.html",
        invoice=invoice,
        company=companies()[slug],
        requests=calls[::-1],
        notes=[note for call in calls for note in call["notes"]],
        actions=sandbox.store.find(
            "action", slug, [("json_extract(body, '$.invoiceId') = ?", number)], order="id"
        ),
    )


def _file(sandbox: Sandbox, slug: str, number: int) -> Response | None:
    attachment, content = (
        sandbox.store.get("attachment", slug, number),
        sandbox.store.file(slug, number),
    )
    if attachment is None or content is None:
        return None
    kind = "inline" if attachment["mimeType"] in OPENED else "attachment"
    return Response(
        HTTPStatus.OK,
        content,
        attachment["mimeType"],
        {
            "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(attachment['name'])}",
            "X-Content-Type-Options": "nosniff",
        },
    )


def login(sandbox: Sandbox, request: Request) -> Response | None:
    """Where a person lets an application act for a company; it gets a code for a token."""
    asked = {name: values[-1] for name, values in request.query.items()}
    if not auth.is_asked_well(asked):
        return None
    if request.method == "POST":
        back = auth.consent(sandbox.store, request, request.form().get("company", ""))
        return see_other(back) if back else None
    return sandbox.pages.render(
        "consent.html",
        form_action="*",  # the answer leads back to the application
        client_id=asked["client_id"],
        back=asked["redirect_uri"],
        action=f"/login?{urlencode(asked)}",
        companies=companies().values(),
    )
