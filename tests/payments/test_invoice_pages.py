"""Registering on an invoice's page: dialog, outcome, what others may see and do."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from invoicing.models import Allocation, Invoice, Payment
from tenants.models import Membership, Tenant
from tests.documents.making import posted
from tests.payments.paying import ON, left, open_amount, pay, settled

type SignedIn = Callable[[Membership], Client]
HTMX: Any = {"headers": {"HX-Request": "true", "HX-Target": "dialog"}}


def url(invoice: Invoice, end: str = "") -> str:
    return f"/acme/invoices/{invoice.pk}/{end}"


def sent(**fields: Any) -> dict[str, Any]:
    return {
        "token": uuid4(),
        "seen_open": "125.500",
        "amount": "125,50",
        "payment_date": ON.isoformat(),
        "method": "transfer",
        "account": "1910",
        "closes": "",
    } | fields


def test_the_dialog_begins_with_what_is_open(accountant: Membership, signed_in: SignedIn) -> None:
    invoice = posted({})
    pay(invoice, "25.50")
    form = signed_in(accountant).get(url(invoice, "pay/"), **HTMX).context["form"]
    assert (form["amount"].value(), form["seen_open"].value()) == ("100.00", Decimal(100))
    assert form.fields["account"].choices == [("1910", "1910 · Bank"), ("1900", "1900 · Cash")]


def test_confirmed_it_is_paid(accountant: Membership, signed_in: SignedIn) -> None:
    invoice, client = posted({}), signed_in(accountant)
    answer = client.post(url(invoice, "pay/"), sent(reference="10 09"), follow=True)
    assert "2026-0001 is paid." in answer.content.decode()
    assert (open_amount(invoice), Payment.objects.get().reference) == (0, "10 09")
    assert answer.context["invoice"].state == "paid"
    assert (answer.context["invoice"].received, answer.context["invoice"].given_up) == (
        Decimal("125.50"), 0,
    )  # fmt: skip
    assert "Register payment" not in answer.content.decode()


def test_in_part_too_much_and_given_up(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    part, more, less = posted({}), posted({}), posted({})
    said = [
        client.post(url(invoice, "pay/"), sent(**fields), follow=True).content.decode()
        for invoice, fields in (
            (part, {"amount": "25.50"}),
            (more, {"amount": "150"}),
            (less, {"amount": "120", "closes": "bank_cost", "is_another": "on"}),
        )
    ]
    assert "€25.50 is registered. €100.00 of 2026-0001 stays open." in said[0]
    assert "2026-0002 is paid. €24.50 is the customer&#x27;s credit." in said[1]
    assert settled(less) == [("payment", Decimal(120)), ("bank_cost", Decimal("5.50"))]


def test_refused_nothing_typed_is_lost(accountant: Membership, signed_in: SignedIn) -> None:
    invoice, client = posted({}), signed_in(accountant)
    answer = client.post(
        url(invoice, "pay/"), sent(payment_date="2026-11-19", reference="Kept"), **HTMX
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert "2026-0001 is of" in form.errors["payment_date"][0]
    assert form["reference"].value() == "Kept"
    assert Payment.objects.count() == 0


def test_the_second_of_two_reads_of_the_first_and_may_then_go_on(
    accountant: Membership, signed_in: SignedIn
) -> None:
    invoice, client = posted({}), signed_in(accountant)
    pay(invoice, "100", actor=accountant.user)
    late = sent(amount="25.50")
    answer = client.post(url(invoice, "pay/"), late)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors["amount"] == [
        "Accountant has registered €100.00 on 2026-0001 meanwhile, and €25.50 is open now. If that"
        " is the same money, there is nothing left to do."
    ]
    client.post(url(invoice, "pay/"), late | {"seen_open": form["seen_open"].value()})
    assert open_amount(invoice) == 0


def test_a_form_gone_back_to_with_another_amount(
    accountant: Membership, signed_in: SignedIn
) -> None:
    invoice, client = posted({}), signed_in(accountant)
    fields = sent(amount="100")
    for _click in range(2):
        assert client.post(url(invoice, "pay/"), fields).status_code == 302
    answer = client.post(url(invoice, "pay/"), fields | {"amount": "25.50"})
    assert (answer.status_code, Payment.objects.count()) == (422, 1)
    assert "This form was sent already" in answer.content.decode()
    form = answer.context["form"]
    kept = {name: form[name].value() for name in ("token", "seen_open", "amount")}
    client.post(url(invoice, "pay/"), fields | kept)
    assert open_amount(invoice) == 0


def test_one_like_another_is_asked_about(accountant: Membership, signed_in: SignedIn) -> None:
    invoice, client = posted({}), signed_in(accountant)
    pay(invoice, "50", actor=accountant.user)
    fields = sent(amount="50", seen_open="75.50")
    answer = client.post(url(invoice, "pay/"), fields)
    assert (answer.status_code, answer.context["asks_another"]) == (422, True)
    assert "is_another" in answer.context["form"].errors
    client.post(url(invoice, "pay/"), fields | {"is_another": "on"})
    assert open_amount(invoice) == Decimal("25.50")


def test_what_is_open_is_given_up(accountant: Membership, signed_in: SignedIn) -> None:
    invoice, client = posted({}), signed_in(accountant)
    fields = {"seen_open": "125.5", "kind": "bad_debt", "on": ON.isoformat(), "reason": "Gone"}
    answer = client.post(url(invoice, "give-up/"), fields, follow=True)
    assert "2026-0001 is closed. Bad debt: €125.50." in answer.content.decode()
    answer = client.post(url(invoice, "give-up/"), fields)
    assert (answer.status_code, Allocation.objects.count()) == (422, 1)


def test_credit_is_offered_and_used(accountant: Membership, signed_in: SignedIn) -> None:
    payment, client = pay(posted({}), "150"), signed_in(accountant)
    later = posted({}, customer=payment.customer)
    page = client.get(url(later))
    assert page.context["credit"] == Decimal("24.50")
    assert "has €24.50 to their credit" in page.content.decode()
    answer = client.post(url(later, "use-credit/"), follow=True)
    assert "€24.50 of credit settles 2026-0002." in answer.content.decode()
    assert (open_amount(later), left(payment)) == (101, 0)
    answer = client.post(url(later, "use-credit/"), follow=True)
    assert "has no credit in EUR any more" in answer.content.decode()


def test_payments_are_viewed_and_taken_back(accountant: Membership, signed_in: SignedIn) -> None:
    invoice, client = posted({}), signed_in(accountant)
    payment = pay(invoice, "120", closes="discount", reference="Statement 7")
    page = client.get(url(invoice, "payments/"))
    assert [(row.kind, row.left) for row in page.context["settlements"]] == [
        ("payment", Decimal(120)), ("discount", Decimal("5.50")),
    ]  # fmt: skip
    assert "Statement 7" in page.content.decode()
    row = page.context["settlements"][0]
    answer = client.post(f"/acme/allocations/{row.pk}/take-back/", follow=True)
    assert "€120.00 of 2026-0001 is open again." in answer.content.decode()
    assert (open_amount(invoice), left(payment)) == (120, 120)
    answer = client.post(f"/acme/allocations/{row.pk}/take-back/", follow=True)
    assert "taken back already" in answer.content.decode()


def test_the_journal_shows_what_was_paid(accountant: Membership, signed_in: SignedIn) -> None:
    invoice = posted({})
    pay(invoice, "125.50")
    entries = signed_in(accountant).get(url(invoice, "journal/")).context["entries"]
    assert [[(b.account, b.name) for b in entry.bookings] for entry in entries][1] == [
        ("1700", "Receivables"), ("1910", "Bank"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["pay/", "give-up/", "use-credit/"])
def test_who_may_not(
    auditor: Membership, owner: Membership, other_tenant: Tenant, signed_in: SignedIn, end: str
) -> None:
    invoice = posted({})
    assert signed_in(auditor).post(url(invoice, end), sent()).status_code == 403
    client = signed_in(owner)
    assert client.post(f"/acme/invoices/{invoice.pk + 999}/{end}", sent()).status_code == 404
    answer = client.post(f"/{other_tenant.slug}/invoices/{invoice.pk}/{end}", sent())
    assert answer.status_code == 404
    assert Payment.objects.count() == 0
    assert signed_in(auditor).get(url(invoice, "payments/")).status_code == 200


def test_the_page_asks_no_more_for_more_payments(
    accountant: Membership, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    invoice, client = posted({}), signed_in(accountant)
    for amount in ("10", "20", "30"):
        pay(invoice, amount)
    for end in ("", "payments/"):
        with django_assert_max_num_queries(12):
            client.get(url(invoice, end))
