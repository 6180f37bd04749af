"""Pages for people: what arrived, who is connected, and where one signs in."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from integrations.sandbox.app import as_number, see_other
from integrations.sandbox.web import Request, Response
from integrations.systems.lexoffice.sandbox import documents, oauth
from integrations.systems.lexoffice.sandbox.contacts import name_of
from integrations.systems.lexoffice.sandbox.organisations import (
    ORGANISATIONS,
)
from integrations.systems.lexoffice.sandbox.printing import pdf_of

if TYPE_CHECKING:
    from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox

AUTHORIZE = "/oauth2/authorize"
PERMALINK = re.compile(
    r"/permalink/(invoices|credit-notes|vouchers|contacts)/(?:view|edit)/([^/]+)"
)


def overview_context(sandbox: "LexofficeSandbox", request: Request) -> dict[str, Any]:
    return sandbox.a_page(request, "document", ORGANISATIONS)


def page(  # noqa: PLR0911 (one address after the other)
    sandbox: "LexofficeSandbox", request: Request
) -> Response | None:
    if request.path == AUTHORIZE:
        return _authorize(sandbox, request)
    if request.path == "/customers":
        registers = [
            (
                one,
                [
                    {**contact, "name": name_of(contact)}
                    for contact in sandbox.store.find("contact", one.slug, order="id DESC")
                ],
            )
            for one in ORGANISATIONS.values()
        ]
        return sandbox.pages.render("customers.html", registers=registers)
    if request.path == "/connections":
        return _connections(sandbox)
    if match := PERMALINK.fullmatch(request.path):
        return _permalink(sandbox, match[1], match[2])
    match = re.fullmatch(r"/(documents|printed)/(\w+)/(\d+)", request.path)
    number = as_number(match[3]) if match else None
    if match is None or number is None or match[2] not in ORGANISATIONS:
        return None
    stored = sandbox.store.get("document", match[2], number)
    if stored is None:
        return None
    if match[1] == "printed":
        return Response(200, pdf_of(stored), "application/pdf")
    return _document(sandbox, match[2], stored)


def submit(sandbox: "LexofficeSandbox", request: Request) -> Response | None:
    if request.path != AUTHORIZE:
        return None
    asked = _asked(request)
    if not oauth.asked_well(asked):
        return None
    back = oauth.consent(sandbox.store, asked, request.form().get("organisation", ""))
    return see_other(back) if back else None


def _asked(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in request.query.items()}


def _authorize(sandbox: "LexofficeSandbox", request: Request) -> Response:
    asked = _asked(request)
    return sandbox.pages.render(
        "authorize.html",
        status=200 if oauth.asked_well(asked) else 400,
        form_action="*",  # the answer leads back to the application
        asked=asked if oauth.asked_well(asked) else None,
        scopes=asked.get("scope", "").split(),
        action=f"{AUTHORIZE}?{urlencode(asked)}",
        organisations=ORGANISATIONS.values(),
    )


def _connections(sandbox: "LexofficeSandbox") -> Response:
    return sandbox.pages.render(
        "connections.html",
        grants=[
            {**one, "name": ORGANISATIONS[one["organisation"]].name}
            for one in oauth.grants(sandbox.store)[::-1]
        ],
        subscriptions=[
            one for slug in ORGANISATIONS for one in sandbox.store.find("subscription", slug)
        ],
        deliveries=[
            one for slug in ORGANISATIONS for one in sandbox.store.find("delivery", slug, limit=50)
        ],
    )


def _permalink(sandbox: "LexofficeSandbox", kind: str, uuid: str) -> Response:
    condition = [("json_extract(body, '$.uuid') = ?", uuid)]
    for slug in ORGANISATIONS:
        if kind == "contacts" and sandbox.store.find("contact", slug, condition):
            return see_other("/customers")
        for stored in sandbox.store.find("document", slug, condition):
            return see_other(f"/documents/{slug}/{stored['id']}")
    return see_other("/")


def _document(sandbox: "LexofficeSandbox", slug: str, stored: dict[str, Any]) -> Response:
    calls = sandbox.store.requests_about(slug, stored["id"])
    return sandbox.pages.render(
        "document.html",
        document=stored,
        organisation=ORGANISATIONS[slug],
        open_amount=documents.open_amount(stored),
        requests=calls[::-1],
    )
