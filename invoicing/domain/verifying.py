"""Proofs over a tenant's books, each from the rows themselves and not from what wrote them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import ForeignKey, Q

from invoicing.domain.books.proving import journal_faults
from invoicing.domain.freezing import chained_hash, content
from invoicing.domain.indexing import check_index
from invoicing.domain.numbering.continuity import continuity, placeless
from invoicing.domain.payments.proving import payment_faults
from invoicing.models import (
    Invoice,
    InvoiceFile,
    InvoiceLine,
    NumberSeries,
    Source,
)
from tenants.scope import current_tenant_id


@dataclass
class Check:
    """What was looked at, how much of it, and what is wrong with it."""

    name: str
    looked_at: int = 0
    faults: list[str] = field(default_factory=list)


def verify_books() -> Iterator[Check]:
    """Every check for the tenant of the open scope."""
    yield check_chain()
    yield check_numbers()
    yield check_sums()
    yield check_journal()
    yield check_files()
    yield check_credits()
    yield check_payments()
    yield check_work()
    yield check_prepaid()
    yield check_archive()
    yield check_references()


def check_chain() -> Check:
    """Each document's hash over its content and its predecessor's hash, from the first on."""
    check = Check("hash chain")
    previous, expected = "", 1
    posted = Invoice.objects.filter(status=Invoice.Status.POSTED).order_by("chain_position")
    for invoice in posted.prefetch_related("lines", "taxes").iterator(chunk_size=500):
        check.looked_at += 1
        if invoice.chain_position != expected:
            check.faults.append(f"{invoice.number}: position {expected} is missing")
        check.faults += _faults_of(invoice, previous)
        previous, expected = invoice.content_hash, invoice.chain_position + 1
    return check


def check_document(invoice: Invoice) -> Check:
    """One posted document: its own hash, and that it follows the one before it."""
    before = Invoice.objects.filter(chain_position=(invoice.chain_position or 0) - 1)
    previous = before.values_list("content_hash", flat=True).first() or ""
    return Check("hash chain", looked_at=1, faults=_faults_of(invoice, previous))


def _faults_of(invoice: Invoice, previous_hash: str) -> list[str]:
    faults = []
    if invoice.previous_hash != previous_hash:
        faults.append(f"{invoice.number}: does not follow its predecessor")
    frozen = content(invoice, invoice.lines.all(), invoice.taxes.all())
    if chained_hash(invoice.previous_hash, frozen) != invoice.content_hash:
        faults.append(f"{invoice.number}: was changed after posting")
    return faults


def check_numbers() -> Check:
    """Every place a counter has given out is on a document, or was passed over for a reason."""
    check = Check("numbers")
    every = list(NumberSeries.objects.all())
    for report in continuity(every):
        check.looked_at += report.count
        named = f"{report.series} {report.window}"
        check.faults += [
            f"{named}: no document has the places {gap.first} to {gap.last}" for gap in report.gaps
        ]
        if report.duplicates:
            check.faults.append(f"{named}: {report.duplicates} places are on two documents")
    for series in every:
        if lost := placeless(series):
            check.looked_at += lost
            check.faults.append(f"{series}: {lost} documents say no place")
    check_given(check, every)
    return check


def check_given(check: Check, every: Iterable[NumberSeries]) -> None:
    """Numbers from elsewhere are in the series of who gave them, have no place, and all others have
    one of ours. That none is there twice is a constraint."""
    givers = {series.pk: series.given_by for series in every}
    told = Invoice.objects.filter(status=Invoice.Status.POSTED).filter(
        ~Q(number_giver="") | Q(series__in=[pk for pk, giver in givers.items() if giver])
    )
    rows = told.values_list("number", "number_giver", "series_id", "number_count")
    for number, giver, series_id, place in rows.order_by("pk"):
        check.looked_at += 1
        if givers.get(series_id) != giver or place is not None:
            check.faults.append(f"{number}: is not in the series of {giver or 'ours'}")


def check_journal() -> Check:
    """Entries balance and are numbered without a gap; each posted document has one, which has on
    each account what its lines and taxes say; nothing was written into a closed month."""
    looked_at, faults = journal_faults()
    return Check("journal", looked_at, faults)


def check_sums() -> Check:
    """Each document's net, tax and gross are the sums of its lines and rates."""
    check = Check("sums of documents")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT document.number, document.net_total = coalesce(line.net, 0)
                AND document.net_total = coalesce(tax.taxable, 0)
                AND document.tax_total = coalesce(tax.tax, 0)
            FROM invoicing_invoice document
            LEFT JOIN (
                SELECT invoice_id, sum(net) AS net FROM invoicing_invoiceline
                WHERE tenant_id = %(tenant)s GROUP BY invoice_id
            ) AS line ON line.invoice_id = document.id
            LEFT JOIN (
                SELECT invoice_id, sum(taxable) AS taxable, sum(tax) AS tax
                FROM invoicing_invoicetax WHERE tenant_id = %(tenant)s GROUP BY invoice_id
            ) AS tax ON tax.invoice_id = document.id
            WHERE document.tenant_id = %(tenant)s AND document.status = 'posted'
            ORDER BY document.id
            """,
            {"tenant": current_tenant_id()},
        )
        for number, is_right in cursor.fetchall():
            check.looked_at += 1
            if not is_right:
                check.faults.append(f"{number}: its lines and rates do not come to its sums")
    return check


def check_credits() -> Check:
    """No more was taken back than was charged, per rate of tax; receivables went down by it."""
    check = Check("credit notes")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT note.number, sum(posting.amount) FILTER (WHERE posting.amount < 0)
                    = -note.gross_total OR note.gross_total = 0
            FROM invoicing_invoice note
            JOIN invoicing_journalentry entry
                ON entry.tenant_id = note.tenant_id AND entry.invoice_id = note.id
            LEFT JOIN invoicing_posting posting
                ON posting.tenant_id = entry.tenant_id AND posting.entry_id = entry.id
            WHERE note.tenant_id = %s AND note.kind = 'credit_note' AND note.status = 'posted'
            GROUP BY note.id, note.number, note.gross_total
            ORDER BY note.id
            """,
            [current_tenant_id()],
        )
        for number, is_reversed in cursor.fetchall():
            check.looked_at += 1
            if not is_reversed:
                check.faults.append(f"{number}: is not booked against the receivable")
        cursor.execute(
            """
            SELECT corrected.number, given.category, given.percent
            FROM invoicing_invoicetax given
            JOIN invoicing_invoice note ON note.tenant_id = given.tenant_id
                AND note.id = given.invoice_id AND note.status = 'posted'
            JOIN invoicing_invoice corrected
                ON corrected.tenant_id = note.tenant_id AND corrected.id = note.corrects_id
            LEFT JOIN invoicing_invoicetax charged ON charged.tenant_id = corrected.tenant_id
                AND charged.invoice_id = corrected.id
                AND charged.category = given.category AND charged.percent = given.percent
            WHERE given.tenant_id = %s
            GROUP BY corrected.id, corrected.number, given.category, given.percent,
                charged.taxable, charged.tax
            HAVING sum(given.taxable) NOT BETWEEN SYMMETRIC 0 AND coalesce(charged.taxable, 0)
                OR sum(given.tax) NOT BETWEEN SYMMETRIC 0 AND coalesce(charged.tax, 0)
            ORDER BY corrected.id
            """,
            [current_tenant_id()],
        )
        check.faults += [
            f"{number}: more is credited at {percent.normalize():f} % ({category}) than was charged"
            for number, category, percent in cursor.fetchall()
        ]
    return check


