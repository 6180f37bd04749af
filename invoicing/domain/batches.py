"""Drafts of everything that is open in a period, a piece of work for each."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.periods import Period
from customers.models import Customer, Project
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.drafting import draft_work
from invoicing.models import Invoice
from tenants.models import User
from tenants.scope import current_tenant_id
from timesheets.models import Charge

type Grouping = Literal["project", "customer"]


@dataclass(frozen=True)
class Piece:
    """Open billable work of a period that one draft is made of; `is_loose`: with what the customer
    has without a project."""

    customer: Customer
    projects: list[Project]
    minutes: int
    is_locked: bool  # wholly
    is_loose: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a piece, or would: a draft, or the reason why there is none."""

    piece: Piece
    draft: Invoice | None = None
    lines: int = 0
    skipped: str = ""
    failed: str = ""

    @property
    def net(self) -> Decimal | None:
        return self.draft.net_total if self.draft else None

    @property
    def gross(self) -> Decimal | None:
        return self.draft.gross_total if self.draft else None


class _TakenBack(Exception):
    """Rolls a trial back."""


def pieces_of(
    period: Period, *, by: Grouping, customer_ids: Collection[int] | None = None
) -> list[Piece]:
    """By the names of customers and projects. None of `customer_ids`: every customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT project_id, sum(minutes), bool_and(is_locked)
            FROM timesheets_timeentry
            WHERE tenant_id = %s AND work_date BETWEEN %s AND %s
                AND is_billable AND billing_state = 'open'
            GROUP BY project_id
            """,
            [current_tenant_id(), period.start, period.end],
        )
        sums = {project_id: (minutes, locked) for project_id, minutes, locked in cursor.fetchall()}
    open_charges = Charge.objects.filter(
        charge_date__range=(period.start, period.end), is_billable=True, billing_state="open"
    ).order_by()
    charged = open_charges.values_list("project_id", "customer_id").distinct()
    loose_ids = set()
    for project_id, customer_id in charged:
        if project_id is None:
            loose_ids.add(customer_id)
        else:
            sums.setdefault(project_id, (0, True))
    projects = Project.objects.select_related("customer").filter(pk__in=sums)
    if customer_ids is not None:
        projects = projects.filter(customer__in=customer_ids)
    grouped: dict[int, list[Project]] = {}
    for project in projects.order_by("customer__name", "customer_id", "name", "pk"):
        key = project.pk if by == "project" else project.customer_id
        grouped.setdefault(key, []).append(project)
    pieces = [
        Piece(
            customer=found[0].customer,
            projects=found,
            minutes=sum(sums[project.pk][0] for project in found),
            is_locked=all(sums[project.pk][1] for project in found),
            is_loose=by == "customer" and found[0].customer_id in loose_ids,
        )
        for found in grouped.values()
    ]
    return _with_loose(pieces, loose_ids, customer_ids)


def _with_loose(
    pieces: list[Piece], loose_ids: Collection[int], customer_ids: Collection[int] | None
) -> list[Piece]:
    """With a piece for each customer whose charges without a project come with no other."""
    lacking = set(loose_ids) - {piece.customer.pk for piece in pieces if piece.is_loose}
    if customer_ids is not None:
        lacking &= set(customer_ids)
    if not lacking:
        return pieces
    alone = [
        Piece(customer=customer, projects=[], minutes=0, is_locked=True, is_loose=True)
        for customer in Customer.objects.filter(pk__in=lacking).order_by("name", "pk")
    ]
    return sorted([*pieces, *alone], key=lambda piece: (piece.customer.name, piece.customer.pk))


def draft_piece(
    piece: Piece,
    period: Period,
    *,
    actor: User | None,
    options: LineOptions = STANDARD,
    only_locked: bool = False,
    is_trial: bool = False,
) -> Outcome:
    """Make the draft in a transaction of its own. A trial makes it too, and takes it back, so that
    it tells exactly what would be."""
    if only_locked and not piece.is_locked:
        return Outcome(piece, skipped=_("Not all hours are locked."))
    made: list[Invoice] = []
    lines = 0
    try:
        with transaction.atomic():
            draft = draft_work(
                start=period.start,
                end=period.end,
                actor=actor,
                project_ids=[project.pk for project in piece.projects],
                loose_of=piece.customer.pk if piece.is_loose else None,
                allow_unlocked=True,
                options=options,
            )
            made.append(draft)
            lines = draft.lines.count()
            if is_trial:
                raise _TakenBack
    except _TakenBack:
        pass
    except DomainError as refusal:
        return Outcome(piece, failed=str(refusal))
    return Outcome(piece, draft=made[0], lines=lines)


def customers_of(numbers: Collection[str]) -> Iterator[tuple[str, Customer | None]]:
    """Each customer number with its customer, None where there is none."""
    found = {customer.number: customer for customer in Customer.objects.filter(number__in=numbers)}
    for number in numbers:
        yield number, found.get(number)
