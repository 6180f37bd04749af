"""The report of a service order as PDF: what was done, by whom, with what, and who signed it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from invoicing.documents.customer_letters import NumberedLetter, address_of, company_now, letter_pdf
from invoicing.documents.designs.choosing import company_look
from invoicing.documents.figures import Figures, clock
from invoicing.documents.heads import head_of
from invoicing.documents.order_words import ORDER_WORDS, OrderWords
from invoicing.documents.printed import Fact
from invoicing.documents.words import Words, words_of
from tenants.scope import current_tenant_id
from timesheets.models import Charge, ServiceOrder, ServiceOrderPhoto, TimeEntry

Pictures = Mapping[str, bytes]


@dataclass(frozen=True)
class PrintedHours:
    day: str
    person: str
    text: str
    hours: str


@dataclass(frozen=True)
class PrintedPart:
    day: str
    text: str
    quantity: str


@dataclass(frozen=True)
class PrintedPhoto:
    url: str
    caption: str


@dataclass(frozen=True)
class PrintedOrder(NumberedLetter):
    """`own` are the words of such reports, `words` those of all documents."""

    own: OrderWords
    subject: str
    description: str
    report: str
    hours: tuple[PrintedHours, ...]
    total: str
    parts: tuple[PrintedPart, ...]
    photos: tuple[PrintedPhoto, ...]
    signature: str
    signed: str


def order_pdf(order: ServiceOrder) -> bytes:
    """In the customer's language; the same order gives the same bytes."""
    pictures: dict[str, bytes] = {}
    doc = printed_order(order, pictures)
    identity = f"order {current_tenant_id()} {order.pk}"
    return letter_pdf(doc, "service_order", identity=identity, pictures=pictures)


def printed_order(order: ServiceOrder, pictures: dict[str, bytes]) -> PrintedOrder:
    """What stands on it; the pictures are put beside it under the addresses that it names."""
    language = order.customer.language
    words, own = words_of(language), ORDER_WORDS[language]
    figures = Figures(words, order.customer.currency)
    seller = company_now()
    entries = list(
        TimeEntry.objects.filter(service_order=order)
        .select_related("member", "task")
        .order_by("work_date", "start_time", "pk")
    )
    return PrintedOrder(
        head=head_of(
            seller,
            language,
            made_at=order.done_at or order.updated_at,
            address=address_of(order.customer, seller["country"]),
            look=company_look(),
            is_draft=order.status != ServiceOrder.Status.DONE,
        ),
        own=own,
        number=order.label,
        title=own.service_report,
        subject=order.title,
        facts=tuple(_facts(order, words, own, figures)),
        description=order.description,
        report=order.report,
        hours=tuple(_hours(entry, figures) for entry in entries),
        total=clock(sum(entry.minutes for entry in entries)),
        parts=tuple(_parts(order, words, figures)),
        photos=tuple(_photos(order, pictures)),
        signature=_kept(order.signature, "png", pictures) if order.signature else "",
        signed=_signed(order, own, figures),
    )


def _facts(order: ServiceOrder, words: Words, own: OrderWords, figures: Figures) -> Iterable[Fact]:
    yield own.order, order.label
    if order.project is not None:
        yield words.project, order.project.name
        if order.project.order_reference:
            yield words.order_reference, order.project.order_reference
    if order.site_line:
        yield own.site, order.site_line
    if order.contact_name:
        yield own.contact, order.contact_name
    if order.technician is not None:
        yield own.technician, order.technician.name
    if order.done_at:
        yield own.done, figures.day(timezone.localtime(order.done_at).date())


def _hours(entry: TimeEntry, figures: Figures) -> PrintedHours:
    task = entry.task.name if entry.task else ""
    return PrintedHours(
        day=figures.day(entry.work_date),
        person=entry.member.name,
        text=" · ".join(filter(None, (task, entry.description))),
        hours=clock(entry.minutes),
    )


def _parts(order: ServiceOrder, words: Words, figures: Figures) -> Iterable[PrintedPart]:
    """Without prices: those stand on the invoice."""
    for part in Charge.objects.filter(service_order=order).order_by("charge_date", "pk"):
        yield PrintedPart(
            day=figures.day(part.charge_date),
            text=part.text,
            quantity=f"{figures.quantity(part.quantity)} {words.units[part.unit]}",
        )


def _photos(order: ServiceOrder, pictures: dict[str, bytes]) -> Iterable[PrintedPhoto]:
    for photo in ServiceOrderPhoto.objects.filter(order=order).order_by("pk"):
        yield PrintedPhoto(_kept(photo.file, "jpeg", pictures), photo.caption)


def _kept(file: Any, kind: str, pictures: dict[str, bytes]) -> str:
    """Its address is made from its content, so that another picture gives another document."""
    with file.open("rb") as opened:
        content = opened.read()
    url = f"picture:{hashlib.sha256(content).hexdigest()}.{kind}"
    pictures[url] = content
    return url


def _signed(order: ServiceOrder, own: OrderWords, figures: Figures) -> str:
    if not order.signed_at:
        return ""
    day = figures.day(timezone.localtime(order.signed_at).date())
    return own.signed.format(order.signed_by, day)
