"""The quick way of migrating says to the database what Django's own way says."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from django.core.management.commands import migrate
from django.db import connection, models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState, StateApps
from django.db.models import Q

from core.migrating import NarrowExecutor, NarrowState
from tenants.management.commands import migrate as ours

KEY = ("id", models.BigAutoField(primary_key=True))

PARENT = models.OneToOneField("shop.order", models.CASCADE, parent_link=True, primary_key=True)


def refers_to(model: str, **options: Any) -> Any:
    return models.ForeignKey(f"shop.{model}", models.CASCADE, **options)


def created(name: str, *fields: tuple[str, Any], **options: Any) -> Operation:
    return ops.CreateModel(name, [KEY, *fields], **options)


SHOP = [
    created("Company", ("code", models.CharField(max_length=5, unique=True))),
    created("Customer", ("company", refers_to("company")), ("name", models.TextField())),
    created("Order", ("company", refers_to("company")), ("by", refers_to("customer"))),
    created("Line", ("order", refers_to("order")), ("parent", refers_to("line", null=True))),
    created("Stamp", ("company", refers_to("company", to_field="code"))),
]
CHANGES: dict[str, list[Operation]] = {
    "what most migrations do": [
        ops.AddField("order", "billed_to", refers_to("customer", null=True, related_name="+")),
        ops.AddField("order", "total", models.DecimalField(max_digits=9, decimal_places=2)),
        ops.AddField("company", "best", refers_to("customer", null=True, related_name="+")),
        ops.AddConstraint("order", models.UniqueConstraint(fields=["company", "by"], name="one")),
        ops.AddConstraint("order", models.CheckConstraint(condition=Q(total__gt=0), name="more")),
        ops.AddIndex("line", models.Index("order", condition=Q(parent=None), name="heads")),
        ops.AddField("customer", "friends", models.ManyToManyField("shop.customer")),
        ops.AlterModelOptions("order", {"ordering": ["total"]}),
        ops.RemoveField("order", "by"),
    ],
    "a column others refer to gets another type": [
        ops.AddField("company", "name", models.TextField()),
        ops.AlterField("company", "id", models.IntegerField(primary_key=True)),
        ops.AlterField("company", "code", models.CharField(max_length=9, unique=True)),
    ],
    "a column others refer to gets another name": [
        ops.AddIndex("stamp", models.Index(fields=["company"], name="stamps")),
        ops.RenameField("company", "code", "short_name"),
        ops.AddField("stamp", "also", refers_to("company", to_field="short_name", null=True)),
    ],
    "a reference becomes optional": [
        ops.AddIndex("order", models.Index(fields=["company"], name="orders")),
        ops.AlterField("order", "by", refers_to("customer", null=True)),
    ],
    "a model gets another name": [
        ops.AddField("customer", "note", models.TextField()),
        ops.RenameModel("Customer", "Client"),
        ops.AddField("line", "client", refers_to("client", null=True)),
    ],
    "a model goes": [
        ops.RemoveField("order", "by"),
        ops.DeleteModel("customer"),
        ops.AddField("order", "note", models.TextField()),
    ],
    "a model from which another inherits": [
        ops.CreateModel("Visit", [("order_ptr", PARENT)], bases=("shop.order",)),
        ops.AddField("order", "weight", models.IntegerField()),
        ops.AddField("visit", "day", models.DateField()),
        ops.AddConstraint("visit", models.CheckConstraint(condition=Q(day=None), name="never")),
    ],
}


def sql_of(state: ProjectState, operations: Sequence[Operation]) -> list[str]:
    """As a migration applies them, but only told what it would say."""
    assert isinstance(state.apps, StateApps)
    with connection.schema_editor(collect_sql=True) as editor:
        # Renaming a field changes what refers to it in place.
        for operation in deepcopy(operations):
            before = state.clone()
            operation.state_forwards("shop", state)
            operation.database_forwards("shop", editor, before, state)
    return [str(statement) for statement in editor.collected_sql or ()]


@pytest.mark.parametrize("what", CHANGES)
def test_it_says_what_django_says(db: None, what: str) -> None:
    of_django = sql_of(ProjectState(), [*SHOP, *CHANGES[what]])

    assert sql_of(NarrowState(), [*SHOP, *CHANGES[what]]) == of_django
    assert of_django != sql_of(ProjectState(), SHOP)


def test_code_works_with_models_that_know_each_other(db: None) -> None:
    seen = []

    def look(apps: Any, _editor: Any) -> None:
        company, order = apps.get_model("shop", "company"), apps.get_model("shop", "order")
        seen.append(order._meta.get_field("company").related_model is company)
        seen.append("order" in {field.name for field in company._meta.related_objects})
        seen.append("orders" in {field.name for field in company._meta.related_objects})

    sql_of(NarrowState(), SHOP)
    state = NarrowState()
    sql_of(state, [*SHOP, *CHANGES["what most migrations do"]])
    with connection.schema_editor() as editor:
        ops.RunPython(look).database_forwards("shop", editor, state.clone(), state)

    assert seen == [True, True, False]


def test_the_command_uses_it() -> None:
    """Django's command has no place to name another one."""
    assert issubclass(ours.Command, migrate.Command)
    assert vars(migrate)["MigrationExecutor"] is NarrowExecutor
