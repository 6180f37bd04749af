"""What of exports and payments there waits for a person, for the place where the day begins."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import ngettext

from integrations.models import Connection, Export, PaymentThere
from invoicing.exported import Need
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership
from tenants.roles import Permission

TO_SEE_TO = Q(seen_at=None) & ~Q(sentence="")


@dataclass(frozen=True)
class Needs:
    """Counts; `troubles` are the connections that let nothing through, with the sentence why."""

    failed: int = 0
    by_hand: int = 0
    payments: int = 0
    troubles: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.failed or self.by_hand or self.payments or self.troubles)


def needs_of_the_company() -> Needs:
    """All of it: for who manages the connections."""
    return Needs(
        Export.objects.filter(status=Export.Status.FAILED).count(),
        Export.objects.filter(status=Export.Status.BY_HAND).count(),
        PaymentThere.objects.filter(TO_SEE_TO).count(),
        tuple(
            Connection.objects.filter(is_active=True)
            .exclude(trouble="")
            .order_by("name", "pk")
            .values_list("name", "trouble")
        ),
    )


def hints(membership: Membership) -> list[Need]:
    """For the dashboard: what the person may see of it, each with where it is seen to."""
    may = membership.may
    if not (may(Permission.VIEW_EXPORTS) or may(Permission.MANAGE_INTEGRATIONS)):
        return []
    if not Connection.objects.exists():
        return []
    visible = visible_invoices(membership)
    waiting = Export.objects.filter(invoice__in=visible)
    found = []
    for_people = waiting.filter(status__in=[Export.Status.FAILED, Export.Status.BY_HAND])
    counts = dict(for_people.order_by().values_list("status").annotate(count=Count("pk")))
    failed, by_hand = (counts.get(one, 0) for one in (Export.Status.FAILED, Export.Status.BY_HAND))
    money = PaymentThere.objects.filter(TO_SEE_TO, export__invoice__in=visible).count()
    exports = reverse("integrations:export_list")
    if failed:
        text = ngettext(
            "%(count)s document did not get into accounting and needs attention.",
            "%(count)s documents did not get into accounting and need attention.",
            failed,
        )
        found.append(Need(text % {"count": failed}, f"{exports}?state=attention"))
    if by_hand:
        text = ngettext(
            "%(count)s document is to be entered in the accounting system by hand.",
            "%(count)s documents are to be entered in the accounting system by hand.",
            by_hand,
        )
        found.append(Need(text % {"count": by_hand}, f"{exports}?state=by_hand"))
    if money:
        text = ngettext(
            "%(count)s payment in the accounting system needs attention.",
            "%(count)s payments in the accounting system need attention.",
            money,
        )
        found.append(Need(text % {"count": money}, reverse("integrations:payment_list")))
    return found
