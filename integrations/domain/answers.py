"""What a person chooses of a system's own fields for one document, before it goes there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.domain.access import Door
from integrations.domain.connections import NUMBERS, THERE
from integrations.errors import (
    AnswerTooLong,
    AnswerUnknown,
    ExportArrived,
    ExportUnclear,
    ExportUnderWay,
)
from integrations.models import Connection, CustomerLink, DocumentAnswers, Export
from integrations.ports import (
    AppendsToDrafts,
    Can,
    DocumentField,
    HasDocumentFields,
    RemoteDraft,
    System,
)
from invoicing.models import Invoice
from tenants.audit import log
from tenants.models import User
from tenants.prepared import prepared

ASK_SECONDS = 12
# A form is filled in meanwhile; what changed there since is refused by the system itself.
KEPT_SECONDS = 180
LONGEST = 254
APPEND = "append_to"


@dataclass(frozen=True)
class Offered:
    """What can be chosen for a document of one customer there."""

    choices: Mapping[str, list[list[str]]] = field(default_factory=dict)
    drafts: tuple[RemoteDraft, ...] = ()


def fields_for(system: System, invoice: Invoice) -> list[DocumentField]:
    """What is asked of this document; a credit note has no fields of a draft to be filled."""
    return [one for one in system.document_fields if not (one.fills and invoice.is_credit_note)]


def takes_lines(system: System, settings: Mapping[str, str]) -> bool:
    """Whether lines can go into a draft there; several in one would share the number it gets."""
    return Can.APPEND in system.abilities(settings) and settings.get(NUMBERS) != THERE


def appends(system: System, settings: Mapping[str, str], invoice: Invoice) -> bool:
    return takes_lines(system, settings) and not invoice.is_credit_note


def asks_anything(system: System, settings: Mapping[str, str], invoice: Invoice) -> bool:
    """Of this document, over a connection with these settings."""
    return bool(fields_for(system, invoice)) or appends(system, settings, invoice)


def offered(door: Door, link: CustomerLink) -> Offered:
    """Asked of the system, or remembered for a moment; raises AdapterError. No transaction may be
    open."""
    takes = takes_lines(door.system, door.settings)
    kind = "lines" if takes else "own"
    key = f"answers-{kind}-{door.tenant_id}-{door.connection_id}-{link.remote_id}"
    remembered: Offered | None = cache.get(key)
    if remembered is not None:
        return remembered
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        found = Offered(
            cast(HasDocumentFields, adapter).document_choices(link.remote_id)
            if door.system.document_fields
            else {},
            tuple(cast(AppendsToDrafts, adapter).list_drafts(link.remote_id)) if takes else (),
        )
    cache.set(key, found, KEPT_SECONDS)
    return found


def read_answers(
    system: System, found: Offered, given: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What was chosen, by field, and how it reads; raises what is not offered. Nothing chosen is
    left out, so that the document itself decides."""
    choices, words = {}, {}
    for one in system.document_fields:
        answer = " ".join(given.get(one.key, "").split())
        if not answer or one.fills:
            continue
        if len(answer) > LONGEST:
            raise AnswerTooLong(field=one.label, most=LONGEST)
        known: dict[str, str] = dict(found.choices.get(one.key, []))
        if not one.is_free_text and answer not in known:
            raise AnswerUnknown(field=one.label, system=system.title)
        choices[one.key], words[one.key] = answer, known.get(answer, answer)
    if target := given.get(APPEND, ""):
        labels = {draft.id: draft.label for draft in found.drafts}
        if target not in labels:
            raise AnswerUnknown(field=_("Draft there"), system=system.title)
        choices[APPEND], words[APPEND] = target, labels[target]
    return choices, words


@transaction.atomic
def keep_answers(
    invoice: Invoice,
    link: CustomerLink,
    *,
    choices: Mapping[str, str],
    words: Mapping[str, str],
    actor: User | None,
) -> DocumentAnswers:
    """Until the document is there they can be changed: a refused one is mended by them."""
    connection = Connection.objects.select_for_update().get(pk=link.connection_id)
    _refuse_late(invoice, connection)
    before = DocumentAnswers.objects.filter(invoice=invoice, connection=connection).first()
    shown = dict(words)
    append_words = shown.pop(APPEND, "")
    kept: DocumentAnswers
    kept, _is_new = DocumentAnswers.objects.update_or_create(
        invoice=invoice,
        connection=connection,
        defaults={
            "remote_customer_id": link.remote_id,
            "choices": {key: value for key, value in choices.items() if key != APPEND},
            "words": shown,
            "append_to": choices.get(APPEND, ""),
            "append_words": append_words[:200],
            "answered_by": actor,
        },
    )
    was = {**before.words, APPEND: before.append_words} if before else {}
    now = {**kept.words, APPEND: kept.append_words}
    changes = {
        f"{connection.name}: {key}": [was.get(key, ""), now.get(key, "")]
        for key in {*was, *now}
        if was.get(key, "") != now.get(key, "")
    }
    if changes:
        log("invoice.answers_changed", invoice, actor=actor, changes=changes)
    return kept


def _refuse_late(invoice: Invoice, connection: Connection) -> None:
    export = Export.objects.filter(invoice=invoice, connection=connection).first()
    if export is None or (not invoice.is_posted and export.status == Export.Status.CANCELLED):
        # A draft that was taken back is handed over anew.
        return
    if export.status == Export.Status.SENDING:
        raise ExportUnderWay(invoice=invoice)
    if export.status == Export.Status.SENT or export.remote_id:
        raise ExportArrived(invoice=invoice)
    if export.steps.filter(done_at=None).exists():
        # Looked for elsewhere than where it was sent it would not be found, and made twice.
        raise ExportUnclear(invoice=invoice)


def answers_of(
    invoice: Invoice, connection: Connection, link: CustomerLink | None
) -> DocumentAnswers | None:
    """Those that hold: made for the customer that the document's one is linked with now."""
    if link is None:
        return None
    return holding(answers_to(invoice.pk, connection.pk), link)


def holding(found: Iterable[DocumentAnswers], link: CustomerLink | None) -> DocumentAnswers | None:
    """The same, of what `answers_to` has found."""
    remote_id = link.remote_id if link else None
    return next((one for one in found if one.remote_customer_id == remote_id), None)


@prepared
def answers_to(invoice_id: int, connection_id: int) -> QuerySet[Any]:
    return DocumentAnswers.objects.filter(invoice=invoice_id, connection=connection_id)


def read_back(system: System | None, answers: DocumentAnswers) -> list[tuple[str, str]]:
    """The field's label and what was chosen, for the page of the document."""
    labels = {one.key: str(one.label) for one in system.document_fields} if system else {}
    rows = [(labels.get(key, key), text) for key, text in answers.words.items()]
    if answers.append_to:
        rows.append((_("Added to the draft there"), answers.append_words))
    return rows
