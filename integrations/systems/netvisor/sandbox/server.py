"""The addresses of the interface and of the sandbox's own pages."""

import re
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from integrations.sandbox.app import Call, Key, Refused, Sandbox, as_number, see_other
from integrations.sandbox.faults import Fault
from integrations.sandbox.pages import Pages
from integrations.sandbox.store import Document
from integrations.sandbox.web import NoAnswer, Request, Response, json_response
from integrations.systems.netvisor.sandbox import auth, invoices, registers
from integrations.systems.netvisor.sandbox.answers import CATEGORIES, failed, refused
from integrations.systems.netvisor.sandbox.company import (
    COMPANIES,
    FIRST,
    PARTNER_ID,
    PARTNER_KEY,
    Company,
    fill,
)
from integrations.systems.netvisor.sandbox.context import Context

type Endpoint = Callable[[Context], Response]

ROUTES: dict[str, tuple[str, Endpoint]] = {
    "customerlist.nv": ("GET", registers.list_customers),
    "getcustomer.nv": ("GET", registers.read_customer),
    "customer.nv": ("POST", registers.save_customer),
    "productlist.nv": ("GET", registers.list_products),
    "getproduct.nv": ("GET", registers.read_product),
    "product.nv": ("POST", registers.save_product),
    "salesinvoice.nv": ("POST", invoices.save),
    "salesinvoicelist.nv": ("GET", invoices.listed),
    "getsalesinvoice.nv": ("GET", invoices.read),
    "updatesalesinvoicestatus.nv": ("POST", invoices.change_status),
    "matchcreditnote.nv": ("POST", invoices.match),
    "deletesalesinvoice.nv": ("POST", invoices.delete),
    "deletedsalesinvoices.nv": ("GET", invoices.deleted),
    "salespaymentlist.nv": ("GET", registers.list_payments),
    "salespayment.nv": ("POST", registers.save_payment),
    "paymenttermlist.nv": ("GET", registers.list_terms),
}


