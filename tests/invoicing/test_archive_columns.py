"""The columns of the archive: chosen by each person, remembered, and the same in files."""

import csv
import io
from collections.abc import Callable
from typing import Any

from django.test import Client

from tenants.models import Membership
from tests.factories import CustomFieldFactory
from tests.invoicing.test_archive import document

SignIn = Callable[[Membership], Client]


def choose(client: Client, *fields: str, **more: str) -> Any:
    return client.post("/acme/columns/", {"list": "invoices", "field": fields, **more})


def shown(client: Client, query: str = "") -> list[str]:
    return [column.key for column in client.get(f"/acme/invoices/?{query}").context["shown"]]


def head_of(client: Client, query: str = "") -> list[str]:
    text = b"".join(client.get(f"/acme/invoices/export.csv?{query}")).decode("utf-8-sig")
    return next(csv.reader(io.StringIO(text), delimiter=";"))


USUAL = ["number", "customer", "date", "due", "gross", "open", "status"]


def test_columns_are_remembered_for_each_person(
    signed_in: SignIn, accountant: Membership, auditor: Membership
) -> None:
    CustomFieldFactory(target="document", name="site", label="Site")
    document("Satama", posted=True, custom_values={"site": "Pier 4"}, order_reference="PO-7")
    client = signed_in(accountant)
    assert shown(client) == USUAL
    assert len(head_of(client)) == 17

    answer = choose(
        client, "status", "number", "net", "order", "field_site", "nonsense",
        query="q=satama&column=kind&page=2",
    )  # fmt: skip

    assert answer["Location"] == "/acme/invoices/?q=satama"
    assert shown(client) == ["number", "net", "order", "status", "field_site"]
    page = client.get("/acme/invoices/").content.decode()
    assert "Pier 4" in page
    assert "PO-7" in page
    # Amounts never go without their currency.
    assert head_of(client) == ["Number", "Currency", "Net", "Customer's order", "Status", "Site"]
    assert shown(client, "column=kind") == ["kind"]
    assert head_of(client, "column=kind") == ["Kind"]
    assert shown(signed_in(auditor)) == USUAL


def test_columns_go_back_to_the_usual_ones(signed_in: SignIn, accountant: Membership) -> None:
    client = signed_in(accountant)
    choose(client, "number")
    # A field that is gone is passed over, and so is a choice of which nothing is left.
    Membership.objects.filter(pk=accountant.pk).update(list_columns={"invoices": ["field_gone"]})
    assert shown(client) == USUAL
    choose(client, "number", reset="1")
    assert Membership.objects.get(pk=accountant.pk).list_columns == {}


def test_choosing_columns_keeps_the_page_one_is_on(
    signed_in: SignIn, accountant: Membership
) -> None:
    here = "https://acme.example/acme/customers/7/?tab=invoices&column=kind&page=3"
    answer = signed_in(accountant).post(
        "/acme/columns/",
        {"list": "invoices", "field": ["number"]},
        headers={"HX-Request": "true", "HX-Current-URL": here},
    )
    assert answer["HX-Redirect"] == "/acme/customers/7/?tab=invoices"
