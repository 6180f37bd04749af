"""The page under a connection that says which product there ours are."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.domain.product_guessing import guess_products
from integrations.domain.product_links import map_to
from integrations.domain.products_needed import products_needed
from integrations.models import Connection, Export, ProductMapping
from integrations.ports import RemoteProduct
from integrations.problems import Problem
from invoicing.domain.discarding import discard_draft
from invoicing.domain.drafting import new_draft
from invoicing.models import Invoice
from tenants.models import Tenant
from tenants.roles import Role
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    MembershipFactory,
    ProductFactory,
    ProjectFactory,
    TaskFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.integrations.conftest import link, make_connection, posted, send
from tests.integrations.netvisor import JARVIKANSA, connect
from tests.integrations.sandboxes import Running, running
from tests.integrations.test_mapping import draft_line, hours

THERE = RemoteProduct(id="7", name="Seven")


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Running]:
    with running("netvisor", tmp_path / "sandbox", settings) as server:
        yield server


@pytest.fixture
def connection(tenant: Tenant, server: Running) -> Connection:
    """Nothing is mapped."""
    made = connect()
    ProductMapping.objects.all().delete()
    return made


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    return signed_in(Role.OWNER)


def signed_in(role: Role) -> Client:
    member = MembershipFactory(role=role)
    assert member.user is not None
    client = Client()
    client.force_login(member.user)
    return client


def address(connection: Connection, rest: str = "") -> str:
    return f"/{connection.tenant.slug}/accounting/{connection.pk}/products/{rest}"


def draft() -> Invoice:
    return new_draft(customer=CustomerFactory(), actor=None, issue_date=date(2026, 11, 20))


# What is needed.


def test_what_drafts_and_ready_work_need_is_listed(connection: Connection) -> None:
    filter_, digging = ProductFactory(name="Filter"), TaskFactory(project=None, name="Digging")
    made = draft()
    draft_line(made, product=filter_)
    hours(draft_line(made), digging)
    draft_line(made)
    TimeEntryFactory(task=digging)
    ChargeFactory(product=filter_)

    found = {(one.kind, one.name): (one.lines, one.work) for one in products_needed(connection)}

    assert found[("product", str(filter_))] == (1, 1)
    assert found[("rate", "25.5 %")] == (1, 0)
    assert found[("task", "Digging")][0] == 1
    assert found[("task", "Digging")][1] >= 1


def test_what_is_mapped_is_not_needed(connection: Connection) -> None:
    made, rate = draft(), TaxRateFactory()
    draft_line(made, product=ProductFactory())
    TimeEntryFactory(task=TaskFactory(project=None))
    map_to(connection, rate, THERE, actor=None)
    assert products_needed(connection) == []


def test_a_default_covers_everything(connection: Connection) -> None:
    draft_line(draft(), product=ProductFactory())
    map_to(connection, None, THERE, actor=None)
    assert products_needed(connection) == []


def test_discarded_drafts_and_what_arrived_need_nothing(connection: Connection) -> None:
    made = draft()
    draft_line(made, product=ProductFactory())
    discard_draft(made, actor=None)
    invoice = posted()
    assert [one.kind for one in products_needed(connection)] == ["rate"]
    Export.objects.filter(invoice=invoice).update(
        status="sent", sent_at=invoice.posted_at, next_attempt_at=None
    )
    assert products_needed(connection) == []


# Proposals.


def test_a_number_is_sure_and_a_name_is_not(tenant: Tenant) -> None:
    by_number, by_name, neither = (
        ProductFactory(number="kons", name="Work"),
        ProductFactory(number="X-1", name="Matka  Kulut"),
        ProductFactory(number="X-2", name="Else"),
    )
    there = [
        RemoteProduct(id="1", name="Konsultointi", number="KONS"),
        RemoteProduct(id="2", name="matka kulut", number="M"),
        RemoteProduct(id="3", name="Else", is_active=False),
    ]
    found = guess_products([by_number, by_name, neither], there)
    assert (found[by_number.pk].remote.id, found[by_number.pk].is_sure) == ("1", True)
    assert (found[by_name.pk].remote.id, found[by_name.pk].is_sure) == ("2", False)
    assert neither.pk not in found
    twice = [*there, RemoteProduct(id="9", name="Other", number="kons")]
    assert by_number.pk not in guess_products([by_number], twice)


# Pages.


def test_the_page_shows_what_is_mapped_and_what_is_needed(
    connection: Connection, owner: Client
) -> None:
    mapped, open_ = ProductFactory(name="Mapped one"), ProductFactory(name="Open one")
    map_to(connection, mapped, RemoteProduct(id="7", name="Seven", number="S7"), actor=None)
    draft_line(draft(), product=open_)
    page = owner.get(address(connection)).content.decode()
    assert "Needed before the next documents can go" in page
    assert "1 line of drafts and waiting documents" in page
    assert "S7" in page
    own = owner.get(f"/{connection.tenant.slug}/accounting/{connection.pk}/").content.decode()
    assert "1 of ours has no product there" in own
    only = owner.get(address(connection, "?show=needed")).content.decode()
    assert "Open one" in only
    assert "Mapped one" not in only
    assert "Mapped one" in owner.get(address(connection, "?show=yes")).content.decode()
    assert "Mapped one" not in owner.get(address(connection, "?q=open")).content.decode()
    for kind, name in (("task", "There are none yet"), ("rate", "25.5 %")):
        assert name in owner.get(address(connection, f"?kind={kind}")).content.decode()


def test_the_page_s_queries_do_not_grow(connection: Connection, owner: Client) -> None:
    counts: list[int] = []
    owner.get(address(connection))
    for _time in range(2):
        for _row in range(3):
            draft_line(draft(), product=ProductFactory())
        with CaptureQueriesContext(database) as caught:
            assert owner.get(address(connection)).status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_proposals_are_ticked_by_number_only(connection: Connection, owner: Client) -> None:
    sure = ProductFactory(number="KONS", name="Advice")
    name_only = ProductFactory(number="X", name="Matkakulut")
    keys = f"{sure.pk},{name_only.pk}"
    cells = owner.get(address(connection, f"guesses/?kind=product&pk={keys}")).content.decode()
    assert f'value="product-{sure.pk}:2000"' in cells
    assert f'value="product-{name_only.pk}:' not in cells
    assert "Only the name is alike" in cells

    owner.post(
        address(connection, "map/"),
        {"kind": "product", "pick": [f"product-{sure.pk}:2000", f"product-{sure.pk}:999"]},
    )
    made = ProductMapping.objects.get()
    assert (made.product, made.remote_id, made.remote_name) == (sure, "2000", "Konsultointi")


def test_a_product_is_searched_chosen_and_taken_away(connection: Connection, owner: Client) -> None:
    task = TaskFactory(project=None, name="Konsultointi")
    of = f"task-{task.pk}"
    proposed = owner.get(address(connection, f"search/?of={of}")).content.decode()
    assert "Only the name is alike" in proposed
    found = owner.get(address(connection, f"search/?of={of}&q=matka")).content.decode()
    assert "Matkakulut" in found
    assert "Nothing there is called" in (
        owner.get(address(connection, f"search/?of={of}&q=zzz")).content.decode()
    )

    chosen = {"of": of, "remote": "2002", "hint": "MATKA"}
    answer = owner.post(address(connection, "choose/"), chosen, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].endswith("/products/?kind=task")
    assert ProductMapping.objects.get(task=task).remote_name == "Matkakulut"

    owner.post(address(connection, "remove/"), {"of": of})
    assert not ProductMapping.objects.exists()


def test_the_default_is_chosen_and_sets_what_waits_going(
    connection: Connection, owner: Client
) -> None:
    invoice = posted()
    link(connection, invoice.customer, JARVIKANSA)
    export = send(Export.objects.get(invoice=invoice))
    assert export.problem == Problem.NOT_MAPPED
    detail = owner.get(f"/{connection.tenant.slug}/exports/{export.pk}/").content.decode()
    assert address(connection) in detail
    assert "Choose the products" in detail

    owner.post(address(connection, "choose/"), {"of": "default", "remote": "2000", "hint": ""})

    export.refresh_from_db()
    assert export.status == Export.Status.WAITING
    assert send(export).status == Export.Status.SENT
    assert "Everything without a product" in owner.get(address(connection)).content.decode()


def test_a_product_is_added_there_and_mapped(connection: Connection, owner: Client) -> None:
    product = ProductFactory(number="P-7", name="Air filter", unit_price=Decimal("24.9"))
    of = f"product-{product.pk}"
    form = owner.get(address(connection, f"create/?of={of}")).content.decode()
    assert 'value="P-7"' in form
    owner.post(address(connection, f"create/?of={of}"), {"name": "Ilmansuodatin", "number": "P-7"})
    made = ProductMapping.objects.get()
    assert (made.product, made.remote_name, made.remote_number) == (product, "Ilmansuodatin", "P-7")

    again = owner.post(
        address(connection, "create/?of=default"), {"name": "Again", "number": "P-7"}
    )
    assert again.status_code == 422
    assert "product number P-7 already" in again.content.decode()
    assert 'value="Again"' in again.content.decode()
    empty = owner.post(address(connection, "create/?of=default"), {"name": "", "number": ""})
    assert empty.status_code == 422


def test_what_vanished_meanwhile_and_nobody_answering_are_told(
    connection: Connection, owner: Client, settings: Any
) -> None:
    gone = owner.post(
        address(connection, "choose/"), {"of": "default", "remote": "1", "hint": "KONS"},
        follow=True,
    )  # fmt: skip
    assert "This product is not there any more" in gone.content.decode()
    settings.SANDBOX_URLS = {"netvisor": "http://127.0.0.1:9"}
    answer = owner.get(address(connection, "search/?of=default&q=x"))
    assert (answer.status_code, "did not answer" in answer.content.decode()) == (200, True)
    assert "did not answer" in (
        owner.get(address(connection, "guesses/?kind=product&pk=1")).content.decode()
    )
    bulk = owner.post(address(connection, "map/"), {"pick": []}, follow=True)
    assert "did not answer" in bulk.content.decode()


@pytest.mark.parametrize(
    "of", ["product-", "product-x", "product-999999", "contact-1", "task-²", "default-1"]
)
def test_what_is_none_of_ours_is_not_found(connection: Connection, owner: Client, of: str) -> None:
    assert owner.get(address(connection, f"search/?of={of}")).status_code == 404
    assert owner.get(address(connection, f"create/?of={of}")).status_code == 404
    for page in ("choose/", "remove/"):
        assert owner.post(address(connection, page), {"of": of}).status_code == 404


def test_a_system_without_products_has_no_such_page(
    connection: Connection, owner: Client, server: Running
) -> None:
    connection.is_active = False
    connection.save()
    other = make_connection()
    assert owner.get(address(other)).status_code == 404
    overview = owner.get(f"/{connection.tenant.slug}/accounting/").content.decode()
    assert address(other) not in overview
    assert address(connection) in overview


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MANAGER, Role.AUDITOR])
def test_smaller_roles_see_nothing_of_it(connection: Connection, role: Role) -> None:
    client = signed_in(role)
    assert client.get(address(connection)).status_code == 403
    assert client.post(address(connection, "choose/"), {"of": "default"}).status_code == 403


def test_what_is_not_used_any_more_is_left_out(connection: Connection, owner: Client) -> None:
    ProductFactory(name="Discontinued", is_active=False)
    TaskFactory(project=ProjectFactory(), name="Internal", is_billable=False)
    for kind in ("product", "task"):
        page = owner.get(address(connection, f"?kind={kind}")).content.decode()
        assert "Discontinued" not in page
        assert "Internal" not in page
