"""The letter of a reminder as PDF, in the design of the invoices.

Made from the rows of the reminder and of its posted invoice, of which none ever changes: the same
reminder gives the same letter.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.documents.customer_letters import NumberedLetter, letter_pdf, noon_of
from invoicing.documents.designs.choosing import look_for
from invoicing.documents.figures import Figures
from invoicing.documents.heads import address_lines, head_of
from invoicing.documents.printed import Fact, Payment, payment_of, seller_of
from invoicing.documents.reminder_words import REMINDER_WORDS, ReminderWords
from invoicing.documents.storing import plain_name
from invoicing.documents.words import Words, words_of
from invoicing.models import Invoice, Reminder

AMOUNTS = "{amounts}"


@dataclass(frozen=True)
class PrintedReminder(NumberedLetter):
    """`own` are the words of reminders, `words` those of all documents."""

    own: ReminderWords
    before: str
    after: str
    amounts: tuple[tuple[str, str, str], ...]
    total: str
    payment: Payment
    gross_label: str


def reminder_name(reminder: Reminder, invoice: Invoice) -> str:
    title = REMINDER_WORDS[reminder.language].title(reminder.level)
    return f"{plain_name(f'{title} {invoice.number}')}.pdf"


def reminder_pdf(reminder: Reminder, invoice: Invoice, *, is_preview: bool = False) -> bytes:
    doc = printed_reminder(reminder, invoice, is_preview=is_preview)
    return letter_pdf(doc, "reminder", identity=f"reminder {reminder.token}")


def printed_reminder(
    reminder: Reminder, invoice: Invoice, *, is_preview: bool = False
) -> PrintedReminder:
    words, own = words_of(reminder.language), REMINDER_WORDS[reminder.language]
    figures = Figures(words, invoice.currency)
    seller = seller_of(invoice)
    before, _place, after = _without_links(reminder.text).partition(AMOUNTS)
    address = address_lines(
        invoice.billing_name,
        invoice.contact_name,
        invoice.billing_street,
        f"{invoice.billing_postal_code} {invoice.billing_city}",
        country=invoice.billing_country,
        home=seller["country"],
        locale=words.locale,
    )
    return PrintedReminder(
        head=head_of(
            seller,
            reminder.language,
            made_at=noon_of(reminder.date),
            address=address,
            look=look_for(invoice),
            is_draft=is_preview,
        ),
        own=own,
        title=own.title(reminder.level),
        number=invoice.number or "",
        facts=tuple(pair for pair in _facts(reminder, invoice, words, own, figures) if pair[1]),
        before=before.strip(),
        after=after.strip(),
        amounts=tuple(_amounts(reminder, invoice, own, figures)),
        total=figures.money(reminder.total),
        payment=payment_of(
            seller,
            figures,
            amount=reminder.total,
            reference=invoice.payment_reference,
            number=invoice.number or "",
            due=(own.pay_by, reminder.pay_by),
            with_codes=not is_preview,
        ),
        gross_label=own.total,
    )


def _without_links(text: str) -> str:
    """Nobody clicks on paper; what is kept of a letter has the link's place and not the link."""
    return "\n".join(line for line in text.split("\n") if "{link}" not in line)


def _facts(
    reminder: Reminder, invoice: Invoice, words: Words, own: ReminderWords, figures: Figures
) -> tuple[Fact, ...]:
    late = max((reminder.date - invoice.due_date).days, 0)
    return (
        (words.day, figures.day(reminder.date)),
        (words.invoice, words.of_day.format(invoice.number, figures.day(invoice.issue_date))),
        (words.due_date, figures.day(invoice.due_date)),
        (own.days_late, str(late)),
        (words.customer_number, invoice.customer.number),
        (words.order_reference, invoice.order_reference),
        (words.buyer_reference, invoice.buyer_reference),
    )


def _amounts(
    reminder: Reminder, invoice: Invoice, own: ReminderWords, figures: Figures
) -> list[tuple[str, str, str]]:
    """What, how it came about, how much."""
    settled = invoice.gross_total - reminder.open_amount
    rows: list[tuple[str, str, Decimal]] = []
    if settled:
        rows += [(own.gross, "", invoice.gross_total), (own.settled, "", -settled)]
    rows.append((own.open, "", reminder.open_amount))
    rows += [
        (label, "", amount)
        for label, amount in (
            (own.fee, reminder.fee),
            (own.earlier_fees, reminder.earlier_fees),
            (own.lump_sum, reminder.lump_sum),
        )
        if amount
    ]
    if reminder.interest:
        how = [
            own.interest_of.format(
                figures.percent(Decimal(percent)),
                figures.money(Decimal(principal)),
                figures.day(date.fromisoformat(start)),
                figures.day(date.fromisoformat(end)),
                (date.fromisoformat(end) - date.fromisoformat(start)).days + 1,
            )
            for start, end, principal, percent in reminder.stretches
        ]
        rows.append((own.interest, "\n".join(how), reminder.interest))
    return [(label, how, figures.amount(amount)) for label, how, amount in rows]
