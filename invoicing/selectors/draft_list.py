"""Drafts as a list shows them: what they are about, and what speaks against posting them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.domain import four_eyes
from invoicing.domain.posting import refusals, seller_refusal
from invoicing.einvoices.before_posting import marks_of
from invoicing.errors import DraftHandedOver, PostingRefused
from invoicing.models import Invoice, Source
from invoicing.selectors.archive import archived
from tenants.einvoices import EInvoiceFindings
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission


class DraftState(TextChoices):
    FIT = "fit", gettext_lazy("Can be posted")
    STUCK = "stuck", gettext_lazy("Cannot be posted")
    UNLOCKED = "unlocked", gettext_lazy("Hours not locked")
    NO_EMAIL = "no-email", gettext_lazy("No e-mail address")


@dataclass(frozen=True)
class Remark:
    """`short` stands in the row, `sentence` says what to do; one that stops, stops the posting."""

    short: str
    sentence: str
    stops: bool = False


def listed_drafts(membership: Membership, *, on: date) -> QuerySet[Invoice]:
    """The drafts this person may see, with what the columns of the list need."""
    hours = Source.objects.filter(line__invoice=OuterRef("pk"), released_at=None)
    return (
        archived(membership, on=on)
        .filter(status=Invoice.Status.DRAFT)
        .select_related("project", "created_by")
        .annotate(has_unlocked=Exists(hours.filter(time_entry__is_locked=False)))
    )


def poster_of(membership: Membership, user: User) -> User | None:
    """Who would post what this person sees in a list, if they may."""
    return user if membership.may(Permission.POST_INVOICE) else None


def in_state(
    drafts: QuerySet[Any], state: DraftState, tenant: Tenant, *, by: User | None
) -> QuerySet[Any]:
    """`by` is who would post them, if the reader may."""
    if state == DraftState.UNLOCKED:
        return drafts.filter(has_unlocked=True)
    if state == DraftState.NO_EMAIL:
        return drafts.filter(contact_email="")
    # What can be posted is a rule of posting and no column.
    stuck = set(_refusals(list(drafts), tenant=tenant, by=by))
    if state == DraftState.FIT:
        return drafts.none() if seller_refusal(tenant) else drafts.exclude(pk__in=stuck)
    return drafts if seller_refusal(tenant) else drafts.filter(pk__in=stuck)


def _refusals(
    drafts: Collection[Any], *, tenant: Tenant, by: User | None
) -> dict[int, PostingRefused]:
    others = four_eyes.refusals(drafts, tenant=tenant, actor=by) if by else {}
    return {**others, **refusals(drafts)}


def remarks_on(
    drafts: Collection[Any], *, on: date, tenant: Tenant, by: User | None
) -> dict[int, list[Remark]]:
    """By draft, what stops the posting first. As many statements for one as for a thousand."""
    refused = _refusals(drafts, tenant=tenant, by=by)
    marks = marks_of(drafts, tenant)
    waits = tenant.einvoice_findings == EInvoiceFindings.REFUSE
    found = {}
    for draft in drafts:
        remarks = []
        if draft.number_giver:
            waiting = DraftHandedOver(invoice=draft, giver=draft.number_giver)
            remarks.append(Remark(str(waiting.short), str(waiting)))
        if refusal := refused.get(draft.pk):
            remarks.append(Remark(str(refusal.short), str(refusal), stops=True))
        if marks.get(draft.pk):
            remarks.append(_about_einvoice(stops=waits))
        if draft.has_unlocked:
            remarks.append(
                Remark(
                    _("Hours not locked"),
                    _("Hours on this draft are not locked by the people who worked them."),
                )
            )
        if not draft.contact_email:
            remarks.append(
                Remark(
                    _("No e-mail address"),
                    _("Without an e-mail address the invoice cannot be sent by e-mail."),
                )
            )
        if draft.due_date < on and not draft.is_credit_note:
            remarks.append(
                Remark(_("Due date passed"), _("The due date is over. Change the dates."))
            )
        found[draft.pk] = remarks
    return found


def _about_einvoice(*, stops: bool) -> Remark:
    sentence = (
        _("Its e-invoice would not be right, and such drafts wait. Open it to see why.")
        if stops
        else _("It would get no e-invoice, only a PDF. Open it to see why.")
    )
    return Remark(_("E-invoice not right"), sentence, stops=stops)
