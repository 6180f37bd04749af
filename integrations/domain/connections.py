"""Connections: entered, checked, switched on and off. What they hold secret is never shown."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import oauth
from integrations.domain.access import Door
from integrations.errors import (
    AnotherCompany,
    AnotherGivesNumbers,
    AnotherIsSending,
    ConnectionInUse,
)
from integrations.models import Connection, Export, ExportStep
from integrations.ports import AccessLost, AdapterError, Checked
from integrations.problems import Problem
from tenants.audit import changes_to, log
from tenants.models import User
from tenants.scope import tenant_scope

# People wait for a check; a worker may wait longer.
CHECK_SECONDS = 12
# The setting that says who numbers invoices, and its two answers.
NUMBERS, HERE, THERE = "numbers", "here", "there"


@transaction.atomic
def save_connection(
    connection: Connection,
    *,
    actor: User,
    name: str,
    environment: str,
    settings: Mapping[str, str],
    credentials: Mapping[str, str],
) -> Connection:
    """Add or change a connection. Credentials that are not named stay as they are."""
    is_new = connection.pk is None
    if is_new:
        _refuse_second(connection)
        saved = Connection(system=connection.system)
    else:
        saved = Connection.objects.select_for_update().get(pk=connection.pk)
    changes = changes_to(
        saved, {"name": name, "environment": environment, "settings": dict(settings)}
    )
    saved.gives_numbers = settings.get(NUMBERS) == THERE
    if saved.is_active:
        _refuse_second_giver(saved)
    if credentials:
        # What is entered takes the place of a sign-in.
        saved.credentials = {**oauth.without_tokens(saved.credentials), **credentials}
        saved.signed_in_by = saved.signed_in_at = None
        # Subscriptions belong to the key they were made with.
        saved.subscriptions, saved.hook_digest = [], ""
        # By name only: the log shows no secret.
        changes["credentials"] = ["", ", ".join(sorted(credentials))]
    if credentials or "environment" in changes:
        saved.trouble = "" if is_new else until_checked(saved)
        saved.paused_until = None
    saved.save()
    if is_new:
        log("connection.added", saved, actor=actor, system=saved.system)
    elif changes:
        changes.pop("settings", None)
        log("connection.changed", saved, actor=actor, changes=changes)
    return saved


def _refuse_second_giver(connection: Connection) -> None:
    if not connection.gives_numbers:
        return
    others = Connection.objects.filter(is_active=True, gives_numbers=True)
    if other := others.exclude(pk=connection.pk).first():
        raise AnotherGivesNumbers(other=other)


def _refuse_second(connection: Connection) -> None:
    other = (
        Connection.objects.filter(system=connection.system, is_active=True)
        .exclude(pk=connection.pk)
        .first()
    )
    if other is not None:
        raise AnotherIsSending(other=other)


def check(door: Door) -> Checked:
    """Ask the other side who we are there; raises AdapterError. No transaction may be open."""
    with door.open(seconds=CHECK_SECONDS) as (adapter, _http):
        return adapter.check()


@transaction.atomic
def record_check(
    connection_id: int,
    found: Checked | AdapterError,
    *,
    actor: User | None,
    may_be_another: bool = False,
) -> Connection:
    """Keep what a check found; one that went well lets waiting exports go on.

    Another company than the one that documents were sent to stops the connection instead, unless
    a person said that it is meant (`may_be_another`).
    """
    if may_be_another:
        # Exports before their connection, as workers hold them.
        list(_begun(connection_id).select_for_update(of=("self",)).order_by("pk"))
    connection: Connection = Connection.objects.select_for_update().get(pk=connection_id)
    connection.checked_at = timezone.now()
    only_unknown = until_checked(connection)
    if isinstance(found, Checked):
        another = another_company(connection, found)
        if another is not None and not may_be_another:
            connection.trouble = str(another)[:500]
            connection.remote = {
                **connection.remote,
                "another": {"company": found.company, "company_id": found.company_id},
            }
            log("connection.other_company", connection, actor=actor, company=found.company)
        else:
            if another is not None:
                _change_company(connection, found, actor=actor)
            connection.remote = {
                "company": found.company or connection.remote.get("company", ""),
                "company_id": found.company_id or connection.remote.get("company_id", ""),
                "lists": found.lists,
                "warnings": list(found.warnings),
                # Since when it is this company, where it was another one before.
                "since": connection.checked_at.isoformat()
                if another is not None
                else connection.remote.get("since", ""),
            }
            if connection.trouble not in ("", only_unknown):
                log("connection.mended", connection, actor=actor)
            connection.trouble, connection.paused_until = "", None
    elif isinstance(found, AccessLost):
        connection.trouble = found.sentence[:500]
    connection.save()
    return connection


def until_checked(connection: Connection) -> str:
    """What holds documents back while nobody knows whose books new credentials open; nothing where
    there is no company yet that it could differ from."""
    if not _has_company(connection):
        return ""
    return _("It is not known yet whether this still is %(company)s. Check the connection.") % {
        "company": connection.remote.get("company") or connection
    }


def _has_company(connection: Connection) -> bool:
    known = connection.remote.get("company") or connection.remote.get("company_id")
    return bool(known) and (connection.exports.exists() or connection.links.exists())


def another_company(connection: Connection, found: Checked) -> AnotherCompany | None:
    """The refusal of a key whose company is not the one this connection has worked with."""
    known = connection.remote.get("company_id", "")
    if known and found.company_id:
        is_same = known == found.company_id
    else:
        # One that tells no name, or told none before, is not known to be another.
        companies = {connection.remote.get("company", ""), found.company} - {""}
        is_same = len(companies) < 2
    if is_same or not (connection.exports.exists() or connection.links.exists()):
        return None
    return AnotherCompany(answers=found.company, known=connection.remote.get("company", ""))


def another_company_of(
    tenant_id: int, connection_id: int, found: Checked | AdapterError
) -> AnotherCompany | None:
    """The same for a check that is not recorded; opens the scope."""
    if not isinstance(found, Checked):
        return None
    with tenant_scope(tenant_id):
        return another_company(Connection.objects.get(pk=connection_id), found)


def _begun(connection_id: int) -> QuerySet[Export]:
    begun = Exists(ExportStep.objects.filter(export=OuterRef("pk")))
    return Export.objects.filter(
        begun,
        connection=connection_id,
        status__in=[Export.Status.WAITING, Export.Status.FAILED],
    )


def _change_company(connection: Connection, found: Checked, *, actor: User | None) -> None:
    """Ids mean something else there: links go, products are chosen anew, and what was begun is for
    a person."""
    links, _by_model = connection.links.all().delete()
    products, _by_model = connection.product_mappings.all().delete()
    for export in _begun(connection.pk).order_by("pk"):
        export.status, export.problem = Export.Status.FAILED, Problem.UNCLEAR
        export.error = _(
            "It was begun in %(company)s, and the connection goes to another company since. Finish"
            " it there and close it here."
        ) % {"company": connection.remote.get("company", "")}
        export.next_attempt_at = export.queued_at = None
        export.save()
        log("export.failed", export, actor=actor, reason=export.error)
    log(
        "connection.company_changed",
        connection,
        actor=actor,
        changes={"company": [connection.remote.get("company", ""), found.company]},
        links=links,
        products=products,
    )


@transaction.atomic
def switch_on(connection: Connection, *, actor: User) -> None:
    """From now on posted documents go there; those posted meanwhile are sent by hand."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if connection.is_active:
        return
    _refuse_second(connection)
    _refuse_second_giver(connection)
    connection.is_active = True
    connection.save(update_fields=["is_active"])
    log("connection.switched_on", connection, actor=actor)


@transaction.atomic
def switch_off(connection: Connection, *, actor: User) -> None:
    """What waits keeps waiting."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if not connection.is_active:
        return
    connection.is_active = False
    connection.subscriptions, connection.hook_digest = [], ""
    connection.save(update_fields=["is_active", "subscriptions", "hook_digest"])
    log("connection.switched_off", connection, actor=actor)


@transaction.atomic
def remove(connection: Connection, *, actor: User) -> None:
    """Only one that nothing went over; its links go with it."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if Export.objects.filter(connection=connection).exists():
        raise ConnectionInUse
    log("connection.removed", connection, actor=actor, system=connection.system)
    connection.delete()
