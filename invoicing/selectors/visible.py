"""Which documents and projects a person may see, and of which they may make drafts."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from customers.models import Project
from invoicing.models import DocumentKind, Invoice, Source
from tenants.models import Membership
from tenants.roles import Permission


def visible_invoices(membership: Membership) -> QuerySet[Invoice]:
    """All, or those about nothing but the person's own projects."""
    invoices: QuerySet[Invoice] = Invoice.objects.all()
    if membership.may(Permission.VIEW_INVOICE):
        return invoices
    if not membership.may(Permission.VIEW_PROJECT_INVOICE):
        return invoices.none()
    return _about_own(invoices, membership)


def editable_drafts(membership: Membership) -> QuerySet[Invoice]:
    """The drafts of invoices this person sees and may change."""
    drafts = visible_invoices(membership).filter(
        status=Invoice.Status.DRAFT, kind=DocumentKind.INVOICE
    )
    if membership.may(Permission.CREATE_INVOICE):
        return drafts
    if membership.may(Permission.CREATE_PROJECT_INVOICE):
        return _about_own(drafts, membership)
    return drafts.none()


def discardable(membership: Membership) -> QuerySet[Invoice]:
    """Drafts, discarded or not, that this person makes and so discards and brings back."""
    makes = Q(pk__in=[])
    if membership.may(Permission.CREATE_INVOICE):
        makes = Q(kind=DocumentKind.INVOICE)
    elif membership.may(Permission.CREATE_PROJECT_INVOICE):
        makes = Q(kind=DocumentKind.INVOICE) & _is_about_own(membership)
    if membership.may(Permission.CREDIT_INVOICE):
        makes |= Q(kind=DocumentKind.CREDIT_NOTE)
    return visible_invoices(membership).filter(makes).exclude(status=Invoice.Status.POSTED)


def may_edit_draft(membership: Membership, draft: Invoice) -> bool:
    """Of a draft this person sees. Asks only where one sees all and makes those of own projects.

    One that waits for its number elsewhere is changed by nobody.
    """
    if draft.number_giver:
        return False
    if membership.may(Permission.CREATE_INVOICE):
        return True
    if not membership.may(Permission.CREATE_PROJECT_INVOICE):
        return False
    sees_own_only = not membership.may(Permission.VIEW_INVOICE)
    return sees_own_only or editable_drafts(membership).filter(pk=draft.pk).exists()


def _about_own(invoices: QuerySet[Invoice], membership: Membership) -> QuerySet[Invoice]:
    return invoices.filter(_is_about_own(membership))


def _is_about_own(membership: Membership) -> Q:
    """The keys of documents are found once for all of them: asked for each document by itself,
    PostgreSQL reads all work again wherever it guesses badly."""
    own = Project.objects.filter(manager=membership).values("pk")
    work = Source.objects.order_by()
    hours = work.filter(time_entry__isnull=False)
    charges = work.filter(charge__isnull=False)
    with_own = [
        hours.filter(time_entry__project__in=own),
        charges.filter(charge__project__in=own),
    ]
    with_others = [
        hours.exclude(time_entry__project__in=own),
        charges.exclude(charge__project__in=own),
    ]
    is_own, is_others = (
        reduce(or_, (Q(pk__in=found.values("line__invoice")) for found in parts))
        for parts in (with_own, with_others)
    )
    return (Q(project__in=own) | (Q(project=None) & is_own)) & ~is_others


def invoiceable_projects(membership: Membership) -> QuerySet[Project]:
    """The projects whose work this person sees under "ready to invoice"."""
    return _narrowed(membership, Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)


def draftable_projects(membership: Membership) -> QuerySet[Project]:
    """The projects of whose work this person may make drafts."""
    return _narrowed(membership, Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)


def _narrowed(membership: Membership, every: Permission, own: Permission) -> QuerySet[Project]:
    projects: QuerySet[Project] = Project.objects.all()
    if membership.may(every):
        return projects
    if membership.may(own):
        return projects.filter(manager=membership)
    return projects.none()
