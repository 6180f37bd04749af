"""What people say and ask about the products of a system. `mapping` has what follows from it."""

from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Product, TaxRate
from integrations.domain.access import Door
from integrations.domain.byhand import release
from integrations.models import Connection, Export, ProductMapping
from integrations.ports import KeepsProducts, ProductDetails, RemoteProduct
from integrations.problems import Problem
from tenants.audit import log
from tenants.models import User
from timesheets.models import Task

ASK_SECONDS = 12

type Ours = Product | Task | TaxRate | None


@transaction.atomic
def map_to(
    connection: Connection, ours: Ours, remote: RemoteProduct, *, actor: User | None
) -> ProductMapping:
    """Say which product there it is; documents that waited for that go on. None: the default."""
    Connection.objects.select_for_update().get(pk=connection.pk)
    keys = _keys(ours)
    made: ProductMapping
    made, is_new = ProductMapping.objects.get_or_create(
        connection=connection,
        **keys,
        defaults={
            "remote_id": remote.id,
            "remote_number": remote.number[:60],
            "remote_name": remote.name[:200],
            "mapped_by": actor,
        },
    )
    was = "" if is_new else made.remote_name
    if not is_new:
        made.remote_number, made.remote_name = remote.number[:60], remote.name[:200]
        if made.remote_id != remote.id:
            made.remote_id, made.mapped_by = remote.id, actor
        made.save()
    log(
        "mapping.made" if is_new else "mapping.changed",
        connection,
        actor=actor,
        of=name_of(ours),
        changes={"product": [was, remote.name]},
    )
    go_on(connection)
    return made


@transaction.atomic
def unmap(connection: Connection, ours: Ours, *, actor: User) -> bool:
    """Forget it; False when there was nothing to forget."""
    made = ProductMapping.objects.filter(connection=connection, **_keys(ours)).first()
    if made is None:
        return False
    log("mapping.removed", connection, actor=actor, of=name_of(ours), product=made.remote_name)
    made.delete()
    return True


def go_on(connection: Connection) -> None:
    """Documents that waited for a mapping are tried again."""
    release(
        list(
            Export.objects.select_for_update()
            .filter(connection=connection, status=Export.Status.FAILED, problem=Problem.NOT_MAPPED)
            .order_by("pk")
        )
    )


def name_of(ours: Ours) -> str:
    return _("default") if ours is None else str(ours)


def _keys(ours: Ours) -> dict[str, Any]:
    return {
        "product": ours if isinstance(ours, Product) else None,
        "task": ours if isinstance(ours, Task) else None,
        "tax_rate": ours if isinstance(ours, TaxRate) else None,
    }


# What is asked over there. No transaction may be open.


def list_there(door: Door, limit: int) -> list[RemoteProduct]:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return cast(KeepsProducts, adapter).list_products(limit)


def search_there(door: Door, text: str) -> list[RemoteProduct]:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return cast(KeepsProducts, adapter).search_products(text)


def create_there(door: Door, details: ProductDetails) -> RemoteProduct:
    with door.open(seconds=ASK_SECONDS) as (adapter, _http):
        return cast(KeepsProducts, adapter).create_product(details)
