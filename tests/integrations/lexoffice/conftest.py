from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from customers.models import Customer
from integrations.http import Http
from integrations.models import Connection, CustomerLink, Export
from integrations.systems.lexoffice.sandbox.server import LexofficeSandbox
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine
from tests.factories import CustomerFactory, TaxRateFactory
from tests.integrations.conftest import store_pdf
from tests.integrations.sandboxes import Running, running


@pytest.fixture
def served(tmp_path: Path, settings: Any) -> Iterator[Running]:
    settings.OUTGOING_RATE_LIMIT = False
    with running("lexoffice", tmp_path / "sandbox", settings, limits_rate=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Running) -> LexofficeSandbox:
    assert isinstance(served.program, LexofficeSandbox)
    return served.program


@pytest.fixture
def connection(tenant: Any, served: Running) -> Connection:
    return served.connect(settings={"finalize": "yes", "payments": "3600"})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits 30 seconds here for an answer that does not come."""
    init = Http.__init__

    def hasty(self: Http, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{**kwargs, "seconds": 0.8})

    monkeypatch.setattr(Http, "__init__", hasty)


def german(**fields: Any) -> Customer:
    made: Customer = CustomerFactory(
        **{
            "name": "Hafenblick Verlag GmbH",
            "street": "Kaistraße 7",
            "postal_code": "24103",
            "city": "Kiel",
            "country": "DE",
            "language": "de",
            "currency": "EUR",
            **fields,
        }
    )
    return made


def posted(
    *, customer: Customer | None = None, quantity: str = "1", price: str = "100", rate: str = "19"
) -> Invoice:
    """A posted invoice with its stored PDF; exports are made by the posting itself."""
    tax_rate = TaxRateFactory(name=f"USt {rate} %", percent=Decimal(rate))
    draft = new_draft(customer=customer or german(), actor=None, issue_date=date(2026, 11, 20))
    line = InvoiceLine(
        invoice=draft,
        position=1,
        text="Beratung im Oktober",
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        tax_rate=tax_rate,
    )
    price_line(line, currency=draft.currency)
    line.save()
    save_totals(draft)
    invoice = post_invoice(draft, actor=None)
    store_pdf(invoice)
    return invoice


def link(connection: Connection, customer: Customer, remote_id: str) -> CustomerLink:
    made: CustomerLink = CustomerLink.objects.create(
        connection=connection, customer=customer, remote_id=remote_id, remote_name="Hafenblick"
    )
    return made


@pytest.fixture
def invoice(connection: Connection, served: Running) -> Invoice:
    made = posted()
    link(connection, made.customer, served.door()["customer"])
    return made


@pytest.fixture
def export(invoice: Invoice) -> Export:
    made: Export = Export.objects.get(invoice=invoice)
    return made


def arrived(sandbox: LexofficeSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.store.find("document", "nordlicht", [], order="id")
    return found


def requests_to(sandbox: LexofficeSandbox, method: str, path: str) -> int:
    kept = sandbox.store.requests(limit=500, before=None)
    return sum(1 for one in kept if one["method"] == method and one["path"].endswith(path))
