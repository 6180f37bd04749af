"""The settings page of custom fields."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer, CustomField
from tenants.models import Membership
from tests.factories import CustomerFactory

SignIn = Callable[[Membership], Client]
FIELDS = "/acme/company/fields/"
HTMX = {"HX-Request": "true"}
NEW: dict[str, Any] = {"label": "Contract", "kind": "text"}


def made(**values: Any) -> CustomField:
    field: CustomField = CustomField.objects.create(
        **{"target": "customer", "name": "contract", "label": "Contract", **values}
    )
    return field


def test_a_field_is_defined(owner: Membership, signed_in: SignIn) -> None:
    client = signed_in(owner)
    assert "No fields yet" in client.get(f"{FIELDS}?target=document").content.decode()
    response = client.post(
        f"{FIELDS}new/?target=document",
        {
            "label": "Campaign", "kind": "choice", "choices": "a = Autumn\n\nSpring",
            "default": "a", "is_required": "on", "is_printed": "on",
            "label_fi": "Kampanja", "help": "Which one",
        },
    )  # fmt: skip
    assert response["Location"] == f"{FIELDS}?target=document"
    field = CustomField.objects.get()
    assert (field.name, field.choices) == ("campaign", [["a", "Autumn"], ["Spring", "Spring"]])
    assert (field.default, field.translations) == ("a", {"fi": "Kampanja"})
    assert field.is_required
    assert field.is_printed
    page = client.get(f"{FIELDS}{field.pk}/").content.decode()
    assert "a = Autumn\nSpring</textarea>" in page
    assert 'value="Kampanja"' in page


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"label": ""}, "“Label” is empty. Fill it in."),
        ({"name": "2x"}, "“2x” cannot be a key."),
        ({"kind": "choice"}, "Write down what can be chosen"),
        ({"kind": "number", "default": "x"}, "“x” is not a number."),
        ({"kind": "nothing"}, "Select a valid choice."),
    ],
)
def test_a_refusal_stands_by_its_field(
    owner: Membership, signed_in: SignIn, values: dict[str, str], sentence: str
) -> None:
    response = signed_in(owner).post(f"{FIELDS}new/", {**NEW, **values}, headers=HTMX)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not CustomField.objects.exists()


def test_a_changed_key_takes_the_values_along(owner: Membership, signed_in: SignIn) -> None:
    field = made()
    CustomerFactory(custom_values={"contract": "frame"})
    response = signed_in(owner).post(
        f"{FIELDS}{field.pk}/", {**NEW, "name": "agreement"}, headers=HTMX
    )
    assert response.status_code == 204
    assert Customer.objects.get().custom_values == {"agreement": "frame"}


def test_deleting_says_what_is_lost_first(owner: Membership, signed_in: SignIn) -> None:
    field = made()
    CustomerFactory.create_batch(2, custom_values={"contract": "frame"})
    client = signed_in(owner)
    page = client.get(f"{FIELDS}{field.pk}/delete/").content.decode()
    assert "Delete with 2 values" in page
    refused = client.post(f"{FIELDS}{field.pk}/delete/", {"losing": "1"}, headers=HTMX)
    assert refused.status_code == 422
    assert "more values now than you were told (2)" in refused.content.decode()
    assert client.post(f"{FIELDS}{field.pk}/delete/", {"losing": "2"}).status_code == 302
    assert not CustomField.objects.exists()
    assert client.get(f"{FIELDS}{field.pk}/delete/").status_code == 404


def test_order_and_switching(owner: Membership, signed_in: SignIn) -> None:
    first, second = made(), made(name="vip", label="VIP", position=1)
    client = signed_in(owner)
    moved = client.post(f"{FIELDS}order/", {"pk": [second.pk, first.pk, "x"]}, headers=HTMX)
    assert moved.status_code == 204
    page = client.get(FIELDS, headers=HTMX).content.decode()
    assert page.index("VIP") < page.index("Contract")
    client.post(f"{FIELDS}{first.pk}/deactivate/")
    assert "Not active" in client.get(FIELDS).content.decode()
    client.post(f"{FIELDS}{first.pk}/reactivate/")
    assert "Not active" not in client.get(FIELDS).content.decode()
    assert client.get(f"{FIELDS}?target=nothing").status_code == 404


@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
def test_others_do_not_get_there(role: str, request: Any, signed_in: SignIn) -> None:
    client = signed_in(request.getfixturevalue(role))
    field = made()
    for address in (FIELDS, f"{FIELDS}new/", f"{FIELDS}{field.pk}/", f"{FIELDS}{field.pk}/delete/"):
        assert client.get(address).status_code == 403
    assert client.post(f"{FIELDS}order/", {"pk": field.pk}).status_code == 403


def test_the_list_asks_the_same_few_questions(
    owner: Membership, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(owner)
    for number in range(12):
        made(name=f"f{number}", label=f"F{number}")
    client.get(FIELDS)
    with django_assert_max_num_queries(12):
        client.get(FIELDS)
