"""The other side: customers and documents of one company."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from integrations.sandbox.app import Call, Refused, Sandbox, as_number
from integrations.sandbox.pages import Pages
from integrations.sandbox.store import Document
from integrations.sandbox.web import Request, Response, json_response

COMPANY, KEY = "toyco", "toy-key"


class ToySandbox(Sandbox):
    title = "Toy sandbox"
    token_path = "/none"
    fault_targets = (("*", "*", "Any request"),)

    def __init__(self, folder: Path) -> None:
        filters = "tests.integrations.toys.toy.sandbox.filters"
        super().__init__(folder, Pages(self.title, Path(__file__).parent / "html", filters=filters))

    def seed(self) -> None:
        if not self.store.count("customer", COMPANY):
            self._keep("customer", {"name": "Järvikansa Oy", "number": "1", "email": "",
                                    "business_id": "1967543-8"})  # fmt: skip

    def door(self) -> dict[str, Any]:
        return {"credentials": {"key": KEY}, "settings": {}, "customer": "1"}

    def documents(self) -> list[dict[str, str]]:
        return [
            {name: str(row[name]) for name in ("number", "marker", "net", "gross")}
            for row in self.store.find("document", COMPANY)
        ]

    def api_path(self, path: str) -> str | None:
        return path.removeprefix("/api") if path.startswith("/api/") else None

    def error(self, status: int, message: str, path: str = "") -> Response:
        return json_response({"error": message}, status)

    def dispatch(self, call: Call) -> Response:
        if call.request.header("X-Key") != KEY:
            raise Refused(self.error(401, "no such key"))
        kind, _slash, number = call.path.strip("/").partition("/")
        answers = {
            "GET company": lambda: {"name": "Toy Company", "journals": [["S", "Sales"]]},
            "GET customers": lambda: self._customers(number),
            "POST customers": lambda: self._keep("customer", call.request.json()),
            "PUT customers": lambda: self._change(number, call.request.json()),
            "GET documents": lambda: self.store.find("document", COMPANY),
            "POST documents": lambda: self._book(call.request.json()),
        }
        answer = answers.get(f"{call.request.method} {kind}")
        if answer is None:
            raise Refused(self.error(404, "not found"))
        return json_response(answer())

    def _customers(self, number: str) -> Any:
        if not number:
            return self.store.find("customer", COMPANY, order="id")
        found = self.store.get("customer", COMPANY, as_number(number) or 0)
        if found is None:
            raise Refused(self.error(404, "no such customer"))
        return found

    def _change(self, number: str, fields: Document) -> Document:
        stored = {**self._customers(number), **fields}
        self.store.put("customer", COMPANY, stored)
        return stored

    def _keep(self, kind: str, fields: Document) -> Document:
        row = {**fields, "id": self.store.next_number(kind, COMPANY, 1)}
        self.store.put(kind, COMPANY, row)
        return row

    def _book(self, body: Document) -> Document:
        self._customers(str(body["customer"]))
        net = sum((Decimal(line["net"]) for line in body["lines"]), Decimal(0))
        tax = sum(
            (Decimal(line["net"]) * Decimal(line["percent"]) / 100 for line in body["lines"]),
            Decimal(0),
        )
        number = f"T{self.store.next_number('number', COMPANY, 100)}"
        sums = {"net": f"{net:.2f}", "gross": f"{net + tax:.2f}"}
        return self._keep("document", {**body, **sums, "own_number": number})

    def overview_context(self, request: Request) -> dict[str, Any]:
        return {"documents": self.documents()}

    def page(self, request: Request) -> Response | None:
        return None
