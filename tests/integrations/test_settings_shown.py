"""Settings that mean something only with certain values of another one."""

import re
from collections.abc import Callable

import pytest
from django import forms
from django.test import Client
from django.utils import timezone

from integrations.domain.settlements import connections_to_read
from integrations.models import Connection
from integrations.registry import all_systems
from tenants.models import Membership

SignIn = Callable[[Membership], Client]
HQ = {
    "name": "HQ",
    "environment": "production",
    "dialect": "file",
    "positions": "nested",
    "corrections": "hand",
    "payments": "3600",
}
pytestmark = pytest.mark.usefixtures("tenant")


def connect(system: str, **settings: str) -> Connection:
    made: Connection = Connection.objects.create(
        system=system, name=system, environment="production", settings=settings, is_active=True
    )
    return made


def idle_fields(page: str) -> set[str]:
    """What the page keeps out of sight where it has a script."""
    groups = re.findall(
        r'data-shown-of="\w+" data-shown-for="[\w ]+" data-idle>(.*?)</div>', page, re.S
    )
    return {found for group in groups for found in re.findall(r'name="(\w+)"', group)}


@pytest.mark.parametrize("key", all_systems())
def test_each_names_fields_and_values_that_there_are(key: str) -> None:
    system = all_systems()[key]
    form = system.form(instance=Connection(system=key), system=system)
    for name, only in form.only.items():
        assert name in form.fields
        by = form.fields[only.name]
        assert isinstance(by, forms.ChoiceField)
        assert only.name not in form.only, "one that is hidden itself shows nothing"
        assert all(by.valid_value(value) for value in only.values)
        assert by.widget.attrs["data-shows"] is True


def test_files_for_hq_ask_for_nothing_of_its_interfaces(
    accountant: Membership, signed_in: SignIn
) -> None:
    page = signed_in(accountant).get("/acme/accounting/new/hq/").content.decode()
    assert idle_fields(page) == {
        "token", "payments", "template", "payment_condition", "company_type", "tax_scale",
        "positions", "corrections", "units",
    }  # fmt: skip
    assert "data-idle>Save once, and there are lists" in page


def test_an_interface_of_hq_has_its_own(accountant: Membership, signed_in: SignIn) -> None:
    made = connect("hq", dialect="v1")
    page = signed_in(accountant).get(f"/acme/accounting/{made.pk}/").content.decode()
    assert idle_fields(page) == {"tax_scale", "units"}
    assert 'data-shown-for="v1 v2">Save once, and there are lists' in page


@pytest.mark.parametrize(
    ("mode", "idle"),
    [
        (
            "document",
            {
                f"category_{kind}"
                for kind in (
                    "net", "vatfree", "eu_services", "construction", "eu_goods", "outside_eu",
                )
            },
        ),
        ("voucher", {"finalize", "payment_terms", "print_layout"}),
    ],
)  # fmt: skip
def test_vouchers_and_documents_of_lexware_have_their_own(
    accountant: Membership, signed_in: SignIn, mode: str, idle: set[str]
) -> None:
    made = connect("lexoffice", mode=mode)
    page = signed_in(accountant).get(f"/acme/accounting/{made.pk}/").content.decode()
    assert idle_fields(page) == idle


def test_what_nobody_sees_keeps_nobody_from_saving(
    accountant: Membership, signed_in: SignIn
) -> None:
    made = connect("hq", dialect="v2", template="5")
    entered = {**HQ, "template": "five", "units": "?", "company_type": "12"}
    answer = signed_in(accountant).post(f"/acme/accounting/{made.pk}/", entered)
    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.settings["dialect"] == "file"
    # What is wrong stays as it was, what is right is there when it is needed.
    assert (made.settings["template"], made.settings["units"]) == ("5", "")
    assert made.settings["company_type"] == "12"


def test_what_is_seen_is_checked(accountant: Membership, signed_in: SignIn) -> None:
    made = connect("hq", dialect="v2", template="5")
    entered = {**HQ, "dialect": "v2", "token": "a", "template": "five"}
    answer = signed_in(accountant).post(f"/acme/accounting/{made.pk}/", entered)
    assert answer.status_code == 422
    assert "An id is a whole number." in answer.content.decode()


def test_a_way_that_is_none_hides_no_mistake(accountant: Membership, signed_in: SignIn) -> None:
    made = connect("hq", dialect="v2", template="5")
    entered = {**HQ, "dialect": "v3", "template": "five"}
    page = signed_in(accountant).post(f"/acme/accounting/{made.pk}/", entered).content.decode()
    assert "An id is a whole number." in page


@pytest.mark.parametrize(("dialect", "is_read"), [("file", False), ("v1", True)])
def test_payments_are_read_only_the_way_that_tells_them(dialect: str, is_read: bool) -> None:
    made = connect("hq", dialect=dialect, payments="3600")
    assert (made.pk in connections_to_read(timezone.now())) is is_read
