"""The company's own fields on the pages of customers and projects."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from customers.models import Customer, CustomField, Project
from tenants.models import AuditEntry, Membership
from tests.factories import CustomerFactory, CustomFieldFactory, ProjectFactory

SignIn = Callable[[Membership], Client]
CUSTOMERS = "/acme/customers/"
PROJECTS = "/acme/projects/"
NEW = {
    "number": "1001",
    "name": "Pohjola Oy",
    "country": "FI",
    "language": "fi",
    "currency": "EUR",
}


def made(name: str, kind: str = "text", target: str = "customer", **values: Any) -> CustomField:
    label = values.pop("label", name.capitalize())
    field: CustomField = CustomFieldFactory(
        target=target, name=name, label=label, kind=kind, **values
    )
    return field


def body(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_a_new_customer_begins_with_the_defaults(owner: Membership, signed_in: SignIn) -> None:
    made("contract", default="frame")
    made("fee", "number", help="Per month")
    made("vip", "checkbox", default=True)
    client = signed_in(owner)
    page = body(client.get(f"{CUSTOMERS}new/"))
    assert re.search(r'name="custom_contract"[^>]*value="frame"', page)
    assert "Per month" in page
    client.post(
        f"{CUSTOMERS}new/",
        {**NEW, "custom-shown": "contract fee vip", "custom_contract": "", "custom_fee": "1 200,5"},
    )
    assert Customer.objects.get().custom_values == {"contract": "", "fee": "1200.5", "vip": False}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"custom_contract": ""}, "“Contract” is empty. Fill it in."),
        ({"custom_contract": "x", "custom_fee": "many"}, "“many” is not a number."),
        (
            {"custom_contract": "x", "custom-shown": "contract gone", "custom_gone": "typed"},
            "The field “gone” was renamed or deleted meanwhile.",
        ),
    ],
)
def test_bad_values_are_refused_at_their_field(
    owner: Membership, signed_in: SignIn, values: dict[str, str], sentence: str
) -> None:
    made("contract", is_required=True)
    made("fee", "number")
    response = signed_in(owner).post(f"{CUSTOMERS}new/", {**NEW, **values})
    assert response.status_code == 422
    assert sentence in body(response)
    assert not Customer.objects.exists()


def test_a_change_is_logged_by_label_and_what_the_page_lacked_stays(
    owner: Membership, signed_in: SignIn
) -> None:
    made("contract")
    made("vip", "checkbox")
    customer = CustomerFactory(custom_values={"contract": "frame", "vip": True, "old": "x"})
    client = signed_in(owner)
    values = {**NEW, "number": customer.number, "name": customer.name, "is_active": "on"}
    url = f"{CUSTOMERS}{customer.pk}/edit/"

    client.post(url, {**values, "custom-shown": "contract", "custom_contract": "single"})

    customer.refresh_from_db()
    assert customer.custom_values == {"contract": "single", "vip": True, "old": "x"}
    changes = AuditEntry.objects.get(action="customer.changed").detail["changes"]
    assert changes["Contract"] == ["frame", "single"]
    client.post(url, {**values, "custom-shown": "contract vip", "custom_contract": "single"})
    customer.refresh_from_db()
    assert customer.custom_values["vip"] is False


def test_shown_on_the_pages_of_customer_and_project(owner: Membership, signed_in: SignIn) -> None:
    made("page", "url", label="Home page")
    made("hidden", is_active=False)
    made("place", "choice", "project", choices=[["hq", "Head office"]])
    customer = CustomerFactory(
        custom_values={"page": "https://example.com/<x>", "hidden": "secret"}
    )
    project = ProjectFactory(customer=customer, custom_values={"place": "hq"})
    client = signed_in(owner)
    page = body(client.get(f"{CUSTOMERS}{customer.pk}/"))
    assert "Home page" in page
    assert 'href="https://example.com/&lt;x&gt;"' in page
    assert "secret" not in page
    assert "Head office" in body(client.get(f"{PROJECTS}{project.pk}/"))


def choose(client: Client, name: str, *fields: str, query: str = "") -> Any:
    return client.post("/acme/columns/", {"list": name, "field": fields, "query": query})


def test_columns_are_chosen_by_each_person(
    owner: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    made("contract")
    made("fee", "number")
    CustomerFactory(name="A", custom_values={"contract": "frame", "fee": "20"})
    CustomerFactory(name="B", custom_values={"contract": "", "fee": "3"})
    CustomerFactory(name="C")
    client = signed_in(owner)
    assert "custom_fee" not in body(client.get(CUSTOMERS))
    response = choose(client, "customers", "fee", "nothing", query="q=&page=2")
    assert response["Location"] == f"{CUSTOMERS}?q="
    assert Membership.objects.get(pk=owner.pk).list_columns == {"customers": ["fee"]}
    page = body(client.get(f"{CUSTOMERS}?sort=custom_fee"))
    order = [page.index(f'title="{name}"') for name in "BAC"]
    assert order == sorted(order)
    assert choose(client, "nothing", "fee").status_code == 404
    assert "custom_fee" not in body(signed_in(accountant).get(CUSTOMERS))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("custom_contract=FRA", "A"),
        ("custom_fee_min=4", "AD"),
        ("custom_fee_min=4&custom_fee_max=20,5", "A"),
        ("custom_vip=1", "A"),
        ("custom_vip=0", "BCD"),
        ("custom_size=big", "A"),
        ("custom_size=~", "BCD"),
        ("custom_since_after=2026-02-01", "A"),
        ("custom_since_before=2026-02-01", "B"),
        ("q=sopimus", "A"),
        ("q=large", "A"),
        ("q=contract:fra", "A"),
        ("q=contract:", "BCD"),
        ("q=contract:~", "CD"),
        ("q=contract:*", "A"),
        ("q=vip:1", "A"),
        ("q=vip:0", "B"),
        ("q=size:large", "A"),
        ("q=contract:fra+fee:20", "A"),
        ("q=contract:fra+fee:3", ""),
    ],
)
def test_filters_and_search(owner: Membership, signed_in: SignIn, query: str, found: str) -> None:
    made("contract")
    made("fee", "number")
    made("vip", "checkbox")
    made("size", "choice", choices=[["big", "Large"], ["small", "Small"]])
    made("since", "date")
    values: dict[str, dict[str, Any]] = {
        "A": {
            "contract": "Frame Söpimus", "fee": "20", "vip": True, "size": "big",
            "since": "2026-03-01",
        },
        "B": {"contract": "", "fee": "3", "vip": False, "size": "", "since": "2026-01-31"},
        "C": {},
        "D": {"fee": "100"},
    }  # fmt: skip
    for name, custom_values in values.items():
        CustomerFactory(name=name, custom_values=custom_values)
    page = signed_in(owner).get(f"{CUSTOMERS}?{query}").context["page"]
    assert "".join(customer.name for customer in page) == found


def test_files_have_a_column_for_each_field(owner: Membership, signed_in: SignIn) -> None:
    made("contract")
    made("fee", "number")
    made("vip", "checkbox", label="VIP")
    made("site", "choice", "project", choices=[["hq", "Head office"]])
    customer = CustomerFactory(custom_values={"contract": "=1+1", "fee": "20.5", "vip": True})
    ProjectFactory(customer=customer, custom_values={"site": "hq"})
    client = signed_in(owner)
    lines = client.get(f"{CUSTOMERS}export.csv").getvalue().decode().splitlines()
    assert lines[0].endswith(";Contract;Fee;VIP")
    assert lines[1].endswith(";'=1+1;20,5;Yes")
    lines = client.get(f"{PROJECTS}export.csv").getvalue().decode().splitlines()
    assert lines[0].endswith(";Site")
    assert lines[1].endswith(";Head office")
    for address, expected in (
        (f"{CUSTOMERS}export.xlsx", [("Contract", "=1+1"), ("Fee", 20.5), ("VIP", "Yes")]),
        (f"{PROJECTS}export.xlsx", [("Site", "Head office")]),
    ):
        sheet: Any = load_workbook(io.BytesIO(client.get(address).content)).active
        head, row = sheet.iter_rows(values_only=True)
        assert list(zip(head, row, strict=True))[-len(expected) :] == expected
        # As text: no spreadsheet works it out.
        assert {cell.data_type for cell in sheet[2]} <= {"s", "inlineStr", "n", "b"}


def test_lists_ask_the_same_few_questions(
    owner: Membership, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    names = [f"f{number}" for number in range(6)]
    for name in names:
        made(name)
        made(name, target="project")
        customer = CustomerFactory(custom_values={name: "x"})
        ProjectFactory(customer=customer, custom_values={name: "x"})
    client = signed_in(owner)
    choose(client, "customers", *names)
    choose(client, "projects", *names)
    for url in (CUSTOMERS, PROJECTS, f"{CUSTOMERS}{customer.pk}/", f"{CUSTOMERS}new/"):
        with django_assert_max_num_queries(12):
            assert client.get(url).status_code == 200


def test_a_project_is_changed_with_its_fields(owner: Membership, signed_in: SignIn) -> None:
    made("site", target="project")
    project = ProjectFactory()
    client = signed_in(owner)
    values = {"name": project.name, "custom-shown": "site", "custom_site": "Turku"}
    assert client.post(f"{PROJECTS}{project.pk}/edit/", values).status_code == 302
    assert Project.objects.get().custom_values == {"site": "Turku"}
