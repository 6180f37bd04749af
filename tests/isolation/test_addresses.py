"""Every address, tried by strangers, by another company's people, and by each role."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from tenants.models import User
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.isolation.conftest import Companies
from tests.isolation.walking import Address, addresses, arguments, fingerprint, names_in

# Who may read (r) and send (w) what; a new address needs its line, which somebody has to read.
# `pytest tests/isolation -n0 --write-access` writes it anew.
ACCESS = Path(__file__).parent / "access.csv"
REFUSED = (403, 404, 405)


@cache
def links(tenant_id: int) -> list[tuple[Address, str]]:
    """Each address below the company, made with keys of the company's own rows.

    Of the oldest, which are there before each test and after it.
    """
    with tenant_scope(tenant_id):
        return [
            (address, reverse(address.name, "config.tenant_urls", kwargs=arguments(address)))
            for address in addresses()
        ]


def ask(client: Client, method: str, path: str) -> HttpResponseBase:
    """The answer, and nothing of what it did."""
    with transaction.atomic():
        answer = getattr(client, method)(path)
        body(answer)
        transaction.set_rollback(True)
    found: HttpResponseBase = answer
    return found


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def test_a_stranger_finds_nothing(companies: Companies) -> None:
    client = signed_in(companies.stranger)
    open_to_all = [
        (method, path, answer.status_code)
        for _address, path in links(companies.theirs.pk)
        for method in ("get", "post")
        if (answer := ask(client, method, f"/{companies.theirs.slug}{path}")).status_code != 404
    ]
    assert open_to_all == []


def test_nobody_gets_in_without_signing_in(companies: Companies) -> None:
    client = Client()
    for _address, path in links(companies.theirs.pk):
        for method in ("get", "post"):
            answer: Any = ask(client, method, f"/{companies.theirs.slug}{path}")
            assert answer.status_code == 302
            assert answer.url.startswith("/accounts/login/")


def test_another_companys_keys_open_nothing(companies: Companies) -> None:
    """Our owner, inside our own company, with keys of their rows in the address."""
    client = signed_in(companies.person(Role.OWNER))
    with tenant_scope(companies.theirs.pk):
        before = fingerprint(companies.theirs.pk)
    opened = []
    for address, path in links(companies.theirs.pk):
        if is_the_same_for_all(address) or tells_nothing(address):
            continue
        for method in ("get", "post"):
            answer = ask(client, method, f"/{companies.ours.slug}{path}")
            if answer.status_code not in (403, 404, 405) and not led_back(address, answer):
                opened.append((method, path, answer.status_code))
    assert opened == []
    with tenant_scope(companies.theirs.pk):
        assert fingerprint(companies.theirs.pk) == before


def is_the_same_for_all(address: Address) -> bool:
    """The address names a kind of file, a step, a system, a text or an app, and no row."""
    names = names_in(address.route)
    names -= {"kind", "step", "which", "country", "words", "app_label", "url", "content_type_id"}
    return not names or (address.name.startswith("integrations:") and names == {"key"})


def tells_nothing(address: Address) -> bool:
    """It says that the draft is gone, in the same words as of one that never was."""
    return address.name == "invoicing:draft_presence"


def led_back(address: Address, answer: Any) -> bool:
    """The admin answers a key it does not know by going to its first page."""
    return address.name.startswith("admin:") and answer.status_code == 302


@pytest.mark.parametrize("role", Role.values)
def test_each_role_may_do_what_the_table_says(
    companies: Companies, role: str, request: pytest.FixtureRequest
) -> None:
    """And reading, which nothing takes back here, changes nothing and never breaks."""
    client = signed_in(companies.person(Role(role)))
    found = links(companies.ours.pk)
    with tenant_scope(companies.ours.pk):
        before = fingerprint(companies.ours.pk)
    may: dict[str, str] = {}
    for address, path in found:
        answer = client.get(f"/{companies.ours.slug}{path}")
        body(answer)
        assert answer.status_code < 500, path
        may[address.name] = "" if answer.status_code in REFUSED else "r"
    with tenant_scope(companies.ours.pk):
        assert fingerprint(companies.ours.pk) == before
    for address, path in found:
        if ask(client, "post", f"/{companies.ours.slug}{path}").status_code not in REFUSED:
            may[address.name] += "w"
    told = {name: rights or "-" for name, rights in may.items()}
    if request.config.getoption("--write-access"):
        write_column(role, told)
    assert told == {name: roles[role] for name, roles in read_table().items()}


def write_column(role: str, found: dict[str, str]) -> None:
    table, unknown = read_table(), dict.fromkeys(Role.values, "?")
    with ACCESS.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["address", *Role.values], lineterminator="\n")
        writer.writeheader()
        for name, told in sorted(found.items()):
            writer.writerow({"address": name, **table.get(name, unknown), role: told})


def read_table() -> dict[str, dict[str, str]]:
    with ACCESS.open(newline="") as file:
        return {
            row["address"]: {role: row[role] for role in Role.values}
            for row in csv.DictReader(file)
        }
