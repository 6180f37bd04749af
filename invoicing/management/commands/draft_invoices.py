"""`manage.py draft_invoices --tenant acme --period 2026-10 --by customer`."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.money import round_money
from core.periods import Period, parse_period
from invoicing.domain.batches import Outcome, Piece, customers_of, draft_piece, pieces_of
from invoicing.domain.composing.options import Dimension, Level, LineOptions
from invoicing.management.reporting import progress_bar, show_table
from tenants.commands import UNUSABLE, counted, named_actor, named_tenant
from tenants.models import Tenant, User
from tenants.roles import Permission
from tenants.scope import tenant_scope

FAILED = 1


class Command(BaseCommand):
    help = "Make drafts of the open billable work of a period."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="the company, as in its address")
        parser.add_argument(
            "--period",
            required=True,
            type=_period,
            help="2026-10, 2026-W41, 2026-Q4, 2026-10-05 or two with .. between",
        )
        parser.add_argument(
            "--by", choices=["project", "customer"], default="project", help="a draft for each"
        )
        parser.add_argument(
            "--customer",
            action="append",
            metavar="NUMBER",
            help="only this customer, by its number; may be repeated",
        )
        parser.add_argument(
            "--level",
            type=_options,
            default=LineOptions(),
            help="entry, one, or one or two of project, person, task, day, week, month, rate with"
            " a comma between (project,person unless given)",
        )
        parser.add_argument(
            "--only-locked", action="store_true", help="skip work that is not wholly locked"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what would be, exactly")
        parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
        parser.add_argument("--user", metavar="E-MAIL", help="the member in whose name it is done")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = named_tenant(options["tenant"])
        actor = None
        if options["user"]:
            actor = named_actor(
                options["user"], tenant, to="make drafts", permission=Permission.CREATE_INVOICE
            )
        with tenant_scope(tenant.pk):
            customer_ids = _customers(options["customer"])
            pieces = pieces_of(options["period"], by=options["by"], customer_ids=customer_ids)
        outcomes = _draft(tenant, pieces, actor, options)
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(one) for one in outcomes], indent=2))
        else:
            self._tell(outcomes, is_trial=options["dry_run"])
        if any(outcome.failed for outcome in outcomes):
            sys.exit(FAILED)

    def _tell(self, outcomes: list[Outcome], *, is_trial: bool) -> None:
        if not outcomes:
            self.stdout.write("There is no open billable work in this period.")
            return
        show_table(
            self.stdout,
            ["Customer", "Projects", "Hours", "Lines", "Net", "Gross", "Result"],
            [_row(outcome, is_trial=is_trial) for outcome in outcomes],
            right=("Hours", "Lines", "Net", "Gross"),
        )
        made = sum(outcome.draft is not None for outcome in outcomes)
        skipped = sum(bool(outcome.skipped) for outcome in outcomes)
        failed = sum(bool(outcome.failed) for outcome in outcomes)
        verb = "Would make" if is_trial else "Made"
        sums = f"{verb} {counted(made, 'draft', 'drafts')}, skipped {skipped}, failed {failed}."
        self.stdout.write(self.style.ERROR(sums) if failed else self.style.SUCCESS(sums))


def _draft(
    tenant: Tenant, pieces: list[Piece], actor: User | None, options: dict[str, Any]
) -> list[Outcome]:
    """Each in a transaction of its own: what is made stays made, whatever follows."""
    outcomes = []
    with progress_bar(hidden=options["json"]) as progress:
        for piece in progress.track(pieces, description="Drafting"):
            with tenant_scope(tenant.pk):
                outcomes.append(
                    draft_piece(
                        piece,
                        options["period"],
                        actor=actor,
                        options=options["level"],
                        only_locked=options["only_locked"],
                        is_trial=options["dry_run"],
                    )
                )
    return outcomes


def _customers(numbers: list[str] | None) -> list[int] | None:
    if not numbers:
        return None
    ids, unknown = [], []
    for number, customer in customers_of(numbers):
        if customer is None:
            unknown.append(number)
        else:
            ids.append(customer.pk)
    if unknown:
        raise CommandError(f"No customer has the number {', '.join(unknown)}.", returncode=UNUSABLE)
    return ids


def _row(outcome: Outcome, *, is_trial: bool) -> list[str]:
    piece, draft = outcome.piece, outcome.draft
    result = outcome.failed or outcome.skipped
    if draft is not None:
        result = "would be a draft" if is_trial else f"draft {draft.pk}"
    return [
        f"{piece.customer.number} {piece.customer.name}",
        ", ".join(project.name for project in piece.projects),
        f"{piece.minutes // 60}:{piece.minutes % 60:02}",
        str(outcome.lines) if draft else "",
        _money(outcome.net, piece),
        _money(outcome.gross, piece),
        result,
    ]


def _money(amount: Decimal | None, piece: Piece) -> str:
    currency = piece.customer.currency
    return "" if amount is None else f"{round_money(amount, currency)} {currency}"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    piece, draft = outcome.piece, outcome.draft
    currency = piece.customer.currency
    return {
        "customer": piece.customer.number,
        "name": piece.customer.name,
        "projects": [{"id": project.pk, "name": project.name} for project in piece.projects],
        "minutes": piece.minutes,
        "is_locked": piece.is_locked,
        "outcome": "made" if draft else "skipped" if outcome.skipped else "failed",
        "reason": outcome.failed or outcome.skipped,
        "draft": draft.pk if draft else None,
        "lines": outcome.lines,
        "currency": currency,
        "net": str(round_money(draft.net_total, currency)) if draft else None,
        "gross": str(round_money(draft.gross_total, currency)) if draft else None,
    }


def _period(text: str) -> Period:
    try:
        return parse_period(text)
    except ValueError as wrong:
        raise ArgumentTypeError(f"{wrong}; give a period like 2026-10") from wrong


def _options(text: str) -> LineOptions:
    try:
        if text in (Level.ENTRY, Level.ONE):
            return LineOptions(level=Level(text), dimensions=())
        return LineOptions(dimensions=tuple(Dimension(name.strip()) for name in text.split(",")))
    except (ValueError, DomainError) as wrong:
        known = ", ".join(Dimension.values)
        raise ArgumentTypeError(f"give entry, one, or one or two of {known}") from wrong
