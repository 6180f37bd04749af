"""Payments back: what was paid in the accounting system becomes payments here, each once.

`read_payments` asks for what changed, `settle_documents` for single documents, as a webhook tells
them. No transaction is open while the other side is asked.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.money import ZERO
from core.templatetags.figures import money
from integrations.domain.access import door_of
from integrations.domain.lanes import FIRST_PAUSE
from integrations.errors import (
    IntegrationRefused,
    NoBankAccount,
    NothingOpenHere,
    PaidTwice,
    SeenTo,
)
from integrations.models import Connection, Export, PaymentThere
from integrations.ports import (
    AccessLost,
    AdapterError,
    Can,
    Exported,
    OutOfTurn,
    ReadsPayments,
    RetryLater,
    Settlement,
)
from integrations.registry import all_systems, system_of
from invoicing.domain.payments.registering import NewPayment, pay_invoice
from invoicing.domain.payments.settling import open_amounts
from invoicing.models import Allocation, DocumentKind, Invoice, Payment
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id, tenant_scope

# How often, in seconds; anything else is not at all.
INTERVALS = {
    "900": 900, "3600": 3600, "21600": 21_600, "86400": 86_400,
}  # fmt: skip
LEASE = timedelta(minutes=15)
# Clocks differ, and what is stored while we ask may come a little later.
OVERLAP = timedelta(minutes=15)
# So long a booked payment is looked at again: it may be taken back there.
WATCHED = timedelta(days=90)
NAMES = UUID("8f5f8a4e-9f0e-4d4e-8f62-6a6f3f1c4f10")
LONGEST_KEY = 100


def connections_to_read(now: datetime) -> list[int]:
    """Those whose payments are due and, as they are set, can be read; each is taken by asking, and
    one asks at a time."""
    able = {key: system for key, system in all_systems().items() if Can.PAYMENTS in system.can}
    due = Connection.objects.filter(
        Q(paused_until=None) | Q(paused_until__lte=now),
        Q(payments_due_at=None) | Q(payments_due_at__lte=now),
        system__in=able,
        is_active=True,
        trouble="",
        settings__payments__in=list(INTERVALS),
    )
    rows = due.order_by("pk").values_list("pk", "system", "settings")
    return [pk for pk, key, settings in rows if Can.PAYMENTS in able[key].abilities(settings)]


def read_payments(*, tenant_id: int, connection_id: int) -> int:
    """Ask what changed since the last time and book it; how many documents were told of."""
    started = timezone.now()
    with tenant_scope(tenant_id):
        if not _take(connection_id, started):
            return 0
        since = Connection.objects.get(pk=connection_id).payments_read_at
        documents = _exported(_watched(connection_id, started), connection_id)
    failure, told = None, 0
    try:
        if documents:
            told = _ask_and_book(tenant_id, connection_id, documents, since and since - OVERLAP)
    except (AdapterError, IntegrationRefused) as refused:
        failure = refused
    with tenant_scope(tenant_id):
        _give_back(connection_id, started, failure)
    return told


def settle_documents(connection_id: int, remote_ids: Collection[str], *, tenant_id: int) -> int:
    """Ask how these documents there stand, and book it. Raises AdapterError; call it outside any
    scope. Others that ask at the same time do no harm."""
    with tenant_scope(tenant_id):
        found = Export.objects.filter(connection=connection_id, remote_id__in=list(remote_ids))
        documents = _exported(found, connection_id)
    return _ask_and_book(tenant_id, connection_id, documents, None) if documents else 0


def _take(connection_id: int, now: datetime) -> bool:
    due = Connection.objects.filter(
        Q(payments_due_at=None) | Q(payments_due_at__lte=now), pk=connection_id
    )
    return bool(due.update(payments_due_at=now + LEASE))


def _give_back(connection_id: int, started: datetime, failure: Exception | None) -> None:
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    interval = INTERVALS.get(connection.settings.get("payments", ""), INTERVALS["3600"])
    if isinstance(failure, OutOfTurn):
        interval = 60
    connection.payments_due_at = timezone.now() + timedelta(seconds=interval)
    connection.payments_trouble = "" if failure is None else str(failure)[:500]
    if failure is None:
        connection.payments_read_at = started
    if isinstance(failure, RetryLater) and failure.pauses_connection:
        # It is asked too much: documents wait as well.
        pause = timedelta(seconds=failure.seconds or FIRST_PAUSE)
        connection.paused_until = max(timezone.now() + pause, connection.paused_until or started)
    if isinstance(failure, AccessLost) and not connection.trouble:
        connection.trouble = failure.sentence[:500]
        log("connection.lost", connection, actor=None, reason=failure.sentence)
    connection.save(
        update_fields=[
            "payments_due_at",
            "payments_trouble",
            "payments_read_at",
            "trouble",
            "paused_until",
        ]
    )


def _watched(connection_id: int, now: datetime) -> QuerySet[Export]:
    """Documents that may still be paid, or whose payment may still be taken back."""
    invoices: Any = Invoice.objects.filter(kind=DocumentKind.INVOICE)
    unpaid = invoices.with_open_amount().filter(open_amount__gt=0).values("pk")
    return Export.objects.filter(
        Q(invoice__in=unpaid) | Q(payments_there__found_at__gte=now - WATCHED),
        connection=connection_id,
    ).distinct()


def _exported(exports: QuerySet[Export], connection_id: int) -> list[Exported]:
    """Of the company that the connection goes to now: another one knows nothing of what was sent
    to the first, or has others under the same ids."""
    if since := Connection.objects.get(pk=connection_id).remote.get("since"):
        exports = exports.filter(sent_at__gte=since)
    found = exports.filter(status=Export.Status.SENT, invoice__kind=DocumentKind.INVOICE).exclude(
        remote_id=""
    )
    return [
        Exported(
            remote_id=export.remote_id,
            remote_number=export.remote_number,
            number=export.invoice.number or "",
            issue_date=export.invoice.issue_date,
            gross=export.invoice.gross_total,
            currency=export.invoice.currency,
        )
        for export in found.select_related("invoice").order_by("pk")
    ]


def _ask_and_book(
    tenant_id: int, connection_id: int, documents: Sequence[Exported], since: datetime | None
) -> int:
    with tenant_scope(tenant_id):
        door = door_of(Connection.objects.get(pk=connection_id))
        language = Tenant.objects.get(pk=tenant_id).language
    if Can.PAYMENTS not in door.system.can:
        return 0
    with translation.override(language):
        with door.open() as (adapter, _http):
            settlements = cast(ReadsPayments, adapter).read_settlements(documents, since)
        asked = {document.remote_id for document in documents}
        for settlement in settlements:
            if settlement.remote_id in asked:
                with tenant_scope(tenant_id):
                    book(connection_id, settlement)
    return len(settlements)


# Into our books.


@transaction.atomic
def book(connection_id: int, settlement: Settlement) -> list[PaymentThere]:
    """Book what is new of a document there. Who else does so at once waits, and finds it done."""
    export = (
        Export.objects.select_for_update(of=("self",))
        .select_related("invoice__customer", "connection")
        .filter(
            Q(invoice__number=settlement.number) if settlement.number else Q(),
            connection=connection_id,
            remote_id=settlement.remote_id,
        )
        .exclude(invoice__kind=DocumentKind.CREDIT_NOTE)
        .order_by("pk")
        .first()
    )
    if export is None:
        return []
    _keep_number(export, settlement)
    known = {row.key: row for row in PaymentThere.objects.filter(export=export)}
    if settlement.is_gone:
        is_known = "gone" in known or _is_cancelled_here(export.invoice)
        return [] if is_known else [_tell_gone(export)]
    by_sum = [row for row in known.values() if row.key.startswith("sum ")]
    if by_sum or (not settlement.payments and settlement.paid):
        return _book_sum(export, settlement, list(known.values()))
    new = []
    listed = {_key(payment.id) for payment in settlement.payments}
    for row in known.values():
        if row.kind == PaymentThere.Kind.PAYMENT and row.key not in listed:
            _tell_vanished(export, row)
    for payment in settlement.payments:
        if _key(payment.id) not in known:
            new.append(
                _book_one(export, _key(payment.id), payment.amount, payment.paid_on, payment.text)
            )
    return new


def _keep_number(export: Export, settlement: Settlement) -> None:
    """Where a draft is finished there, its number comes long after it arrived."""
    number = settlement.remote_number[:60]
    if number and export.remote_number != number and export.done_by_id is None:
        export.remote_number = number
        export.save(update_fields=["remote_number"])
        log("export.numbered", export, actor=None, remote=number)


def _key(remote: str) -> str:
    """Not one that sums have; whole, or its fingerprint where it is too long."""
    key = f"id {remote}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"hash {hashlib.sha256(remote.encode()).hexdigest()}"


def _book_sum(
    export: Export, settlement: Settlement, known: Sequence[PaymentThere]
) -> list[PaymentThere]:
    """It tells only how much was paid: what came to it since the last time is one payment."""
    rows = [row for row in known if row.kind == PaymentThere.Kind.PAYMENT]
    before = sum((row.amount for row in rows), ZERO)
    added = settlement.paid - before
    if added == 0:
        return []
    on = settlement.paid_on or timezone.localdate()
    key = f"sum {len(rows) + 1} {settlement.paid.normalize():f}"
    return [_book_one(export, key, added, on, "")]


def _book_one(export: Export, key: str, amount: Decimal, on: date, text: str) -> PaymentThere:
    row = PaymentThere(export=export, key=key, amount=amount, paid_on=on, text=text[:140])
    if amount <= 0:
        row.sentence = _(
            "%(system)s says that %(amount)s was taken back on %(day)s. Reverse the payment here,"
            " or pay it back, and say that it is seen to."
        ) % _words(export, row)  # fmt: skip
    else:
        row.payment, row.sentence = _registered(row)
    row.save()
    if row.sentence:
        log("export.payment_unclear", export, actor=None, reason=row.sentence)
    return row


def _registered(row: PaymentThere) -> tuple[Payment | None, str]:
    """The payment, or why there is none."""
    try:
        with transaction.atomic():
            return _register(row), ""
    except DomainError as refused:
        why = _("%(amount)s of %(day)s in %(system)s is not booked here.") % _words(row.export, row)
        return None, f"{why} {refused}"


def _register(row: PaymentThere) -> Payment:
    export = row.export
    invoice = export.invoice
    assert row.paid_on is not None
    tenant = Tenant.objects.get(pk=current_tenant_id())
    if not tenant.bank_account:
        raise NoBankAccount
    # Held before it is read: somebody may be registering the same money by hand.
    Invoice.objects.select_for_update().get(pk=invoice.pk)
    still_open = open_amounts([invoice.pk])[invoice.pk]
    if still_open <= 0:
        raise NothingOpenHere(invoice=invoice)
    if row.amount > still_open and _has_payments_by_hand(invoice):
        raise PaidTwice(invoice=invoice, open=money(still_open, invoice.currency))
    system = system_of(export.connection.system)
    title = system.title if system else export.connection.name
    return pay_invoice(
        invoice,
        NewPayment(
            customer=invoice.customer,
            currency=invoice.currency,
            amount=row.amount,
            payment_date=row.paid_on,
            # Of the export: several may be in one document there.
            token=uuid5(NAMES, f"{export.connection_id}/{export.pk}/{row.key}"),
            reference=f"{title} {export.remote_number}".strip()[:40],
            text=row.text or f"{title}: {invoice.number}",
        ),
        seen_open=still_open,
        actor=None,
    )


def _has_payments_by_hand(invoice: Invoice) -> bool:
    """What was not read from the system, and may be the same money."""
    found: bool = (
        Allocation.objects.filter(invoice=invoice, payment__isnull=False)
        .exclude(payment__in=PaymentThere.objects.exclude(payment=None).values("payment"))
        .exists()
    )
    return found


def _is_cancelled_here(invoice: Invoice) -> bool:
    """Credited in full, so that what became of it there is what we asked for."""
    notes = Invoice.objects.filter(corrects=invoice, status=Invoice.Status.POSTED)
    credited = notes.aggregate(gross=Sum("gross_total"))["gross"]
    return credited is not None and bool(credited >= invoice.gross_total)


def _tell_gone(export: Export) -> PaymentThere:
    row = PaymentThere(
        export=export,
        key="gone",
        kind=PaymentThere.Kind.GONE,
        sentence=_(
            "%(invoice)s was deleted or cancelled in %(system)s. Credit it here as well, or enter"
            " it there again, and say that it is seen to."
        )
        % {"invoice": export.invoice, "system": export.connection},
    )
    row.save()
    log("export.gone", export, actor=None, reason=row.sentence)
    return row


def _tell_vanished(export: Export, row: PaymentThere) -> None:
    if row.payment_id is None:
        # It was never booked, so nothing is left to be done.
        if row.needs_somebody:
            row.seen_at = timezone.now()
            row.save(update_fields=["seen_at"])
        return
    if row.sentence:
        return
    row.sentence = _(
        "%(system)s no longer knows the payment of %(amount)s of %(day)s. If it was taken back,"
        " reverse it here as well, and say that it is seen to."
    ) % _words(export, row)  # fmt: skip
    row.seen_by, row.seen_at = None, None
    row.save()
    log("export.payment_unclear", export, actor=None, reason=row.sentence)


def _words(export: Export, row: PaymentThere) -> dict[str, Any]:
    return {
        "system": export.connection,
        "amount": money(abs(row.amount), export.invoice.currency),
        "day": date_format(row.paid_on, "SHORT_DATE_FORMAT") if row.paid_on else "?",
    }


# What people do.


@transaction.atomic
def book_again(row: PaymentThere, *, actor: User) -> PaymentThere:
    """What stood in the way may be gone. Refused once more, it says why, as things are now."""
    row = _held(row)
    if not row.needs_somebody or row.payment_id is not None or row.amount <= 0:
        raise SeenTo
    row.payment, row.sentence = _registered(row)
    row.save()
    if row.payment is not None:
        log("export.payment_booked", row.export, actor=actor, payment=str(row.payment.pk))
    return row


@transaction.atomic
def see_to(row: PaymentThere, *, actor: User) -> PaymentThere:
    """Somebody did what there was to do."""
    row = _held(row)
    if not row.needs_somebody:
        raise SeenTo
    row.seen_by, row.seen_at = actor, timezone.now()
    row.save(update_fields=["seen_by", "seen_at"])
    log("export.payment_seen_to", row.export, actor=actor, reason=row.sentence)
    return row


def _held(row: PaymentThere) -> PaymentThere:
    export = (
        Export.objects.select_for_update(of=("self",))
        .select_related("invoice__customer", "connection")
        .get(pk=row.export_id)
    )
    held: PaymentThere = PaymentThere.objects.get(pk=row.pk)
    held.export = export
    return held
