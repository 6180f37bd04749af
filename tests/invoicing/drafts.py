"""What the tests of the draft form have in common."""

import re
from collections.abc import Sequence
from datetime import date
from html import unescape
from typing import Any

from django.test import Client

from invoicing.domain.drafting import draft_work, new_draft
from invoicing.domain.editing import HEADER
from invoicing.models import Invoice
from invoicing.views.drafts.forms import DATES
from tests.factories import CustomerFactory, TaxRateFactory
from timesheets.models import TimeEntry

type Line = dict[str, Any]


def blank(**fields: Any) -> Invoice:
    fields.setdefault("customer", CustomerFactory(name="Satama Oy"))
    return new_draft(actor=None, issue_date=date(2026, 11, 1), **fields)


def drafted(*entries: TimeEntry) -> Invoice:
    return draft_work(
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        project_ids=list({entry.project_id for entry in entries}),
        actor=None,
        issue_date=date(2026, 11, 1),
        allow_unlocked=True,
    )


def line(text: str = "Design", **fields: Any) -> Line:
    return {
        "text": text,
        "quantity": "2",
        "unit": "HUR",
        "unit_price": "100",
        "discount_percent": "",
        "tax_rate": str(TaxRateFactory().pk),
        "account": "",
        **fields,
    }


def stored_line(draft: Invoice, position: int = 1, **fields: Any) -> tuple[str, Line]:
    """A line of the draft as its form has it, with changes."""
    found = draft.lines.get(position=position)
    return str(found.pk), {
        "kind": found.kind,
        "text": found.text,
        "quantity": f"{found.quantity.normalize():f}",
        "unit": found.unit,
        "unit_price": f"{found.unit_price.normalize():f}",
        "discount_percent": "",
        "tax_rate": str(found.tax_rate_id or ""),
        "account": found.account,
        **fields,
    }


def sent(
    draft: Invoice, lines: Sequence[Line | tuple[str, Line]] = (), **fields: Any
) -> dict[str, Any]:
    """The form of the draft as a browser sends it."""
    data: dict[str, Any] = {"version": draft.version, "parties_of": draft.customer_id}
    for name in HEADER:
        value = getattr(draft, name)
        if name in DATES:
            data[name] = value.isoformat() if value else ""
        elif isinstance(value, bool):
            data |= {name: "on"} if value else {}
        else:
            data[name] = str(getattr(value, "pk", value) or "")
    keys = []
    for number, entry in enumerate(lines, start=1):
        key, typed = entry if isinstance(entry, tuple) else (f"n{number}", entry)
        keys.append(key)
        data |= {f"lines-{key}-{name}": value for name, value in typed.items()}
    return data | {"line": keys} | fields


def url(draft: Invoice, end: str = "") -> str:
    return f"/acme/drafts/{draft.pk}/{end}"


def form_of(client: Client, draft: Invoice) -> dict[str, Any]:
    """What the page itself would send back, read from its HTML: `base` included."""
    html = client.get(url(draft)).content.decode()
    found = re.search(r'name="base"\s+value="([^"]*)"', html)
    assert found is not None
    return {"base": unescape(found[1])}
