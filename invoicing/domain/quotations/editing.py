"""A quotation until it goes out: begun, saved, copied, revised, deleted."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.models import Customer, Project
from invoicing import quotation_errors as errors
from invoicing.domain.amounts import totals
from invoicing.domain.editing import LineEdit
from invoicing.domain.lines import MOST_TOTAL, price_line
from invoicing.models import Quotation, QuotationLine
from tenants.audit import changes_to, log
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

VALID_FOR = timedelta(days=30)
HEAD = (
    "customer", "project", "title", "introduction", "terms", "language", "currency", "issue_date",
    "valid_until", "internal_note",
)  # fmt: skip
_LINE = (
    "position", "kind", "text", "quantity", "unit", "unit_price", "discount_percent", "tax_rate",
    "tax_percent", "tax_category", "account", "product", "net",
)  # fmt: skip


@transaction.atomic
def begin_quotation(
    *,
    customer: Customer,
    actor: User | None,
    project: Project | None = None,
    title: str = "",
    today: date | None = None,
) -> Quotation:
    """A draft, filled in from the customer, with the terms of the last one that was written."""
    today = today or timezone.localdate()
    last = Quotation.objects.exclude(terms="").filter(language=customer.language)
    quotation = Quotation(
        number=_next_number(today.year),
        customer=customer,
        project=project,
        title=title or (project.name if project else str(customer)),
        terms=last.order_by("-pk").values_list("terms", flat=True).first() or "",
        language=customer.language,
        currency=customer.currency,
        issue_date=today,
        valid_until=today + VALID_FOR,
        created_by=actor,
        changed_by=actor,
    )
    _check(quotation)
    quotation.save(force_insert=True)
    log("quotation.begun", quotation, actor=actor, customer=customer.name)
    return quotation


@transaction.atomic
def save_quotation(
    quotation_id: int,
    *,
    seen: int,
    values: Mapping[str, Any],
    lines: Sequence[LineEdit],
    actor: User | None,
) -> Quotation:
    """Make the draft what the form says; `seen` is the count of changes the form was made from."""
    quotation = held_draft(quotation_id)
    if quotation.changes_count != seen:
        raise errors.QuotationChanged(
            who=quotation.changed_by, reader=actor, at=quotation.changed_at
        )
    assert not set(values) - {*HEAD}
    changes = changes_to(quotation, dict(values))
    _check(quotation)
    made = [_line(quotation, edit, place) for place, edit in enumerate(lines, start=1)]
    before = [_content(line) for line in quotation.lines.all()]
    if [_content(line) for line in made] != before:
        changes["lines"] = [str(len(before)), str(len(made))]
    if not changes:
        return quotation
    _write_lines(quotation, made)
    quotation.changes_count += 1
    quotation.changed_by = actor
    quotation.save()
    log("quotation.changed", quotation, actor=actor, changes=changes)
    return quotation


@transaction.atomic
def copy_quotation(quotation_id: int, *, actor: User | None) -> Quotation:
    """A new quotation with the same contents and its own number, for today."""
    old = Quotation.objects.select_related("customer").get(pk=quotation_id)
    today = timezone.localdate()
    return _again(old, actor=actor, number=_next_number(today.year), version=1, previous=None)


@transaction.atomic
def revise_quotation(quotation_id: int, *, actor: User | None) -> Quotation:
    """The next version under the same number. The one before stays as it went out, and can be
    accepted no more."""
    old = held_quotation(quotation_id)
    if old.is_draft:
        raise errors.QuotationIsNoDraft(quotation=old.label, state=state_words(old))
    if old.revisions.exists():
        raise errors.RevisedAlready(quotation=old.label)
    if old.status == Quotation.Status.ACCEPTED:
        raise errors.NotOpenToDecide(quotation=old.label, state=state_words(old))
    if old.status == Quotation.Status.SENT:
        old.status = Quotation.Status.REPLACED
        old.save(update_fields=["status", "changed_at"])
    return _again(old, actor=actor, number=old.number, version=old.version + 1, previous=old)


@transaction.atomic
def delete_quotation(quotation_id: int, *, actor: User | None) -> None:
    """A draft that nobody has seen outside; its number is not given again."""
    quotation = held_draft(quotation_id)
    log("quotation.deleted", quotation, actor=actor)
    previous = quotation.previous
    quotation.delete()
    if previous is not None and previous.status == Quotation.Status.REPLACED:
        previous.status = Quotation.Status.SENT
        previous.save(update_fields=["status", "changed_at"])


def held_quotation(quotation_id: int) -> Quotation:
    """The quotation, locked until the end of the transaction."""
    found: Quotation | None = (
        Quotation.objects.select_related("customer", "project", "changed_by")
        .select_for_update(of=("self",))
        .filter(pk=quotation_id)
        .first()
    )
    if found is None:
        raise errors.QuotationGone
    return found


def held_draft(quotation_id: int) -> Quotation:
    quotation = held_quotation(quotation_id)
    if not quotation.is_draft:
        raise errors.QuotationWentOut(quotation=quotation.label)
    return quotation


def state_words(quotation: Quotation) -> str:
    """As it stands inside a sentence."""
    return str(quotation.state_on(timezone.localdate()).label).lower()


def _again(
    old: Quotation, *, actor: User | None, number: str, version: int, previous: Quotation | None
) -> Quotation:
    today = timezone.localdate()
    copied = {name: getattr(old, name) for name in HEAD if name not in ("project",)}
    quotation = Quotation(
        **copied | {"issue_date": today, "valid_until": today + (old.valid_until - old.issue_date)},
        project=old.project,
        number=number,
        version=version,
        previous=previous,
        created_by=actor,
        changed_by=actor,
    )
    quotation.save(force_insert=True)
    lines = [
        QuotationLine(quotation=quotation, **{name: getattr(line, name) for name in _LINE})
        for line in old.lines.select_related("tax_rate", "product")
    ]
    for line in lines:
        # The rate itself may say something else by now.
        price_line(line, currency=quotation.currency)
    _write_lines(quotation, lines)
    quotation.save()
    log("quotation.begun", quotation, actor=actor, copy_of=old.label)
    return quotation


def _line(quotation: Quotation, edit: LineEdit, place: int) -> QuotationLine:
    is_item = edit.kind == QuotationLine.Kind.ITEM
    line = QuotationLine(
        quotation=quotation,
        position=place,
        kind=edit.kind,
        text=edit.text,
        quantity=edit.quantity,
        unit=edit.unit,
        unit_price=edit.unit_price,
        discount_percent=edit.discount_percent,
        account=edit.account,
        tax_rate=edit.tax_rate if is_item else None,
        product=edit.product if is_item else None,
    )
    price_line(line, currency=quotation.currency)
    return line


def _content(line: QuotationLine) -> tuple[Any, ...]:
    numbers = (line.quantity, line.unit_price, line.discount_percent, line.net)
    return (
        line.kind, line.text, line.unit, line.tax_rate_id, line.account, line.product_id,
        *(number.normalize() for number in numbers),
    )  # fmt: skip


def _write_lines(quotation: Quotation, lines: Sequence[QuotationLine]) -> None:
    """Replace all of them, and sum them up; the quotation is not saved."""
    sums = totals([one for one in lines if one.kind == "item"], quotation.currency)
    if sums.gross >= MOST_TOTAL:
        raise errors.QuotationTooLarge
    quotation.lines.all().delete()
    QuotationLine.objects.bulk_create(lines)
    quotation.net_total, quotation.tax_total, quotation.gross_total = sums.net, sums.tax, sums.gross


def _check(quotation: Quotation) -> None:
    if not quotation.title.strip():
        raise errors.QuotationTitleMissing
    if quotation.valid_until < quotation.issue_date:
        raise errors.ValidBeforeItsDay
    project = quotation.project
    if project is not None and project.customer_id != quotation.customer_id:
        raise errors.ProjectOfAnotherCustomer(project=project, customer=project.customer)


def _next_number(year: int) -> str:
    """Counted per company and year; a number is given once, also when its draft is deleted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO invoicing_quotationcounter AS counter (tenant_id, year, last)
            VALUES (%s, %s, 1)
            ON CONFLICT (tenant_id, year) DO UPDATE SET last = counter.last + 1
            RETURNING last
            """,
            [current_tenant_id(), year],
        )
        return f"Q-{year}-{cursor.fetchone()[0]:04d}"


def company() -> Tenant:
    found: Tenant = Tenant.objects.get(pk=current_tenant_id())
    return found
