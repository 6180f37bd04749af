"""Another person posts than the one who drafted, where the company demands it.

Who worked on a draft is what the log says, not only who saved it last: whoever once had a hand in
what it says does not approve it, even after somebody else has saved it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Q

from invoicing import errors
from invoicing.models import Invoice
from tenants.models import AuditEntry, Membership, Tenant, User
from tenants.role_book import book_of
from tenants.roles import Permission

NAMED = 5


def refuse(invoices: Collection[Invoice], *, tenant: Tenant, actor: User | None) -> None:
    """Raise for the first that this person may not post; asks nothing where nothing is demanded."""
    if tenant.four_eyes:
        for refusal in refusals(invoices, tenant=tenant, actor=actor).values():
            raise refusal


def refusals(
    invoices: Collection[Invoice], *, tenant: Tenant, actor: User | None
) -> dict[int, errors.PostingRefused]:
    """Why this person may not post these drafts; those they may are not in it."""
    if not tenant.four_eyes or not invoices:
        return {}
    if actor is None:
        return {invoice.pk: errors.ApproverMissing() for invoice in invoices}
    editors = _editors(invoices)
    own = [invoice for invoice in invoices if actor.pk in editors[invoice.pk]]
    posters = _posters(tenant) if own else {}
    return {invoice.pk: _refusal(invoice, actor, editors[invoice.pk], posters) for invoice in own}


def _refusal(
    invoice: Invoice, actor: User, editors: Collection[int], posters: Mapping[int, str]
) -> errors.PostingRefused:
    others = [name for user_id, name in posters.items() if user_id not in editors]
    if not others:
        return errors.NobodyElsePosts(invoice=invoice, person=actor)
    shown = ", ".join(others[:NAMED]) + ("…" if len(others) > NAMED else "")
    return errors.AnotherMustPost(invoice=invoice, person=actor, names=shown)


def _editors(invoices: Collection[Invoice]) -> dict[int, set[int]]:
    """By document, the users who made it or changed anything about it."""
    found: dict[int, set[int]] = defaultdict(set)
    for invoice in invoices:
        found[invoice.pk] = {
            user_id for user_id in (invoice.created_by_id, invoice.changed_by_id) if user_id
        }
    told = AuditEntry.objects.filter(
        object_type=Invoice._meta.label_lower, object_id__in=list(found), actor__isnull=False
    )
    # Handing it over to be numbered elsewhere is what posting begins with.
    told = told.exclude(action="invoice.handed_over")
    for invoice_id, user_id in told.order_by().values_list("object_id", "actor_id").distinct():
        found[invoice_id].add(user_id)
    return found


def _posters(tenant: Tenant) -> dict[int, str]:
    """Who can sign in, find the drafts and post them, by name."""
    book = book_of(tenant.pk)
    seeing = set(book.keys_with(Permission.VIEW_INVOICE))
    roles = [key for key in book.keys_with(Permission.POST_INVOICE) if key in seeing]
    members = Membership.objects.filter(
        Q(user__is_active=True), tenant=tenant, is_active=True, role__in=roles
    )
    return dict(members.order_by("name", "pk").values_list("user_id", "name"))
