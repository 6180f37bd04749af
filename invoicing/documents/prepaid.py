"""What was drawn from prepaid hours, as PDF for the customer, in the design of the invoices."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.text import slugify

from invoicing.documents.customer_letters import CustomerLetter, letter_head_to, letter_pdf
from invoicing.documents.figures import Figures, clock
from invoicing.documents.prepaid_words import PREPAID_WORDS, PrepaidWords
from invoicing.models import PrepaidHours
from invoicing.prepaid_errors import TooManyDraws
from tenants.scope import current_tenant_id

# A page holds some forty; longer ones are for a file.
MOST_DRAWS = 1000


@dataclass(frozen=True)
class PrintedDraw:
    day: str
    person: str
    text: str
    worked: str
    drawn: str
    left: str


@dataclass(frozen=True)
class PrintedPrepaid(CustomerLetter):
    """`own` are the words of prepaid hours, `words` those of all documents."""

    own: PrepaidWords
    text: str
    bought: str
    draws: tuple[PrintedDraw, ...]
    left: str

    @property
    def title(self) -> str:
        return self.own.title

    @property
    def heading(self) -> str:
        return f"{self.own.title}: {self.text}"


def prepaid_name(prepaid: PrepaidHours) -> str:
    """Of its files, without the ending."""
    return f"prepaid-{slugify(prepaid.invoice.number or '') or prepaid.pk}"


def prepaid_pdf(prepaid: Any, draws: Any, *, on: date) -> bytes:
    """With its balance, and the draws by their days; `on` is the day it is made."""
    doc = printed_prepaid(prepaid, list(draws[: MOST_DRAWS + 1]), on=on)
    identity = f"prepaid {current_tenant_id()} {prepaid.pk}"
    return letter_pdf(doc, "prepaid", identity=identity)


def printed_prepaid(prepaid: Any, draws: list[Any], *, on: date) -> PrintedPrepaid:
    if len(draws) > MOST_DRAWS:
        raise TooManyDraws(most=MOST_DRAWS)
    customer = prepaid.customer
    (head, _account), own = letter_head_to(customer, on=on), PREPAID_WORDS[customer.language]
    figures = Figures(head.words, prepaid.invoice.currency)
    facts = [
        (head.words.day, figures.day(on)),
        (head.words.customer_number, customer.number),
        (own.sold_on, prepaid.invoice.number or ""),
        (own.valid, _valid(prepaid, own, figures)),
    ]
    if prepaid.project is not None:
        facts.append((own.project, prepaid.project.name))
    left, rows = prepaid.bought_minutes, []
    for draw in draws:
        left -= draw.minutes
        rows.append(_draw(draw, left, figures))
    return PrintedPrepaid(
        head=head,
        own=own,
        text=prepaid.line.text,
        facts=tuple(facts),
        bought=_hours(prepaid.bought_minutes),
        draws=tuple(rows),
        left=_hours(left),
    )


def _valid(prepaid: PrepaidHours, own: PrepaidWords, figures: Figures) -> str:
    if prepaid.valid_until is not None:
        return figures.days(prepaid.valid_from, prepaid.valid_until)
    return f"{figures.day(prepaid.valid_from)} – {own.until_used_up}"


def _draw(draw: Any, left: int, figures: Figures) -> PrintedDraw:
    entry = draw.time_entry
    what = [entry.project.name, entry.task.name if entry.task else "", entry.description]
    return PrintedDraw(
        day=figures.day(entry.work_date),
        person=entry.member.name,
        text=" · ".join(filter(None, what)),
        worked=clock(entry.minutes),
        drawn=clock(draw.minutes),
        left=_hours(left),
    )


def _hours(minutes: int) -> str:
    return f"{clock(minutes)} h"