def check_payments() -> Check:
    """Payments are booked as they came, receivables are what is open, and credit what is left."""
    looked_at, faults = payment_faults()
    return Check("payments", looked_at, faults)


def check_files() -> Check:
    """Each stored file still has the bytes it was stored with."""
    check = Check("stored files")
    for stored in InvoiceFile.objects.select_related("invoice").iterator(chunk_size=500):
        check.looked_at += 1
        try:
            with stored.file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except FileNotFoundError:
            check.faults.append(f"{stored.invoice.number}: {stored.file.name} is gone")
            continue
        if digest != stored.sha256:
            check.faults.append(f"{stored.invoice.number}: {stored.file.name} was changed")
    return check


def check_work() -> Check:
    """An hour's or charge's billing state is what its live source says, or that it is drawn from
    prepaid hours; else it is noted. An hour is in one of these places at most.

    A posted line lets go of an hour through a posted credit note for it, a draft when discarded.
    """
    check = Check("billing state of hours and charges")
    with connection.cursor() as cursor:
        drawn = "SELECT tenant_id, time_entry_id FROM invoicing_prepaiddraw"
        for named, table, column, prepaid in (
            ("time entry", "timesheets_timeentry", "time_entry_id", drawn),
            ("charge", "timesheets_charge", "charge_id", "SELECT 0, 0 WHERE false"),
        ):
            cursor.execute(
                f"""
                SELECT count(*), array_agg(work.id) FILTER (
                    WHERE work.billing_state <> CASE
                        WHEN draw.work_id IS NOT NULL THEN 'billed'
                        WHEN document.status = 'posted' THEN 'billed'
                        WHEN document.status = 'draft' THEN 'drafted'
                        WHEN work.billing_state = 'written_off' THEN 'written_off'
                        WHEN work.billing_state = 'billed' AND work.billing_note <> '' THEN 'billed'
                        ELSE 'open'
                    END
                    OR (document.id IS NOT NULL AND work.billing_note <> '')
                    OR (draw.work_id IS NOT NULL
                        AND (document.id IS NOT NULL OR work.billing_note <> '')))
                FROM {table} work
                LEFT JOIN ({prepaid}) AS draw (tenant_id, work_id)
                    ON draw.tenant_id = work.tenant_id AND draw.work_id = work.id
                LEFT JOIN invoicing_source source ON source.tenant_id = work.tenant_id
                    AND source.{column} = work.id AND source.released_at IS NULL
                LEFT JOIN invoicing_invoiceline line
                    ON line.tenant_id = source.tenant_id AND line.id = source.line_id
                LEFT JOIN invoicing_invoice document
                    ON document.tenant_id = line.tenant_id AND document.id = line.invoice_id
                WHERE work.tenant_id = %s
                """,  # noqa: S608 - names of tables and columns, no values
                [current_tenant_id()],
            )
            looked_at, wrong = cursor.fetchone()
            check.looked_at += looked_at
            check.faults += [f"{named} {pk}: its state is not its document's" for pk in wrong or []]
        cursor.execute(
            """
            SELECT source.id, document.number
            FROM invoicing_source source
            JOIN invoicing_invoiceline line
                ON line.tenant_id = source.tenant_id AND line.id = source.line_id
            JOIN invoicing_invoice document
                ON document.tenant_id = line.tenant_id AND document.id = line.invoice_id
            LEFT JOIN invoicing_invoiceline freeing
                ON freeing.tenant_id = source.tenant_id AND freeing.id = source.freed_by_id
                AND freeing.corrects_line_id = line.id
            LEFT JOIN invoicing_invoice note ON note.tenant_id = freeing.tenant_id
                AND note.id = freeing.invoice_id AND note.status = 'posted'
            WHERE source.tenant_id = %s
                AND (source.released_at IS NOT NULL) <> CASE document.status
                    WHEN 'posted' THEN note.id IS NOT NULL
                    ELSE document.status = 'discarded'
                END
            ORDER BY source.id
            """,
            [current_tenant_id()],
        )
        check.faults += [
            f"source {pk}: free or not, its document {number or 'draft'} tells otherwise"
            for pk, number in cursor.fetchall()
        ]
    return check


