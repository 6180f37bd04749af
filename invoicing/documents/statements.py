"""The statement of a customer's account as PDF, in the design of the invoices."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.text import slugify

from invoicing.documents.customer_letters import CustomerLetter, letter_head_to, letter_pdf
from invoicing.documents.figures import Figures
from invoicing.documents.printed import Fact
from invoicing.documents.statement_words import STATEMENT_WORDS, StatementWords
from invoicing.errors import StatementTooLong
from invoicing.selectors.receivables import Bucket
from invoicing.selectors.statements import Line, Movement, OpenDocument, Statement
from tenants.scope import current_tenant_id

# A page holds some forty; longer ones are for a file.
MOST_LINES = 1000


@dataclass(frozen=True)
class PrintedLine:
    day: str
    text: str
    due: str
    charged: str
    settled: str
    balance: str


@dataclass(frozen=True)
class PrintedOpen:
    day: str
    number: str
    due: str
    days_late: str
    gross: str
    amount: str
    is_late: bool


@dataclass(frozen=True)
class PrintedStatement(CustomerLetter):
    """`own` are the words of statements, `words` those of all documents."""

    own: StatementWords
    number: str
    opening: str
    lines: tuple[PrintedLine, ...]
    closing: str
    favour: str
    open_documents: tuple[PrintedOpen, ...]
    ages: tuple[tuple[str, str], ...]
    total: str
    credit: str
    account: tuple[Fact, ...]
    ask: str

    @property
    def title(self) -> str:
        return self.own.title

    @property
    def heading(self) -> str:
        return f"{self.own.title} {self.number}".strip()


def statement_name(statement: Statement) -> str:
    """Of the file."""
    customer = statement.customer
    return f"statement-{slugify(customer.number) or customer.pk}-{statement.end}.pdf"


def statement_pdf(statement: Statement, *, on: date) -> bytes:
    """As the customer reads it; `on` is the day it is made. Raises StatementTooLong."""
    if max(len(statement.lines), len(statement.open_documents)) > MOST_LINES:
        raise StatementTooLong
    doc = printed_statement(statement, on=on)
    identity = f"statement {current_tenant_id()} {statement.customer.pk}"
    return letter_pdf(doc, "statement", identity=identity)


def printed_statement(statement: Statement, *, on: date) -> PrintedStatement:
    customer = statement.customer
    (head, account), own = letter_head_to(customer, on=on), STATEMENT_WORDS[customer.language]
    figures = Figures(head.words, statement.currency)
    facts = (
        (head.words.day, figures.day(on)),
        (own.customer_number, customer.number),
        (own.period, figures.days(statement.start, statement.end)),
        (own.currency, statement.currency),
    )
    return PrintedStatement(
        head=head,
        facts=facts,
        own=own,
        number=customer.number,
        opening=figures.amount(statement.opening),
        lines=tuple(_line(line, own, figures) for line in statement.lines),
        closing=figures.money(statement.closing),
        favour=own.in_your_favour if statement.closing < 0 else "",
        open_documents=tuple(_open(one, figures) for one in statement.open_documents),
        ages=tuple(
            (label, figures.amount(statement.ageing.of(bucket)))
            for label, bucket in zip(own.ages, Bucket, strict=True)
        ),
        total=figures.money(statement.ageing.total),
        credit=figures.money(statement.ageing.credit) if statement.ageing.credit else "",
        account=account if statement.closing > 0 else (),
        ask=own.ask,
    )


def _line(line: Line, own: StatementWords, figures: Figures) -> PrintedLine:
    return PrintedLine(
        day=figures.day(line.day),
        text=f"{own.kinds[line.kind]} {line.number}".strip(),
        due=figures.day(line.due_date) if line.due_date else "",
        charged=figures.amount(line.amount) if _is_charge(line) else "",
        settled="" if _is_charge(line) else figures.amount(line.settled),
        balance=figures.amount(line.balance),
    )


def _is_charge(line: Line) -> bool:
    """What was taken back of a payment or a difference is charged again."""
    return line.amount > 0 or (line.amount == Decimal(0) and line.kind == Movement.INVOICE)


def _open(document: OpenDocument, figures: Figures) -> PrintedOpen:
    return PrintedOpen(
        day=figures.day(document.issue_date),
        number=document.number,
        due=figures.day(document.due_date),
        days_late=str(document.days_late) if document.days_late else "",
        gross=figures.amount(document.gross),
        amount=figures.amount(document.amount),
        is_late=document.days_late > 0,
    )
