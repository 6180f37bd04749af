"""The list of payments and a payment's page."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from invoicing.domain.payments.allocating import allocate
from invoicing.domain.payments.registering import pay_back, reverse_payment
from invoicing.models import Payment
from tenants.models import Membership, Tenant, TenantRole
from tests.documents.making import posted
from tests.factories import CustomerFactory, ProjectFactory
from tests.payments.paying import ON, TODAY, left, open_amount, pay, receive

type SignedIn = Callable[[Membership], Client]


def url(payment: Payment, end: str = "") -> str:
    return f"/acme/payments/{payment.pk}/{end}"


def sent(**fields: Any) -> dict[str, Any]:
    return {
        "token": uuid4(),
        "amount": "200",
        "currency": "EUR",
        "payment_date": ON.isoformat(),
        "method": "transfer",
        "account": "1910",
    } | fields


@pytest.fixture
def payments(tenant: Tenant) -> dict[str, Payment]:
    """One in each state."""
    allocated = pay(posted({}), "125.50", reference="1009", payment_date=TODAY)
    credit = pay(posted({}), "150", method="card")
    taken = pay(posted({}), "25.50")
    reversal = reverse_payment(taken, reason="Bounced", actor=None, on=TODAY)
    over = receive(CustomerFactory(name="Över Oy"), "80", payment_date=date(2026, 11, 1))
    refund = pay_back(
        over, amount=Decimal(80), payment_date=TODAY, token=uuid4(), actor=None, today=TODAY
    )
    return {
        "allocated": allocated, "credit": credit, "reversed": taken, "reversal": reversal,
        "over": over, "refund": refund,
    }  # fmt: skip


def shown(client: Client, query: str = "") -> list[Payment]:
    answer = client.get(f"/acme/payments/{query}")
    assert answer.status_code == 200
    return [row for row, _state, _numbers in answer.context["rows"]]


def test_all_movements_the_last_first_with_sums(
    payments: dict[str, Payment], accountant: Membership, signed_in: SignedIn
) -> None:
    answer = signed_in(accountant).get("/acme/payments/")
    rows = {row.pk: (state, numbers) for row, state, numbers in answer.context["rows"]}
    assert [row.payment_date for row, *_rest in answer.context["rows"]] == sorted(
        (one.payment_date for one in payments.values()), reverse=True
    )
    assert rows[payments["allocated"].pk] == ("allocated", ["2026-0001"])
    assert rows[payments["credit"].pk] == ("credit", ["2026-0002"])
    assert rows[payments["reversed"].pk] == ("reversed", [])
    assert rows[payments["refund"].pk] == ("refund", [])
    assert [stat["value"] for stat in answer.context["stats"]] == ["€275.50", "€24.50"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=credit", {"credit"}),
        ("?state=allocated", {"allocated", "over"}),
        ("?state=reversed", {"reversed"}),
        ("?state=reversal", {"reversal"}),
        ("?state=refund", {"refund"}),
        ("?q=1009", {"allocated"}),
        ("?q=över", {"over", "refund"}),
        ("?method=card", {"credit"}),
        ("?amount_min=100", {"allocated", "credit"}),
        ("?date_before=2026-11-10", {"over"}),
        ("?currency=SEK", set()),
    ],
)
def test_filters(
    payments: dict[str, Payment],
    accountant: Membership,
    signed_in: SignedIn,
    query: str,
    expected: set[str],
) -> None:
    names = {payment.pk: name for name, payment in payments.items()}
    assert {names[row.pk] for row in shown(signed_in(accountant), query)} == expected


@pytest.mark.parametrize(
    "sort", ["date", "customer", "method", "reference", "amount", "left", "-amount", "nonsense"]
)
def test_sorting(
    payments: dict[str, Payment], accountant: Membership, signed_in: SignedIn, sort: str
) -> None:
    rows = shown(signed_in(accountant), f"?sort={sort}")
    assert len(rows) == 6
    if sort == "-amount":
        assert [row.amount for row in rows][:2] == [150, Decimal("125.50")]


def test_files_and_wrong_filters(
    payments: dict[str, Payment], accountant: Membership, signed_in: SignedIn
) -> None:
    client = signed_in(accountant)
    answer: Any = client.get("/acme/payments/export.csv?state=credit")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "2026-0002" in lines[1]
    assert client.get("/acme/payments/export.xlsx").status_code == 200
    assert client.get("/acme/payments/export.csv?state=nonsense").status_code == 422
    assert client.get("/acme/payments/?state=nonsense").status_code == 422


def test_an_empty_list_offers_the_first_step(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    assert "No payments yet" in client.get("/acme/payments/").content.decode()
    none = client.get("/acme/payments/?q=nothing").content.decode()
    assert "No payment matches these filters" in none


def test_the_list_asks_no_more_for_more_rows(
    payments: dict[str, Payment],
    accountant: Membership,
    signed_in: SignedIn,
    django_assert_max_num_queries: Any,
) -> None:
    client = signed_in(accountant)
    with django_assert_max_num_queries(12):
        client.get("/acme/payments/")
    with django_assert_max_num_queries(12):
        client.get(url(payments["credit"]))


def test_money_is_registered_and_then_allocated(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client, customer = signed_in(accountant), CustomerFactory()
    first = posted({}, customer=customer, due_date=date(2026, 11, 25))
    second = posted({}, customer=customer, due_date=date(2026, 11, 24))
    answer = client.post("/acme/payments/new/", sent(customer=customer.pk), follow=True)
    payment = Payment.objects.get()
    form = answer.context["form"]
    assert (form[f"i{second.pk}"].value(), form[f"i{first.pk}"].value()) == ("125.50", "74.50")
    assert open_amount(first) == Decimal("125.50")

    typed = {f"i{first.pk}": "74,50", f"i{second.pk}": "125,50"}
    client.post(url(payment, "allocate/"), typed)
    assert (open_amount(first), open_amount(second), left(payment)) == (51, 0, 0)
    client.post(
        url(payment, "allocate/"),
        {
            f"i{first.pk}": "125,50",
            f"was-i{first.pk}": "74.500",
            f"i{second.pk}": "",
            f"was-i{second.pk}": "125.500",
        },
    )
    assert (open_amount(first), open_amount(second)) == (0, Decimal("125.50"))
    assert left(payment) == Decimal("74.50")


def on_page(answer: Any) -> dict[str, str]:
    """What the browser sends of the page as it stands."""
    found = re.findall(r'name="((?:was-)?i\d+)"\s+value="([^"]*)"', answer.content.decode())
    return dict(found)


def test_an_old_page_changes_only_what_was_typed_on_it(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client, customer = signed_in(accountant), CustomerFactory()
    first, second = posted({}, customer=customer), posted({}, customer=customer)
    payment = receive(customer, "200")
    old = on_page(client.get(url(payment)))
    assert old == {
        f"i{first.pk}": "", f"was-i{first.pk}": "0",
        f"i{second.pk}": "", f"was-i{second.pk}": "0",
    }  # fmt: skip
    allocate(payment, {first.pk: Decimal(50)}, actor=accountant.user)

    client.post(url(payment, "allocate/"), {})
    client.post(url(payment, "allocate/"), old | {f"i{second.pk}": "100"})
    assert (open_amount(first), open_amount(second)) == (Decimal("75.50"), Decimal("25.50"))


def test_what_somebody_changed_meanwhile_is_looked_at_again(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client, customer = signed_in(accountant), CustomerFactory()
    first, second = posted({}, customer=customer), posted({}, customer=customer)
    payment = receive(customer, "200", {second: "60"})
    old = on_page(client.get(url(payment)))
    allocate(payment, {first.pk: Decimal(50), second.pk: Decimal(70)}, actor=accountant.user)

    answer = client.post(url(payment, "allocate/"), old | {f"i{first.pk}": "80"})
    assert answer.status_code == 422
    assert (
        "Accountant settled €50.00 of 2026-0001 with this payment meanwhile, look again."
        in answer.content.decode()
    )
    assert (open_amount(first), open_amount(second)) == (Decimal("75.50"), Decimal("55.50"))
    again = on_page(answer)
    assert (again[f"i{first.pk}"], again[f"i{second.pk}"]) == ("80", "70.00")
    client.post(url(payment, "allocate/"), again)
    assert (open_amount(first), open_amount(second)) == (Decimal("45.50"), Decimal("55.50"))


def test_what_is_paid_by_other_money_meanwhile_is_said(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client, invoice = signed_in(accountant), posted({})
    payment = receive(invoice.customer, "100")
    typed = on_page(client.get(url(payment))) | {f"i{invoice.pk}": "100"}
    pay(invoice, "125.50")
    answer = client.post(url(payment, "allocate/"), typed)
    assert answer.status_code == 422
    assert "Of 2026-0001 only €0.00 is open." in answer.content.decode()
    assert on_page(answer)[f"i{invoice.pk}"] == "100"


def test_too_much_is_refused_and_stays_typed(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    invoice = posted({})
    payment = receive(invoice.customer, "100")
    answer = client.post(url(payment, "allocate/"), {f"i{invoice.pk}": "100,01"})
    assert answer.status_code == 422
    assert "Only €100.00 of this payment is left." in answer.content.decode()
    assert answer.context["form"][f"i{invoice.pk}"].value() == "100,01"
    assert client.post(url(payment, "allocate/"), {f"i{invoice.pk}": "x"}).status_code == 422
    assert left(payment) == 100


def test_one_that_looks_known_is_asked_about(accountant: Membership, signed_in: SignedIn) -> None:
    client, customer = signed_in(accountant), CustomerFactory()
    receive(customer, "200")
    fields = sent(customer=customer.pk)
    answer = client.post("/acme/payments/new/", fields)
    assert (answer.status_code, answer.context["asks_another"]) == (422, True)
    client.post("/acme/payments/new/", fields | {"is_another": "on"})
    assert Payment.objects.count() == 2


def test_a_form_gone_back_to_is_not_taken_for_the_first(
    accountant: Membership, signed_in: SignedIn
) -> None:
    client, first, second = signed_in(accountant), CustomerFactory(name="Eka Oy"), CustomerFactory()
    fields = sent(customer=first.pk)
    for _click in range(2):
        assert client.post("/acme/payments/new/", fields).status_code == 302
    other = fields | {"customer": second.pk, "amount": "90", "text": "Kept"}
    answer = client.post("/acme/payments/new/", other)
    assert (answer.status_code, Payment.objects.count()) == (422, 1)
    said = answer.content.decode()
    assert "This form was sent already: Accountant registered €200.00 of Eka Oy" in said
    form = answer.context["form"]
    assert [str(form[name].value()) for name in ("customer", "amount", "text")] == [
        str(second.pk), "90", "Kept",
    ]  # fmt: skip
    client.post("/acme/payments/new/", other | {"token": form["token"].value()})
    assert list(Payment.objects.order_by("pk").values_list("customer", "amount")) == [
        (first.pk, 200), (second.pk, 90),
    ]  # fmt: skip


def test_a_refund_gone_back_to(accountant: Membership, signed_in: SignedIn) -> None:
    client, payment = signed_in(accountant), receive(CustomerFactory(), "200")
    fields = sent(amount="50", payment_date=TODAY.isoformat())
    for _click in range(2):
        assert client.post(url(payment, "refund/"), fields).status_code == 302
    answer = client.post(url(payment, "refund/"), fields | {"amount": "60"})
    assert (answer.status_code, left(payment)) == (422, 150)
    assert "This form was sent already" in answer.content.decode()
    token = answer.context["form"]["token"].value()
    client.post(url(payment, "refund/"), fields | {"amount": "60", "token": token})
    assert left(payment) == 90


def becomes(membership: Membership, *granted: str) -> None:
    """A cashier, who may do this and no more."""
    Tenant.objects.filter(pk=membership.tenant_id).update(has_adjusted_roles=True)
    TenantRole.objects.create(key="cashier", name="Cashier", granted=list(granted))
    Membership.objects.filter(pk=membership.pk).update(role="cashier")


def test_who_sees_the_invoices_of_own_projects_only(
    accountant: Membership, signed_in: SignedIn
) -> None:
    """Money is registered on the page of an invoice one sees; payments are of whole customers."""
    project = ProjectFactory(manager=accountant)
    own, others = posted({}, customer=project.customer, project=project), posted({})
    payment = pay(others, "150")
    becomes(accountant, "register_payment", "view_project_invoice", "view_project_customers")
    client = signed_in(accountant)
    for path in ("", "export.csv", "new/", f"{payment.pk}/", f"{payment.pk}/refund/"):
        assert client.get(f"/acme/payments/{path}").status_code == 403
    assert client.post(url(payment, "allocate/"), {}).status_code == 403
    assert client.post(url(payment, "reverse/"), {"reason": "No"}).status_code == 403
    assert client.get(f"/acme/invoices/{others.pk}/pay/").status_code == 404
    fields = sent(amount="125.50", seen_open="125.50")
    client.post(f"/acme/invoices/{own.pk}/pay/", fields)
    assert open_amount(own) == 0


def test_customers_are_those_one_sees(accountant: Membership, signed_in: SignedIn) -> None:
    own, other = ProjectFactory(manager=accountant).customer, CustomerFactory()
    becomes(accountant, "register_payment", "view_invoice", "view_project_customers")
    client = signed_in(accountant)
    assert client.post("/acme/payments/new/", sent(customer=other.pk)).status_code == 422
    assert client.post("/acme/payments/new/", sent(customer=own.pk)).status_code == 302


def test_paid_back_and_reversed(accountant: Membership, signed_in: SignedIn) -> None:
    client = signed_in(accountant)
    invoice = posted({})
    payment = pay(invoice, "150")
    form = client.get(url(payment, "refund/")).context["form"]
    assert form["amount"].value() == "24.50"
    fields = sent(amount="30", payment_date=TODAY.isoformat())
    assert client.post(url(payment, "refund/"), fields).status_code == 422
    client.post(url(payment, "refund/"), fields | {"amount": "24.50"})
    assert left(payment) == 0
    page = client.get(url(payment))
    assert [row.amount for row in page.context["movements"]] == [150, Decimal("-24.50")]

    refused = client.post(url(payment, "reverse/"), {"reason": "Wrong"})
    assert refused.status_code == 422
    assert "Reverse that refund first" in refused.content.decode()
    refund = Payment.objects.get(kind="refund")
    client.post(url(refund, "reverse/"), {"reason": "Came back"})
    assert client.post(url(payment, "reverse/"), {"reason": ""}).status_code == 422
    client.post(url(payment, "reverse/"), {"reason": "Wr\x00ong"})
    assert Payment.objects.get(reverses=payment).text == "Wrong"
    assert open_amount(invoice) == Decimal("125.50")
    assert "This payment is reversed" in client.get(url(payment)).content.decode()


@pytest.mark.parametrize("end", ["allocate/", "refund/", "reverse/"])
def test_who_may_not(
    auditor: Membership,
    manager: Membership,
    other_tenant: Tenant,
    signed_in: SignedIn,
    end: str,
) -> None:
    payment = pay(posted({}), "150")
    client = signed_in(auditor)
    assert client.get(url(payment)).status_code == 200
    assert client.post(url(payment, end), {"reason": "x"}).status_code == 403
    assert "Reverse…" not in client.get(url(payment)).content.decode()
    assert signed_in(manager).get(url(payment)).status_code == 403
    strange = signed_in(auditor).get(f"/{other_tenant.slug}/payments/{payment.pk}/")
    assert strange.status_code == 404
    assert left(payment) == Decimal("24.50")
