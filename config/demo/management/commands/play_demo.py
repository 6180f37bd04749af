import time
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.core.management.base import BaseCommand
from django.utils import timezone

from config.demo.accounting import DOORS, Door
from integrations.domain import connections, hearing, signing_in
from integrations.domain.access import door_of
from integrations.models import Connection, Export, PaymentThere
from integrations.ports import AdapterError, Checked
from integrations.registry import environment_of, system_of
from invoicing.models import Invoice
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope

# How long it looks for the first documents there, and how often.
PATIENCE, PAUSE = 600.0, 3.0
SECONDS = 15
SESSION = "demo"


class Command(BaseCommand):
    help = (
        "What people do once the example companies and their accounting sandboxes run: sign in"
        " there, test the connections, and pay an invoice or two over there."
    )
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        tenants = Tenant.objects.filter(slug__in=DOORS).order_by("pk")
        stages = [Stage(tenant, DOORS[tenant.slug]) for tenant in tenants]
        for stage in stages:
            stage.open()
            self.stdout.write(f"{stage.tenant}: connected")
        deadline = time.monotonic() + PATIENCE
        while stages and time.monotonic() < deadline:
            for stage in [one for one in stages if one.pay()]:
                self.stdout.write(f"{stage.tenant}: paid over there")
                stages.remove(stage)
            time.sleep(PAUSE)


class Stage:
    """One example company and its connection."""

    def __init__(self, tenant: Tenant, door: Door) -> None:
        self.tenant, self.door = tenant, door
        with tenant_scope(tenant.pk):
            members = Membership.objects.filter(tenant=tenant, role=Role.ACCOUNTANT)
            accountant = members.earliest("pk")
            assert accountant.user is not None
            self.actor = accountant.user

    @property
    def connection(self) -> Connection:
        found: Connection = Connection.objects.get(system=self.door.system)
        return found

    def open(self) -> None:
        """As the accountant would on the connection's page; each without a transaction."""
        if self.door.credentials is None:
            self._sign_in()
        with tenant_scope(self.tenant.pk):
            connection = self.connection
            door = door_of(connection)
        found: Checked | AdapterError
        try:
            found = connections.check(door)
        except AdapterError as failure:
            found = failure
        with tenant_scope(self.tenant.pk):
            connections.record_check(connection.pk, found, actor=self.actor)
        hearing.listen(self.tenant.pk, connection.pk)

    def _sign_in(self) -> None:
        now = timezone.now()
        with tenant_scope(self.tenant.pk):
            if signing_in.held(self.connection):
                return
            address = signing_in.begin(self.connection, actor=self.actor, session=SESSION, now=now)
        answer = requests.post(
            address,
            data={"organisation": self.tenant.slug},
            allow_redirects=False,
            timeout=SECONDS,
        )
        told = parse_qs(urlsplit(answer.headers["Location"]).query)
        with tenant_scope(self.tenant.pk):
            begun = signing_in.take(told["state"][0], actor=self.actor, session=SESSION, now=now)
        tokens = signing_in.exchange(begun, told["code"][0])
        with tenant_scope(self.tenant.pk):
            signing_in.keep(begun, tokens, actor=self.actor)

    def pay(self) -> bool:
        """One that is open here as well, and one that somebody has registered by hand; whether
        that is done."""
        with tenant_scope(self.tenant.pk):
            connection = self.connection
            if PaymentThere.objects.filter(export__connection=connection).exists():
                return True
            sent: Any = Invoice.objects.filter(
                exports__connection=connection,
                exports__status=Export.Status.SENT,
                kind="invoice",
                currency=self.tenant.currency,
            )
            sent = sent.with_open_amount().order_by("chain_position")
            is_open = sent.filter(open_amount__gt=0, paid_total=0, disputes=None).first()
            is_paid = sent.filter(paid_total__gt=0, credited_total=0).first()
            waits = Export.objects.filter(
                connection=connection, status__in=[Export.Status.WAITING, Export.Status.SENDING]
            )
            if is_open is None or (is_paid is None and waits.exists()):
                return False
            exports = list(
                Export.objects.filter(
                    connection=connection, invoice__in=[one for one in (is_open, is_paid) if one]
                ).select_related("invoice", "connection")
            )
        for export in exports:
            self._pay(export, connection)
        with tenant_scope(self.tenant.pk):
            # Read with the next minute and not in a quarter of an hour.
            Connection.objects.filter(pk=connection.pk).update(payments_due_at=timezone.now())
        return True

    def _pay(self, export: Export, connection: Connection) -> None:
        system = system_of(connection.system)
        assert system is not None
        environment = environment_of(system, connection.environment)
        assert environment is not None
        page = ""
        if "{page}" in self.door.paid:
            there = requests.get(export.address, allow_redirects=False, timeout=SECONDS)
            page = there.headers["Location"]
        gross: Decimal = export.invoice.gross_total
        requests.post(
            environment.url + self.door.paid.format(id=export.remote_id, page=page),
            data={"amount": str(gross)},
            allow_redirects=False,
            timeout=SECONDS,
        ).raise_for_status()