def check_prepaid() -> Check:
    """No more is drawn from prepaid hours than was bought and not credited, on a posted invoice;
    hours of their customer, their project and their days."""
    check = Check("prepaid hours")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH credited AS (
                SELECT line.corrects_line_id AS line_id, sum(line.quantity) AS quantity
                FROM invoicing_invoiceline line
                JOIN invoicing_invoice note ON note.tenant_id = line.tenant_id
                    AND note.id = line.invoice_id AND note.status = 'posted'
                WHERE line.tenant_id = %(tenant)s AND line.corrects_line_id IS NOT NULL
                GROUP BY line.corrects_line_id
            ), drawn AS (
                SELECT draw.prepaid_id, sum(draw.minutes) AS minutes,
                    bool_or(project.customer_id <> prepaid.customer_id
                        OR entry.project_id <> prepaid.project_id
                        OR entry.work_date < prepaid.valid_from
                        OR entry.work_date > prepaid.valid_until) AS is_elsewhere
                FROM invoicing_prepaiddraw draw
                JOIN invoicing_prepaidhours prepaid
                    ON prepaid.tenant_id = draw.tenant_id AND prepaid.id = draw.prepaid_id
                JOIN timesheets_timeentry entry
                    ON entry.tenant_id = draw.tenant_id AND entry.id = draw.time_entry_id
                JOIN customers_project project
                    ON project.tenant_id = entry.tenant_id AND project.id = entry.project_id
                WHERE draw.tenant_id = %(tenant)s
                GROUP BY draw.prepaid_id
            )
            SELECT prepaid.id, invoice.number, invoice.customer_id <> prepaid.customer_id,
                drawn.minutes > CASE
                    WHEN invoice.status <> 'posted' THEN 0
                    WHEN line.unit = 'HUR'
                        THEN round((line.quantity - coalesce(credited.quantity, 0)) * 60)
                    WHEN line.quantity = 0 THEN 0
                    ELSE round(
                        prepaid.minutes * (1 - coalesce(credited.quantity, 0) / line.quantity))
                END,
                drawn.is_elsewhere
            FROM invoicing_prepaidhours prepaid
            JOIN invoicing_invoiceline line
                ON line.tenant_id = prepaid.tenant_id AND line.id = prepaid.line_id
            JOIN invoicing_invoice invoice
                ON invoice.tenant_id = line.tenant_id AND invoice.id = line.invoice_id
            LEFT JOIN credited ON credited.line_id = line.id
            LEFT JOIN drawn ON drawn.prepaid_id = prepaid.id
            WHERE prepaid.tenant_id = %(tenant)s
            ORDER BY prepaid.id
            """,
            {"tenant": current_tenant_id()},
        )
        for pk, number, is_anothers, is_over, is_elsewhere in cursor.fetchall():
            check.looked_at += 1
            named = f"prepaid hours {pk} ({number or 'draft'})"
            if is_anothers:
                check.faults.append(f"{named}: their invoice is another customer's")
            if is_over:
                check.faults.append(f"{named}: more is drawn than was bought")
            if is_elsewhere:
                check.faults.append(f"{named}: hours are drawn that they do not cover")
    return check


def check_archive() -> Check:
    """What the archive searches and sums is what the documents say."""
    found = check_index()
    return Check(
        "archive",
        looked_at=found.looked_at,
        faults=[
            f"document {pk}: its row in the archive is out of date; manage.py rebuild_archive"
            for pk in found.differing
        ],
    )


# What triggers alone hold together; see docs/development.md, "References in sets".
REFERENCES_IN_SETS = (
    (Source, "line"),
    (Source, "time_entry"),
    (InvoiceLine, "invoice"),
    (InvoiceLine, "addition"),
    (InvoiceLine, "tax_rate"),
)


def check_references() -> Check:
    """No line and no source refers to something that is not there."""
    check = Check("references")
    with connection.cursor() as cursor:
        for model, name in REFERENCES_IN_SETS:
            key = model._meta.get_field(name)
            assert isinstance(key, ForeignKey)
            target = key.related_model
            cursor.execute(
                f"""
                SELECT count(*), count(*) FILTER (WHERE target.id IS NULL)
                FROM {model._meta.db_table} referring
                LEFT JOIN {target._meta.db_table} target
                    ON target.tenant_id = referring.tenant_id
                    AND target.id = referring.{key.column}
                WHERE referring.tenant_id = %s AND referring.{key.column} IS NOT NULL
                """,  # noqa: S608 - names of our own tables and columns
                [current_tenant_id()],
            )
            count, missing = cursor.fetchone()
            check.looked_at += count
            if missing:
                what = f"{model._meta.verbose_name} of a {target._meta.verbose_name}"
                check.faults.append(f"{what}: {missing} refer to nothing")
    return check
