"""What the tests of imports have in common."""

from datetime import date
from io import BytesIO
from typing import Any

from invoicing.domain.banking.importing import receive_file
from invoicing.models import BankAccount, BankLine, Invoice, StatementImport
from tests.banking.files import OWN_IBAN, camt
from tests.documents.making import posted


def bank_account(**fields: Any) -> BankAccount:
    account: BankAccount = BankAccount.objects.create(
        **{"name": "Nordea", "number": OWN_IBAN, "currency": "EUR", "ledger_account": "1910"}
        | fields
    )
    return account


def receive(content: bytes, *, name: str = "statement.xml", actor: Any = None) -> StatementImport:
    return receive_file(BytesIO(content), name=name, size=len(content), actor=actor)


def imported(*entries: str, **said: Any) -> StatementImport:
    return receive(camt(*entries, **said))


def lines_of(source: StatementImport | None = None) -> list[Any]:
    lines = BankLine.objects.with_state().order_by("position", "pk")
    return list(lines.filter(source=source) if source else lines)


def only_line() -> Any:
    (found,) = lines_of()
    return found


def states(source: StatementImport | None = None) -> list[str]:
    return [str(line.state) for line in lines_of(source)]


def reason_of(line: Any) -> str:
    return line.match["reason"] if line.match else ""


def owed(**fields: Any) -> Invoice:
    """125.50, posted and dated the first of November."""
    return posted({}, **{"issue_date": date(2026, 11, 1)} | fields)
