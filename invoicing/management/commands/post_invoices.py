"""`manage.py post_invoices --tenant acme 12 15` or `--all-drafts`."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from invoicing.documents.storing import store_invoice_pdf
from invoicing.domain.posting import post_invoices
from invoicing.errors import ApproverMissing, PostingRefused
from invoicing.models import Invoice
from tenants.commands import UNUSABLE, counted, named_actor, named_tenant
from tenants.models import Tenant, User
from tenants.roles import Permission
from tenants.scope import tenant_scope

REFUSED = 1
AT_ONCE = 100


class Command(BaseCommand):
    help = "Post drafts: number, freeze and book them. Their PDFs are made by the worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="the drafts, as in their addresses")
        parser.add_argument("--tenant", required=True, help="the company, as in its address")
        parser.add_argument("--all-drafts", action="store_true", help="all drafts there are")
        parser.add_argument("--by", metavar="E-MAIL", help="the member in whose name it is done")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="help to make the PDFs, and return once all of them are stored",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = named_tenant(options["tenant"])
        actor = None
        if options["by"]:
            actor = named_actor(
                options["by"], tenant, to="post invoices", permission=Permission.POST_INVOICE
            )
        elif tenant.four_eyes:
            raise CommandError(f"{ApproverMissing()} Give --by E-MAIL.", returncode=UNUSABLE)
        with tenant_scope(tenant.pk):
            ids = _drafts(options["ids"], every=options["all_drafts"])
        if not ids:
            self.stdout.write("There are no drafts to post.")
            return
        posted, refusals = self._post(tenant, ids, actor)
        if posted:
            first, last = posted[0].number, posted[-1].number
            numbers = str(first) if len(posted) == 1 else f"{first} to {last}"
            count = counted(len(posted), "invoice", "invoices")
            self.stdout.write(self.style.SUCCESS(f"Posted {count}: {numbers}."))
        for sentence in refusals:
            self.stderr.write(self.style.ERROR(sentence))
        if options["wait"]:
            self._make_documents(tenant, posted)
        if refusals:
            self.stderr.write(f"Left as they are: {counted(len(refusals), 'draft', 'drafts')}.")
            sys.exit(REFUSED)

    def _post(
        self, tenant: Tenant, ids: Sequence[int], actor: User | None
    ) -> tuple[list[Invoice], list[str]]:
        """By the hundred; where one of a hundred is refused, they go one by one."""
        posted: list[Invoice] = []
        refusals: list[str] = []
        with _progress() as progress:
            bar = progress.add_task("Posting", total=len(ids))
            for start in range(0, len(ids), AT_ONCE):
                some = ids[start : start + AT_ONCE]
                try:
                    posted += _posted(tenant, some, actor)
                except PostingRefused:
                    for pk in some:
                        try:
                            posted += _posted(tenant, [pk], actor)
                        except PostingRefused as refused:
                            refusals.append(f"{pk}: {refused}")
                progress.advance(bar, len(some))
        return posted, refusals

    def _make_documents(self, tenant: Tenant, posted: Sequence[Invoice]) -> None:
        """From the end, so as to meet the workers, which begin at the front."""
        with _progress() as progress:
            for invoice in progress.track(
                list(reversed(posted)), total=len(posted), description="PDFs"
            ):
                store_invoice_pdf(tenant.pk, invoice.pk)
        if posted:
            self.stdout.write(f"Stored: {counted(len(posted), 'PDF', 'PDFs')}.")


def _posted(tenant: Tenant, ids: Sequence[int], actor: User | None) -> list[Invoice]:
    with tenant_scope(tenant.pk):
        return post_invoices(ids, actor=actor)


def _drafts(ids: Sequence[int], *, every: bool) -> list[int]:
    """In the order in which they are numbered."""
    if bool(ids) == every:
        raise CommandError("Name the drafts, or give --all-drafts.", returncode=UNUSABLE)
    drafts = Invoice.objects.filter(status=Invoice.Status.DRAFT).order_by("issue_date", "pk")
    if every:
        return list(drafts.values_list("pk", flat=True))
    found = list(drafts.filter(pk__in=ids).values_list("pk", flat=True))
    if missing := sorted(set(ids) - set(found)):
        numbers = dict(Invoice.objects.filter(pk__in=missing).values_list("pk", "number"))
        told = [
            f"{pk} is posted already as {numbers[pk]}" if pk in numbers else f"{pk} does not exist"
            for pk in missing
        ]
        raise CommandError(f"Nothing was posted: {', '.join(told)}.", returncode=UNUSABLE)
    return found


def _progress() -> Progress:
    """On standard error; a log that is no terminal stays free of it."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
