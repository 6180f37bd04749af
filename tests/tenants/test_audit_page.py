import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tenants.audit import log
from tenants.audit_words import ACTIONS, action_words
from tenants.models import AuditEntry, Membership
from tests.factories import CustomerFactory

SignIn = Callable[[Membership], Client]
URL = "/acme/company/audit/"


def test_who_when_what_and_the_way_there(owner: Membership, signed_in: SignIn) -> None:
    customer = CustomerFactory(name="Pohjola Oy")
    log("customer.changed", customer, actor=owner.user, changes={"city": ["Turku", "Tampere"]})

    page = signed_in(owner).get(URL).content.decode()

    assert "Customer changed" in page
    assert f'href="/acme/customers/{customer.pk}/"' in page
    assert "city: Turku → Tampere" in page


def test_filters_are_in_the_address(
    owner: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    log("customer.added", CustomerFactory(name="Aalto"), actor=owner.user)
    log("customer.changed", CustomerFactory(name="Brahe"), actor=accountant.user)
    client = signed_in(owner)

    def shown(**query: Any) -> set[str]:
        page = client.get(URL, query, headers={"HX-Request": "true"}).content.decode()
        return {name for name in ("Aalto", "Brahe") if f">{name}<" in page}

    assert shown() == {"Aalto", "Brahe"}
    assert shown(action="customer.added") == {"Aalto"}
    assert shown(person=accountant.pk) == {"Brahe"}
    assert shown(q="aal") == {"Aalto"}
    assert shown(at_before="2001-01-01") == set()
    assert shown(object_type="customers.customer") == {"Aalto", "Brahe"}


def test_a_wrong_date_is_refused_in_words(owner: Membership, signed_in: SignIn) -> None:
    page = signed_in(owner).get(URL, {"at_after": "yesterday"}).content.decode()
    assert "Enter a valid date" in page


def test_the_file_has_every_row_and_runs_no_formula(owner: Membership, signed_in: SignIn) -> None:
    log("customer.added", CustomerFactory(name="=1+1"), actor=owner.user)
    response = signed_in(owner).get(f"{URL}export/")

    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeffTime;Who;Action;Kind;What;Detail\r\n")
    assert ";Customer added;Customer;'=1+1;" in text
    assert response["Content-Disposition"] == 'attachment; filename="audit-acme.csv"'


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("manager", 403), ("member", 403)])
def test_who_reads_the_log(role: str, status: int, request: Any, signed_in: SignIn) -> None:
    assert signed_in(request.getfixturevalue(role)).get(URL).status_code == status


def test_the_log_keeps_its_number_of_queries(
    owner: Membership, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = signed_in(owner)
    log("customer.added", CustomerFactory(), actor=owner.user)
    client.get(URL)
    with django_assert_num_queries(7) as one:
        client.get(URL, headers={"HX-Request": "true"})
    for _number in range(3):
        log("customer.added", CustomerFactory(), actor=owner.user)
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(URL, headers={"HX-Request": "true"})
    assert AuditEntry.objects.count() == 4


def test_every_code_that_is_logged_has_words() -> None:
    """`log("invoice.posted", ...)` and `entry(...)` anywhere in the rooms."""
    call = re.compile(r'\b(?:log|entry)\(\s*"([a-z_]+\.[a-z_]+)"')
    rooms = ("tenants", "catalog", "customers", "timesheets", "invoicing", "integrations")
    found = {
        code
        for room in rooms
        for path in Path(settings.BASE_DIR, room).rglob("*.py")
        for code in call.findall(path.read_text())
    }
    assert "member.added" in found
    assert sorted(found - set(ACTIONS)) == []
    assert action_words("thing.done_twice") == "thing: done twice"
