"""`manage.py post_invoices --tenant acme 12 15` or `--all-drafts`."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.money import round_money
from invoicing.documents.storing import store_invoice_pdf
from invoicing.domain.handing_over import post_or_hand_over
from invoicing.domain.posting import post_invoices
from invoicing.errors import ApproverMissing, PostingRefused
from invoicing.management.reporting import progress_bar, show_table
from invoicing.models import Invoice
from invoicing.numbers_elsewhere import giver
from tenants.commands import UNUSABLE, counted, named_actor, named_tenant
from tenants.models import Tenant, User
from tenants.roles import Permission
from tenants.scope import tenant_scope

REFUSED = 1
AT_ONCE = 100


@dataclass(frozen=True)
class Outcome:
    invoice: Invoice
    refused: str = ""
    # Who gives it its number; then it is posted later.
    giver: str = ""


class _TakenBack(Exception):
    """Rolls a trial back."""


class Command(BaseCommand):
    help = (
        "Post drafts: number, freeze and book them. Their PDFs are made by the worker. Where"
        " another system numbers the invoices, they are handed over and posted with its number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="the drafts, as in their addresses")
        parser.add_argument("--tenant", required=True, help="the company, as in its address")
        parser.add_argument("--all-drafts", action="store_true", help="all drafts there are")
        parser.add_argument("--user", metavar="E-MAIL", help="the member in whose name it is done")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="help to make the PDFs, and return once all of them are stored",
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what would be, exactly")
        parser.add_argument("--json", action="store_true", help="print JSON and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = named_tenant(options["tenant"])
        actor = None
        if options["user"]:
            actor = named_actor(
                options["user"], tenant, to="post invoices", permission=Permission.POST_INVOICE
            )
        elif tenant.four_eyes:
            raise CommandError(f"{ApproverMissing()} Give --user E-MAIL.", returncode=UNUSABLE)
        with tenant_scope(tenant.pk):
            ids = _drafts(options["ids"], every=options["all_drafts"])
        quiet, is_trial = options["json"], options["dry_run"]
        outcomes = _post(tenant, ids, actor, is_trial=is_trial, quiet=quiet)
        posted = [one.invoice for one in outcomes if not (one.refused or one.giver)]
        if quiet:
            self.stdout.write(json.dumps([_as_json(one) for one in outcomes], indent=2))
        else:
            self._tell(outcomes, is_trial=is_trial)
        if options["wait"] and not is_trial:
            _make_documents(tenant, posted, quiet=quiet)
            if posted and not quiet:
                self.stdout.write(f"Stored: {counted(len(posted), 'PDF', 'PDFs')}.")
        if any(outcome.refused for outcome in outcomes):
            sys.exit(REFUSED)

    def _tell(self, outcomes: Sequence[Outcome], *, is_trial: bool) -> None:
        if not outcomes:
            self.stdout.write("There are no drafts to post.")
            return
        show_table(
            self.stdout,
            ["Draft", "Customer", "Invoice date", "Gross", "Result"],
            [_row(outcome, is_trial=is_trial) for outcome in outcomes],
            right=("Draft", "Gross"),
        )
        numbers = [str(one.invoice.number) for one in outcomes if not (one.refused or one.giver)]
        handed = [outcome.giver for outcome in outcomes if outcome.giver]
        refused = sum(bool(outcome.refused) for outcome in outcomes)
        if numbers:
            verb = "Would post" if is_trial else "Posted"
            count = counted(len(numbers), "invoice", "invoices")
            told = numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
            self.stdout.write(self.style.SUCCESS(f"{verb} {count}: {told}."))
        if handed:
            verb = "Would hand over" if is_trial else "Handed over"
            self.stdout.write(
                self.style.SUCCESS(
                    f"{verb} {counted(len(handed), 'draft', 'drafts')} to {handed[0]}: each is"
                    " posted with the number that it gets there."
                )
            )
        if refused:
            self.stderr.write(f"Left as they are: {counted(refused, 'draft', 'drafts')}.")


def _post(
    tenant: Tenant, ids: Sequence[int], actor: User | None, *, is_trial: bool, quiet: bool
) -> list[Outcome]:
    """By the hundred; where one of a hundred is refused, they go one by one.

    A trial is one transaction, so that the numbers it tells follow each other.
    """
    outcomes: list[Outcome] = []
    with progress_bar(hidden=quiet) as progress:
        bar = progress.add_task("Posting", total=len(ids))
        try:
            with tenant_scope(tenant.pk) if is_trial else nullcontext():
                for start in range(0, len(ids), AT_ONCE):
                    some = ids[start : start + AT_ONCE]
                    outcomes += _posted(tenant, some, actor)
                    progress.advance(bar, len(some))
                if is_trial:
                    raise _TakenBack
        except _TakenBack:
            pass
    return outcomes


def _posted(tenant: Tenant, ids: Sequence[int], actor: User | None) -> list[Outcome]:
    with tenant_scope(tenant.pk):
        is_elsewhere = giver() is not None
    if is_elsewhere:
        return [_last_step(tenant, pk, actor) for pk in ids]
    try:
        with tenant_scope(tenant.pk):
            return [Outcome(invoice) for invoice in post_invoices(ids, actor=actor)]
    except PostingRefused as refusal:
        if len(ids) > 1:
            return [outcome for pk in ids for outcome in _posted(tenant, [pk], actor)]
        return [_left(tenant, ids[0], refusal)]


def _last_step(tenant: Tenant, pk: int, actor: User | None) -> Outcome:
    """Handed over to where it gets its number; what is numbered here is posted."""
    try:
        with tenant_scope(tenant.pk):
            done = post_or_hand_over(Invoice.objects.get(pk=pk), actor=actor)
            return Outcome(done, giver=done.number_giver if done.is_draft else "")
    except DomainError as refusal:
        return _left(tenant, pk, refusal)


def _left(tenant: Tenant, pk: int, refusal: DomainError) -> Outcome:
    with tenant_scope(tenant.pk):
        left = Invoice.objects.filter(pk=pk).first()
    return Outcome(left or Invoice(pk=pk, tenant=tenant), str(refusal))


def _make_documents(tenant: Tenant, posted: Sequence[Invoice], *, quiet: bool) -> None:
    """From the end, so as to meet the workers, which begin at the front."""
    with progress_bar(hidden=quiet) as progress:
        for invoice in progress.track(
            list(reversed(posted)), total=len(posted), description="PDFs"
        ):
            store_invoice_pdf(tenant.pk, invoice.pk)


def _row(outcome: Outcome, *, is_trial: bool) -> list[str]:
    invoice = outcome.invoice
    if outcome.giver:
        result = f"would be created in {outcome.giver}" if is_trial else "waits for its number"
    else:
        result = f"would be {invoice.number}" if is_trial else str(invoice.number)
    return [
        str(invoice.pk),
        invoice.billing_name,
        invoice.issue_date.isoformat() if invoice.issue_date else "",
        _gross(invoice),
        outcome.refused or result,
    ]


def _gross(invoice: Invoice) -> str:
    if not invoice.currency:
        return ""
    return f"{round_money(invoice.gross_total, invoice.currency)} {invoice.currency}"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    invoice = outcome.invoice
    return {
        "draft": invoice.pk,
        "customer": invoice.billing_name,
        "outcome": _word(outcome),
        "reason": outcome.refused,
        "number": invoice.number if _word(outcome) == "posted" else None,
        "currency": invoice.currency,
        "gross": _gross(invoice).partition(" ")[0] or None,
    }


def _word(outcome: Outcome) -> str:
    if outcome.refused:
        return "refused"
    return "handed over" if outcome.giver else "posted"


def _drafts(ids: Sequence[int], *, every: bool) -> list[int]:
    """In the order in which they are numbered."""
    if bool(ids) == every:
        raise CommandError("Name the drafts, or give --all-drafts.", returncode=UNUSABLE)
    drafts = Invoice.objects.filter(status=Invoice.Status.DRAFT).order_by("issue_date", "pk")
    if every:
        # What waits for its number already goes on by itself.
        return list(drafts.filter(number_giver="").values_list("pk", flat=True))
    found = list(drafts.filter(pk__in=ids).values_list("pk", flat=True))
    if missing := sorted(set(ids) - set(found)):
        numbers = dict(Invoice.objects.filter(pk__in=missing).values_list("pk", "number"))
        told = [
            f"{pk} is posted already as {numbers[pk]}" if pk in numbers else f"{pk} does not exist"
            for pk in missing
        ]
        raise CommandError(f"Nothing was posted: {', '.join(told)}.", returncode=UNUSABLE)
    return found
