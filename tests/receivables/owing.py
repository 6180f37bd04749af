"""What the tests of receivables have in common."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from invoicing.models import Invoice, Posting
from tests.documents.making import posted


def owed(due: str, gross: str = "125.50", *, booked: str = "", **fields: Any) -> Invoice:
    """A posted invoice that is due on that day; `gross` is with 25.5 % VAT."""
    due_date = date.fromisoformat(due)
    fields.setdefault("issue_date", min(due_date, date(2026, 11, 20)))
    fields["tax_point"] = date.fromisoformat(booked) if booked else fields["issue_date"]
    net = (Decimal(gross) / Decimal("1.255")).quantize(Decimal("0.01"))
    return posted({"unit_price": net}, due_date=due_date, **fields)


def balance(account: str, on: date, currency: str = "EUR") -> Decimal:
    """Of an account of the books at the end of a day."""
    found = Posting.objects.filter(
        account=account, entry__date__lte=on, entry__currency=currency
    ).aggregate(sum=Sum("amount"))
    return found["sum"] or Decimal(0)
