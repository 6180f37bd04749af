"""Filters under a name: own and shared, the default, and what of one no longer exists."""

from collections.abc import Callable

import pytest
from django.test import Client

from invoicing.models import SavedFilter
from tenants.models import Membership
from tests.factories import CustomerFactory

SignIn = Callable[[Membership], Client]
NEW = "/acme/invoices/filters/new/"
HTMX = {"HX-Request": "true"}


def saved(owner: Membership, name: str, query: str, **fields: bool) -> SavedFilter:
    assert owner.user is not None
    made: SavedFilter = SavedFilter.objects.create(
        owner=owner.user, name=name, query=query, **fields
    )
    return made


def test_what_is_shown_is_saved_under_a_name(signed_in: SignIn, accountant: Membership) -> None:
    answer = signed_in(accountant).post(
        f"{NEW}?q=pump&status=overdue&page=3&saved=7&date_after=", {"name": "Late pumps"}
    )

    made = SavedFilter.objects.get()
    assert (made.name, made.query, made.is_shared) == ("Late pumps", "q=pump&status=overdue", False)
    assert answer.headers["Location"] == (f"/acme/invoices/?q=pump&status=overdue&saved={made.pk}")


def test_a_name_is_taken_once(signed_in: SignIn, accountant: Membership) -> None:
    saved(accountant, "Late", "status=overdue")

    answer = signed_in(accountant).post(f"{NEW}?q=x", {"name": "Late"}, headers=HTMX)

    assert answer.status_code == 422
    assert "There is a filter “Late” already." in answer.content.decode()
    assert SavedFilter.objects.count() == 1


def test_shared_by_those_who_may(
    signed_in: SignIn, accountant: Membership, auditor: Membership
) -> None:
    signed_in(accountant).post(f"{NEW}?q=x", {"name": "All", "is_shared": "on"})
    shared = SavedFilter.objects.get()
    assert shared.is_shared
    client = signed_in(auditor)

    assert "All" in client.get("/acme/invoices/?saved=").content.decode()
    assert client.post(f"/acme/invoices/filters/{shared.pk}/", {"name": "Mine"}).status_code == 403
    assert client.post(f"/acme/invoices/filters/{shared.pk}/delete/").status_code == 403
    client.post(f"{NEW}?q=y", {"name": "Own", "is_shared": "on"})
    assert not SavedFilter.objects.get(name="Own").is_shared


def test_somebody_elses_own_filter_is_not_there(
    signed_in: SignIn, accountant: Membership, auditor: Membership
) -> None:
    own = saved(accountant, "Private", "q=x")
    client = signed_in(auditor)

    assert "Private" not in client.get("/acme/invoices/").content.decode()
    assert client.get(f"/acme/invoices/filters/{own.pk}/").status_code == 404


def test_a_filter_is_renamed_replaced_and_deleted(
    signed_in: SignIn, accountant: Membership
) -> None:
    own = saved(accountant, "Old", "q=x")
    client = signed_in(accountant)

    client.post(f"/acme/invoices/filters/{own.pk}/", {"name": "New"})
    own.refresh_from_db()
    assert (own.name, own.query) == ("New", "q=x")
    client.post(f"/acme/invoices/filters/{own.pk}/?q=z&saved={own.pk}", {"name": "New"})
    own.refresh_from_db()
    assert own.query == "q=z"
    client.post(f"/acme/invoices/filters/{own.pk}/delete/")
    assert not SavedFilter.objects.exists()


def test_the_default_is_what_the_archive_opens_with(
    signed_in: SignIn, accountant: Membership
) -> None:
    shared = saved(accountant, "Everybody's", "status=draft", is_shared=True, is_default=True)
    client = signed_in(accountant)
    assert client.get("/acme/invoices/").headers["Location"].endswith(f"draft&saved={shared.pk}")

    client.post(f"{NEW}?status=overdue", {"name": "Mine", "is_default": "on"})
    mine = SavedFilter.objects.get(name="Mine")
    assert client.get("/acme/invoices/").headers["Location"].endswith(f"overdue&saved={mine.pk}")
    client.post(f"{NEW}?status=posted", {"name": "Other", "is_default": "on"})
    mine.refresh_from_db()
    assert not mine.is_default

    assert client.get("/acme/invoices/?saved=").status_code == 200


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("customer=999999&currency=SEK", "Customer"),
        ("project=999999&currency=SEK", "Project"),
        ("creator=999999&currency=SEK", "Made by"),
        ("exported=procountor-9&currency=SEK", "Exported to"),
        ("field_gone=x&currency=SEK", "gone"),
    ],
)
def test_what_a_saved_filter_names_may_be_gone(
    signed_in: SignIn, accountant: Membership, query: str, label: str
) -> None:
    from tests.documents.making import draft

    draft(currency="SEK", customer=CustomerFactory(name="Swedish Oy"))
    draft(customer=CustomerFactory(name="Finnish Oy"))
    own = saved(accountant, "Old", query)

    page = signed_in(accountant).get(f"/acme/invoices/?{query}&saved={own.pk}")

    text = page.content.decode()
    assert page.status_code == 200
    assert f"names under “{label}” no longer exists" in text
    assert [invoice.billing_name for invoice in page.context["page"]] == ["Swedish Oy"]
