"""The bank's statement of the last weeks: what books itself, is offered, or fits nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from invoicing.domain.banking.importing import receive_file
from invoicing.models import BankAccount, DocumentKind, Invoice, Payment
from tenants.models import Tenant, User

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True)
class Movement:
    day: date
    amount: Decimal
    name: str
    text: str = ""
    reference: str = ""


def load_statement(
    tenant: Tenant, bank: str, others: Iterable[tuple[str, str, str]], *, today: date, actor: User
) -> None:
    """`others` are movements that no invoice is behind: name, text and amount."""
    BankAccount.objects.create(
        name=bank,
        number="".join(tenant.iban.split()),
        currency=tenant.currency,
        ledger_account=tenant.bank_account,
    )
    yesterday = today - timedelta(days=1)
    movements = [*_registered(tenant), *_open(tenant, yesterday)]
    movements += [Movement(yesterday, Decimal(amount), name, text) for name, text, amount in others]
    movements.sort(key=lambda one: one.day)
    content = statement_file(tenant, movements)
    receive_file(BytesIO(content), name=f"camt053-{yesterday}.xml", size=len(content), actor=actor)


def _registered(tenant: Tenant) -> list[Movement]:
    """What somebody has registered by hand already."""
    received = Payment.objects.filter(
        kind=Payment.Kind.RECEIVED, currency=tenant.currency, method=Payment.Method.TRANSFER
    )
    latest = received.select_related("customer").order_by("-payment_date", "-pk")[:3]
    return [
        Movement(
            one.payment_date,
            one.amount,
            one.customer.name.upper(),
            text=_numbers_of(one),
            reference=one.reference,
        )
        for one in latest
    ]


def _numbers_of(payment: Payment) -> str:
    numbers = Invoice.objects.filter(allocations__payment=payment).values_list("number", flat=True)
    return ", ".join(filter(None, numbers.distinct()))


def _open(tenant: Tenant, day: date) -> list[Movement]:
    """Two open invoices: of one the number or reference is given, of the other only the name."""
    posted: Any = Invoice.objects.filter(
        kind=DocumentKind.INVOICE,
        status=Invoice.Status.POSTED,
        currency=tenant.currency,
        issue_date__lte=day,
        due_date__gte=day,
    )
    owed = posted.with_open_amount().filter(open_amount__gt=0, paid_total=0)
    found = list(owed.select_related("customer").order_by("issue_date", "chain_position")[:2])
    movements = []
    for place, invoice in enumerate(found):
        names_it = place == 0
        movements.append(
            Movement(
                day,
                invoice.open_amount,
                invoice.customer.name.upper(),
                text=str(invoice.number) if names_it else "",
                reference=invoice.payment_reference if names_it else "",
            )
        )
    return movements


def statement_file(tenant: Tenant, movements: list[Movement]) -> bytes:
    """As the bank would write it."""
    opening = Decimal("24180.55")
    closing = opening + sum(one.amount for one in movements)
    currency, first, last = tenant.currency, movements[0].day, movements[-1].day
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount:.2f}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount, day in (("OPBD", opening, first), ("CLBD", closing, last))
    )
    entries = "".join(_entry(one, currency, place) for place, one in enumerate(movements, start=1))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{SPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{tenant.slug}-{last}</MsgId></GrpHdr><Stmt><Id>{tenant.slug}-{last}</Id>"
        f"<ElctrncSeqNb>{last:%j}</ElctrncSeqNb><Acct><Id><IBAN>{''.join(tenant.iban.split())}"
        f"</IBAN></Id><Ccy>{currency}</Ccy></Acct>{balances}{entries}</Stmt></BkToCstmrStmt>"
        "</Document>"
    ).encode()


def _entry(one: Movement, currency: str, place: int) -> str:
    came_in = one.amount > 0
    role = "Dbtr" if came_in else "Cdtr"
    words = f"<Ustrd>{escape(one.text)}</Ustrd>" if one.text else ""
    if one.reference:
        words += f"<Strd><CdtrRefInf><Ref>{one.reference}</Ref></CdtrRefInf></Strd>"
    return (
        f'<Ntry><Amt Ccy="{currency}">{abs(one.amount):.2f}</Amt>'
        f"<CdtDbtInd>{'CRDT' if came_in else 'DBIT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{one.day}</Dt></BookgDt><ValDt><Dt>{one.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{one.day:%Y%m%d}/{place:04d}</AcctSvcrRef><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><{role}><Pty><Nm>"
        f"{escape(one.name)}</Nm></Pty></{role}></RltdPties><RmtInf>{words}</RmtInf></TxDtls>"
        "</NtryDtls></Ntry>"
    )