class NetvisorSandbox(Sandbox):
    title = "Netvisor sandbox"
    token_path = "/"  # noqa: S105 (there are no tokens, and no such address)
    fault_targets = (
        ("*", "*", "Any request"),
        ("GET", "/customerlist.nv", "Search customers"),
        ("GET", "/productlist.nv", "Search products"),
        ("GET", "/salesinvoicelist.nv", "Search invoices"),
        ("GET", "/getsalesinvoice.nv", "Read an invoice"),
        ("POST", "/salesinvoice.nv", "Create an invoice"),
        ("POST", "/matchcreditnote.nv", "Match a credit note"),
    )

    def __init__(self, folder: Path) -> None:
        self._busy: set[str] = set()
        self._busy_lock = threading.Lock()
        # Transaction ids of this run, and organisations that were closed.
        self.used: set[str] = set()
        self.closed: set[str] = set()
        super().__init__(
            folder,
            Pages(
                self.title,
                Path(__file__).parent / "html",
                filters="integrations.systems.netvisor.sandbox.filters",
            ),
        )

    def keys(self, url: str) -> list[Key]:
        keys = [
            Key("Interface", url),
            Key("Partner id", PARTNER_ID),
            Key("Partner key", PARTNER_KEY),
        ]
        for company in COMPANIES.values():
            keys += [
                Key("Organisation", company.business_id, company.name),
                Key("Customer id", company.customer_id),
                Key("Customer key", company.customer_key),
            ]
        return keys

    def documents(self) -> list[dict[str, str]]:
        return [
            {
                "number": invoice["ourReference"] or invoice["number"],
                "marker": invoice["privateComment"],
                "net": str(Decimal(invoice["net"]).quantize(invoices.CENT)),
                "gross": str(Decimal(invoice["amount"]).quantize(invoices.CENT)),
            }
            for invoice in self.store.newest("invoice", limit=-1)
            if not invoice.get("deleted")
        ]

    def door(self) -> dict[str, Any]:
        company = COMPANIES["kuusi"]
        return {
            "credentials": {
                "customer_id": company.customer_id,
                "customer_key": company.customer_key,
                "partner_id": PARTNER_ID,
                "partner_key": PARTNER_KEY,
            },
            "settings": {"organisation": company.business_id, "status": "open"},
            "customer": str(FIRST["customer"]),
            "product": str(FIRST["product"]),
        }

    def seed(self) -> None:
        self.used.clear()
        self.closed.clear()
        with self.store.transaction():
            for company in COMPANIES.values():
                fill(self.store, company)

    def api_path(self, path: str) -> str | None:
        return path if re.fullmatch(r"/[A-Za-z]+\.nv", path) else None

    def error(self, status: int, message: str, path: str = "") -> Response:
        """`PERIOD_LOCK :: text` as it is; else the category that goes with the code."""
        category, sign, text = message.partition(" :: ")
        if not sign:
            category, text = CATEGORIES.get(status, "TECHNICAL_ERROR"), message
        return failed(category, text, http=status)

    def _dispatch_with(self, fault: Fault | None, call: Call) -> Response | NoAnswer:
        """One request at a time for each organisation; a second one meanwhile is an error."""
        organisation = auth.organisation_of(call)
        with self._busy_lock:
            is_busy = organisation in self._busy
            self._busy.add(organisation)
        if is_busy:
            call.notes.append("Refused because another request of the organisation is under way.")
            return failed("TECHNICAL_ERROR", "Another request is being processed.")
        try:
            return super()._dispatch_with(fault, call)
        finally:
            with self._busy_lock:
                self._busy.discard(organisation)

    def _dispatch(self, call: Call) -> Response:
        return auth.as_wanted(call, super()._dispatch(call))

    def dispatch(self, call: Call) -> Response:
        company = auth.company_of(self.store, call, self.closed, self.used)
        resource = call.path.strip("/").lower()
        if resource not in ROUTES:
            raise Refused(
                Response(404, b"<html><body><h1>404 Not Found</h1></body></html>", "text/html")
            )
        if resource not in self.allowed(company):
            raise refused("Service is not allowed for this user.", "SERVICE_ACCESS_ERROR")
        method, endpoint = ROUTES[resource]
        if call.request.method != method:
            raise refused("Data form incorrect:. Method is not allowed")
        return endpoint(Context(call, self.store, company))

    def allowed(self, company: Company) -> frozenset[str]:
        taken = self.store.get("rights", company.slug, 1) or {}
        return company.allowed - frozenset(taken.get("without", ()))

    # For people and tests.

    def control(self, request: Request, name: str) -> Response | None:
        if request.method != "POST":
            return None
        switched = re.fullmatch(r"companies/(\w+)/(close|open|lock)", name)
        if switched and switched[1] in COMPANIES:
            return self._switch(request, switched[1], switched[2])
        if gone := re.fullmatch(r"(customer|product|invoice)s/(\d+)/delete", name):
            return self._delete(gone[1], int(gone[2]))
        if paid := re.fullmatch(r"invoices/(\d+)/(pay|send)", name):
            return self._change(request, int(paid[1]), paid[2])
        return None

    def _switch(self, request: Request, slug: str, what: str) -> Response:
        """Close an organisation, open it again, or lock its periods until a day."""
        if what == "lock":
            until = request.form().get("until", "")
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", until):
                return json_response({"error": "Until is a day: 2026-11-30."}, 422)
            self.store.put("lock", slug, {"id": 1, "until": until})
        elif what == "close":
            self.closed.add(slug)
        else:
            self.closed.discard(slug)
        return see_other("/customers")

    def _company_with(self, kind: str, number: int) -> tuple[Company, Document] | None:
        for company in COMPANIES.values():
            if found := self.store.get(kind, company.slug, number):
                return company, found
        return None

    def _delete(self, kind: str, number: int) -> Response | None:
        found = self._company_with(kind, number)
        if found is None:
            return None
        company, document = found
        context = Context(Call(Request("POST", "/"), ""), self.store, company)
        context.change(kind, document, deleted=date.today().isoformat())  # noqa: DTZ011
        return see_other("/" if kind == "invoice" else f"/{kind}s")

    def _change(self, request: Request, number: int, what: str) -> Response | None:
        found = self._company_with("invoice", number)
        if found is None:
            return None
        company, invoice = found
        context = Context(Call(request, ""), self.store, company)
        if what == "send":
            context.change("invoice", invoice, status="open")
            return see_other(f"/invoices/{number}")
        form = request.form()
        try:
            amount = Decimal(form.get("amount") or invoice["open"])
        except InvalidOperation:
            return json_response({"error": "The amount is no number."}, 422)
        day = form.get("date") or date.today().isoformat()  # noqa: DTZ011
        with self.store.transaction():
            registers.pay(context, invoice, amount, day, invoice["customerName"])
        return see_other(f"/invoices/{number}")

    def overview_context(self, request: Request) -> dict[str, Any]:
        return self.a_page(request, "invoice", COMPANIES)

    def page(self, request: Request) -> Response | None:
        if request.path in ("/customers", "/products"):
            kind = request.path.strip("/").removesuffix("s")
            registers_ = [
                (
                    company,
                    self.store.find(kind, company.slug, order="id"),
                    company.slug in self.closed,
                )
                for company in COMPANIES.values()
            ]
            return self.pages.render(f"{kind}s.html", registers=registers_)
        match = re.fullmatch(r"/(invoices|files)/(\d+)", request.path)
        number = as_number(match[2]) if match else None
        if match is None or number is None:
            return None
        return self._file(number) if match[1] == "files" else self._invoice(number)

    def _invoice(self, number: int) -> Response | None:
        found = self._company_with("invoice", number)
        if found is None:
            return None
        company, invoice = found
        calls = self.store.requests_about(company.slug, number)
        return self.pages.render(
            "invoice.html",
            invoice=invoice,
            company=company,
            requests=calls[::-1],
            notes=[note for call in calls for note in call["notes"]],
        )

    def _file(self, number: int) -> Response | None:
        for company in COMPANIES.values():
            content = self.store.file(company.slug, number)
            if content is not None:
                return Response(
                    200, content, "application/pdf", {"X-Content-Type-Options": "nosniff"}
                )
        return None

    def _shown_headers(self, request: Request) -> list[list[str]]:
        return [
            [name, "···" if name.lower().endswith("-mac") else value]
            for name, value in request.headers.items()
        ]

    def _shown_body(self, request: Request) -> str:
        """Without the file, which has a page of its own."""
        text = super()._shown_body(request)
        return re.sub(
            r"(<documentdata[^>]*>)[^<]{80,}", r"\1··· (see the files of the invoice)", text
        )
