"""What pages of this room and icons of others read."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, FilteredRelation, Max, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.links import LinkedSystem
from customers.models import Customer
from integrations.domain.numbered_there import hand_over
from integrations.filters import REASON, REASON_KEY, STATES, UNDER_WAY
from integrations.models import Connection, CustomerLink, Export
from integrations.ports import System
from integrations.registry import environment_of, system_of
from invoicing.domain.numbering.targets import Target
from invoicing.exported import Destination, Need, Place
from invoicing.numbers_elsewhere import Giver
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership
from tenants.rows import rows_of


def linked_systems(customer_ids: Collection[int]) -> dict[int, list[LinkedSystem]]:
    """The icons beside customers: where each of them is linked to."""
    found: dict[int, list[LinkedSystem]] = {}
    links = (
        CustomerLink.objects.filter(customer__in=customer_ids, connection__is_active=True)
        .order_by("connection__name", "pk")
        .values_list("customer_id", "connection__system", "connection__name", "remote_name")
    )
    for customer_id, key, connection, remote_name in links:
        system = system_of(key)
        icon = system.icon if system else "plug"
        label = f"{connection}: {remote_name}"
        found.setdefault(customer_id, []).append(LinkedSystem(connection, icon, label))
    return found


def destinations() -> list[Destination]:
    """The connections, for the archive's filter: what has arrived there."""
    sent = Export.objects.filter(status=Export.Status.SENT)
    return [
        Destination(
            f"{connection.system}-{connection.pk}",
            connection.name,
            sent.filter(connection=connection).values("invoice_id"),
        )
        for connection in Connection.objects.order_by("name", "pk")
    ]


def places(invoice_id: int) -> list[Place]:
    """Where a document is, for its own page: nothing that has not arrived anywhere."""
    exports = (
        Export.objects.filter(invoice=invoice_id)
        .exclude(remote_id="")
        .select_related("connection")
        .order_by("connection__name", "pk")
    )
    return [Place(one.connection.name, one.remote_number, one.address) for one in exports]


@dataclass(frozen=True)
class ConnectionRow:
    """A connection with what went over it."""

    connection: Connection
    system: System | None
    environment: Any
    under_way: int
    attention: int
    by_hand: int
    sent: int
    linked: int
    unlinked: int

    @property
    def key(self) -> str:
        return str(self.connection.pk)

    @property
    def links_matter(self) -> bool:
        """Whether documents of customers that are not linked wait."""
        is_held = self.connection.settings.get("unlinked", "hold") == "hold"
        return is_held or bool(self.system and self.system.needs_link)


def connection_overview() -> list[ConnectionRow]:
    customers = Customer.objects.filter(is_active=True).count()
    linked = dict(
        CustomerLink.objects.filter(customer__is_active=True)
        .order_by()
        .values_list("connection")
        .annotate(count=Count("pk"))
    )
    connections = Connection.objects.annotate(
        under_way=Count("exports", filter=Q(exports__status__in=UNDER_WAY)),
        attention=Count("exports", filter=Q(exports__status=Export.Status.FAILED)),
        by_hand=Count("exports", filter=Q(exports__status=Export.Status.BY_HAND)),
        sent=Count("exports", filter=Q(exports__status=Export.Status.SENT)),
    ).order_by("-is_active", "name", "pk")
    rows = []
    for connection in connections:
        system = system_of(connection.system)
        environment = environment_of(system, connection.environment) if system else None
        count = linked.get(connection.pk, 0)
        rows.append(
            ConnectionRow(
                connection,
                system,
                environment.label if environment else connection.environment,
                connection.under_way,
                connection.attention,
                connection.by_hand,
                connection.sent,
                count,
                customers - count,
            )
        )
    return rows


def visible_exports(membership: Membership) -> QuerySet[Export]:
    """Those of documents the person may see, with what a row shows."""
    exports: QuerySet[Export] = Export.objects.select_related(
        "invoice__customer", "connection", "done_by"
    )
    return exports.filter(invoice__in=visible_invoices(membership))


def counts_by_state(exports: QuerySet[Export]) -> dict[str, int]:
    """How many each tab of the list holds."""
    found = dict(exports.order_by().values_list("status").annotate(count=Count("pk")))
    return {
        state: sum(found.get(status, 0) for status in statuses)
        for state, statuses in STATES.items()
    }


@dataclass(frozen=True)
class Reason:
    """Why so many exports need somebody: a sentence they share, but for names and figures."""

    key: str
    sentence: str
    count: int


def reasons_of(exports: QuerySet[Export]) -> list[Reason]:
    """What keeps those that failed, the most common first."""
    found = (
        exports.filter(status=Export.Status.FAILED)
        .order_by()
        .annotate(reason=REASON, reason_key=REASON_KEY)
        .values("reason", "reason_key")
        .annotate(count=Count("pk"), first=Min("error"), last=Max("error"))
        .order_by("-count", "reason")
    )
    return [
        # Where all say the same it stands there whole.
        Reason(
            one["reason_key"],
            one["first"] if one["first"] == one["last"] else one["reason"],
            one["count"],
        )
        for one in found
    ]


def customers_with_link(connection: Connection) -> QuerySet[Any]:
    """Customers with `remote_id`, `remote_name` and `remote_number` of this connection's link."""
    return Customer.objects.annotate(
        link=FilteredRelation("links", condition=Q(links__connection=connection)),
        remote_id=F("link__remote_id"),
        remote_name=F("link__remote_name"),
        remote_number=F("link__remote_number"),
    )


def number_targets() -> list[Target]:
    """What the connected systems take for numbers."""
    connections = Connection.objects.filter(is_active=True).order_by("name", "pk")
    return [
        Target(connection.name, system.most_number_characters, system.numbers_are_digits)
        for connection in connections
        if (system := system_of(connection.system)) is not None
    ]


def numbering_troubles(drafts: QuerySet[Any]) -> dict[int, Need]:
    """Drafts that wait for their number, and for somebody: what is the matter, and its page."""
    found = Export.objects.filter(
        invoice__in=drafts, status__in=[Export.Status.FAILED, Export.Status.BY_HAND]
    )
    stopped = Export.objects.filter(invoice__in=drafts, status__in=UNDER_WAY).exclude(
        connection__trouble="", connection__is_active=True
    )
    troubles = {one.invoice_id: _need(one, one.error) for one in found.order_by("pk")}
    for one in stopped.select_related("connection").order_by("pk"):
        off = _("%(connection)s is switched off.") % {"connection": one.connection}
        troubles[one.invoice_id] = _need(one, one.connection.trouble or off)
    return troubles


def _need(export: Export, sentence: str) -> Need:
    return Need(sentence, reverse("integrations:export_detail", args=[export.pk]))


def number_giver() -> Giver | None:
    """The connection that numbers invoices; asked for at each posting."""
    # A whole row is read only where there is one.
    found = rows_of(
        "SELECT id FROM integrations_connection"
        " WHERE tenant_id = %(tenant)s AND is_active AND gives_numbers ORDER BY id LIMIT 1"
    )
    if not found:
        return None
    connection: Connection = Connection.objects.get(pk=found[0][0])
    return Giver(connection.name, lambda draft, actor: hand_over(draft, connection, actor=actor))
