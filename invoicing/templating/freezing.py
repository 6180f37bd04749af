"""What a document keeps of its template when it is posted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from invoicing.models import Invoice
from invoicing.templating.choosing import STANDARD, Chosen, chosen_for, paper_of
from invoicing.templating.fields import own_fields
from invoicing.templating.own_values import own_values


@dataclass(frozen=True)
class Paper:
    chosen: Chosen
    frozen: dict[str, Any]


def papers_of(invoices: Sequence[Invoice], *, has_choices: bool) -> dict[int, Paper]:
    """By document. Nothing is asked where the company has not chosen any template (`has_choices`)
    and the documents name none."""
    if not has_choices and not any(invoice.template_id for invoice in invoices):
        return {invoice.pk: Paper(STANDARD, {}) for invoice in invoices}
    chosen = chosen_for(invoices)
    uploads = [one for one in invoices if chosen[one.pk].is_upload]
    found = own_fields() if uploads else []
    if found:
        prefetch_related_objects(uploads, "customer", "project")
    own = {one.pk: own_values(one, found) for one in uploads}
    return {
        pk: Paper(template, paper_of(template, own.get(pk, {}))) for pk, template in chosen.items()
    }


def keep_paper(invoice: Invoice, paper: Paper) -> None:
    """Not saved yet: posting writes many in one statement."""
    invoice.template, invoice.template_version = paper.chosen.template, paper.chosen.version
    invoice.paper = paper.frozen
