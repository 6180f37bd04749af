"""The pages of charges, by role."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Project
from invoicing.domain.drafting import draft_work
from tenants.models import AuditEntry, Membership, Tenant
from tests.factories import (
    ChargeFactory,
    CustomerFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from timesheets.domain.leaving_out import LeftOut
from timesheets.domain.settling import Step, settle
from timesheets.models import Charge, ChargeKind

SignedIn = Callable[[Membership], Client]
LIST = "/acme/charges/"


@pytest.fixture
def project(tenant: Tenant, manager: Membership) -> Project:
    found: Project = ProjectFactory(
        customer=CustomerFactory(name="Ostaja Oy"), name="Roof", manager=manager
    )
    return found


def typed(**told: object) -> dict[str, object]:
    return {
        "kind": "expense",
        "charge_date": timezone.localdate().isoformat(),
        "text": "Hotel in Oulu",
        "quantity": "2",
        "unit": "C62",
        "unit_price": "119,50",
        "is_billable": "on",
    } | told


def test_an_accountant_records_one_of_a_customer(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    client = signed_in(accountant)

    answer = client.post(f"{LIST}new/", typed(customer=project.customer_id))

    assert (answer.status_code, answer["Location"]) == (302, LIST)
    charge = Charge.objects.get()
    assert (charge.customer, charge.project, charge.member) == (project.customer, None, None)
    assert (charge.quantity, charge.unit_price) == (2, Decimal("119.50"))
    assert charge.is_billable
    assert AuditEntry.objects.filter(action="charge.recorded", object_id=charge.pk).exists()


def test_a_project_tells_its_customer(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    signed_in(accountant).post(f"{LIST}new/", typed(project=project.pk))

    assert Charge.objects.get().customer == project.customer


def test_without_customer_and_project_it_is_refused_and_nothing_typed_is_lost(
    accountant: Membership, signed_in: SignedIn
) -> None:
    answer = signed_in(accountant).post(f"{LIST}new/", typed())

    assert answer.status_code == 422
    assert "Choose a customer, or a project." in answer.content.decode()
    assert "Hotel in Oulu" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": ""}, "Say what it is"),
        ({"kind": "usage"}, "Name the destination"),
        ({"quantity": "0"}, "A charge is for some quantity"),
        ({"unit_price": "-1"}, "A price is not negative"),
        ({"unit_price": "1,1234567"}, "At most six decimal places"),
        ({"quantity": "999999999", "unit_price": "999999999"}, "more than an invoice can hold"),
        ({"charge_date": "1999-12-31"}, "begin in the year 2000"),
        ({"customer": "99999999"}, "not in the list"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    accountant: Membership,
    signed_in: SignedIn,
    project: Project,
    change: dict[str, str],
    sentence: str,
) -> None:
    asked = typed(customer=project.customer_id) | change

    answer = signed_in(accountant).post(f"{LIST}new/", asked)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Charge.objects.exists()


def test_anothers_project_is_refused(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    asked = typed(customer=CustomerFactory().pk, project=project.pk)

    answer = signed_in(accountant).post(f"{LIST}new/", asked)

    assert answer.status_code == 422
    assert "Roof belongs to Ostaja Oy" in answer.content.decode()


def test_a_member_records_an_expense_on_a_project(
    member: Membership, signed_in: SignedIn, project: Project
) -> None:
    client = signed_in(member)

    assert client.post(f"{LIST}new/", typed()).status_code == 422
    assert client.post(f"{LIST}new/", typed(project=project.pk)).status_code == 302

    charge = Charge.objects.get()
    assert charge.member == member
    ChargeFactory(text="Somebody else's")
    page = client.get(LIST).content.decode()
    assert "Hotel in Oulu" in page
    assert "Somebody else" not in page


def test_where_work_is_not_billable_a_member_does_not_make_it_so(
    member: Membership, manager: Membership, signed_in: SignedIn, project: Project
) -> None:
    Project.objects.filter(pk=project.pk).update(is_billable=False)

    refused = signed_in(member).post(f"{LIST}new/", typed(project=project.pk))
    assert refused.status_code == 422
    assert not Charge.objects.exists()
    assert signed_in(manager).post(f"{LIST}new/", typed(project=project.pk)).status_code == 302


def test_a_manager_sees_and_writes_those_of_own_projects(
    manager: Membership, signed_in: SignedIn, project: Project
) -> None:
    own = ChargeFactory(project=project, text="Ours")
    other = ChargeFactory(text="Theirs")
    client = signed_in(manager)

    page = client.get(LIST).content.decode()
    assert "Ours" in page
    assert "Theirs" not in page
    assert client.get(f"{LIST}{other.pk}/").status_code == 404
    changed = client.post(f"{LIST}{own.pk}/", typed(project=project.pk, text="Better"))
    assert changed.status_code == 302
    own.refresh_from_db()
    assert own.text == "Better"
    assert AuditEntry.objects.get(action="charge.changed").detail["changes"]["text"] == [
        "Ours",
        "Better",
    ]


def test_an_auditor_reads(auditor: Membership, signed_in: SignedIn, project: Project) -> None:
    charge = ChargeFactory(project=project)
    client = signed_in(auditor)

    assert client.get(LIST).status_code == 200
    assert "You may look at this charge" in client.get(f"{LIST}{charge.pk}/").content.decode()
    assert client.post(f"{LIST}{charge.pk}/", typed()).status_code == 403
    assert client.get(f"{LIST}new/").status_code == 403
    assert client.post(f"{LIST}{charge.pk}/billable/").status_code == 403


def test_one_press_makes_it_not_billable_and_back(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    charge = ChargeFactory(project=project)
    client = signed_in(accountant)

    answer = client.post(f"{LIST}{charge.pk}/billable/", headers={"HX-Request": "true"})

    charge.refresh_from_db()
    assert not charge.is_billable
    assert 'aria-pressed="false"' in answer.content.decode()
    client.post(f"{LIST}{charge.pk}/billable/", headers={"HX-Request": "true"})
    charge.refresh_from_db()
    assert charge.is_billable


def test_what_is_on_a_draft_stays_as_it_is(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    TaxRateFactory()
    charge = ChargeFactory(project=project)
    day = charge.charge_date
    draft_work(start=day, end=day, actor=None, project_ids=[project.pk])
    client = signed_in(accountant)

    page = client.get(f"{LIST}{charge.pk}/").content.decode()
    assert "It is on a document" in page
    refused = client.post(f"{LIST}{charge.pk}/", typed(project=project.pk))
    assert refused.status_code == 422
    assert "This charge is drafted and stays as it is." in refused.content.decode()
    client.post(f"{LIST}bulk/", {"pk": charge.pk, "action": "delete"})
    assert Charge.objects.filter(pk=charge.pk).exists()
    switched = client.post(f"{LIST}{charge.pk}/billable/", headers={"HX-Request": "true"})
    assert switched.status_code == 422
    assert "on a draft" in switched.content.decode()


def test_several_at_once(accountant: Membership, signed_in: SignedIn, project: Project) -> None:
    first, second, third = ChargeFactory.create_batch(3, project=project)
    client = signed_in(accountant)

    def take(action: str, *charges: Charge, **told: str) -> None:
        client.post(f"{LIST}bulk/", {"pk": [one.pk for one in charges], "action": action} | told)

    def states() -> list[tuple[str, bool, str]]:
        rows = Charge.objects.order_by("pk")
        return list(rows.values_list("billing_state", "is_billable", "billing_note"))

    take("not_billable", first)
    take("billed", first, second, note="Invoice 17 of the other program")
    take("write_off", third)  # without a reason
    assert states() == [
        ("open", False, ""),
        ("billed", True, "Invoice 17 of the other program"),
        ("open", True, ""),
    ]
    take("write_off", third, note="Our \x00mistake")
    take("free", second, third)
    assert states() == [("open", False, ""), ("open", True, ""), ("open", True, "")]
    take("delete", first, second)
    assert list(Charge.objects.all()) == [third]
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions >= {
        "charge.made_not_billable",
        "charge.marked_billed",
        "charge.written_off",
        "charge.freed",
        "charge.deleted",
    }


def test_only_those_who_may_write_off_or_mark(
    manager: Membership, signed_in: SignedIn, project: Project
) -> None:
    charge = ChargeFactory(project=project)

    for action in ("billed", "write_off"):
        signed_in(manager).post(
            f"{LIST}bulk/", {"pk": charge.pk, "action": action, "note": "Because"}
        )

    charge.refresh_from_db()
    assert charge.billing_state == "open"


def test_filters_and_the_file(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    ChargeFactory(project=project, text="Hotel", charge_date=date(2026, 10, 3))
    ChargeFactory(project=project, text="Screws", kind=ChargeKind.PART, is_billable=False)
    ChargeFactory(
        customer=project.customer,
        kind=ChargeKind.USAGE,
        destination="Germany",
        quantity=Decimal("12.5"),
        unit_price=Decimal("0.0345"),
    )
    ChargeFactory(text="Elsewhere")
    ChargeFactory(project=project, text="Gone", billing_state="written_off")
    client = signed_in(accountant)

    def shown(query: str) -> set[str]:
        page = client.get(f"{LIST}?{query}").content.decode()
        return {
            name for name in ("Hotel", "Screws", "Germany", "Elsewhere", "Gone") if name in page
        }

    assert shown("") == {"Hotel", "Screws", "Germany", "Elsewhere"}
    assert shown("kind=part") == {"Screws"}
    assert shown(f"customer={project.customer_id}") == {"Hotel", "Screws", "Germany"}
    assert shown(f"project={project.pk}&billable=yes") == {"Hotel"}
    assert shown("state=written_off") == {"Gone"}
    assert shown("q=german") == {"Germany"}
    assert shown("start=2026-10-01&end=2026-10-05") == {"Hotel"}
    assert client.get(f"{LIST}?start=2026-10-05&end=2026-10-01").status_code == 422
    file = client.get(f"{LIST}export.csv?kind=usage")
    line = b"".join(file.streaming_content).decode().splitlines()[1]  # type: ignore[attr-defined]
    assert "Germany" in line
    assert "0.43" in line or "0,43" in line


def test_as_many_queries_for_one_as_for_many(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    client = signed_in(accountant)
    counts = []
    for more in (1, 4):
        ChargeFactory.create_batch(more, project=project)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_tabs_of_customer_and_project(
    accountant: Membership, member: Membership, signed_in: SignedIn, project: Project
) -> None:
    ChargeFactory(project=project, text="Hotel")
    for address in (f"customers/{project.customer_id}", f"projects/{project.pk}"):
        assert "Hotel" in signed_in(accountant).get(f"/acme/{address}/charges/").content.decode()
        assert signed_in(member).get(f"/acme/{address}/charges/").status_code == 403


def test_another_tenants_charges_are_not_there(
    accountant: Membership, signed_in: SignedIn, other_tenant: Tenant
) -> None:
    client = signed_in(accountant)
    number = (Charge.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 99

    assert client.get(f"{LIST}{number}/").status_code == 404
    assert client.post(f"{LIST}{number}/billable/").status_code == 404


def test_boxes_offer_what_one_may_write_to(
    accountant: Membership, member: Membership, signed_in: SignedIn, project: Project
) -> None:
    def offered(person: Membership, query: str) -> list[str]:
        answer = signed_in(person).get(f"{LIST}search/{query}").json()
        return [one["text"] for one in answer["results"] if one["id"]]

    assert offered(accountant, "customer/?for=new&q=osta") == ["Ostaja Oy"]
    assert offered(member, "customer/?for=new") == []
    assert offered(member, "project/?for=new&q=roof") == ["Roof"]
    assert offered(member, "project/") == []


def test_everything_the_filters_find_is_settled_after_a_look(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    ChargeFactory.create_batch(60, project=project, text="Sign")
    TaxRateFactory()
    drafted = ChargeFactory(project=ProjectFactory(customer=project.customer), text="On a draft")
    day = drafted.charge_date
    draft_work(start=day, end=day, actor=None, project_ids=[drafted.project.pk])
    other = ChargeFactory(text="Somebody else's")
    client = signed_in(accountant)
    address = f"{LIST}settle/billed/?customer={project.customer_id}"

    page = client.get(address)
    text = page.content.decode()
    assert "<strong>60 charges</strong>" in text
    assert "1 charge, on a draft" in text
    token = page.context["look"].token
    answer = client.post(address, {"token": token, "note": "Invoice 17"})

    assert answer.status_code == 302
    assert Charge.objects.filter(billing_note="Invoice 17", text="Sign").count() == 60
    states = Charge.objects.filter(pk__in=[drafted.pk, other.pk]).order_by("pk")
    assert list(states.values_list("billing_state", flat=True)) == ["drafted", "open"]
    logged = AuditEntry.objects.filter(action="charge.marked_billed")
    assert logged.count() == 60
    entry = logged.first()
    assert entry is not None
    assert (entry.object_type, entry.object_label) == ("timesheets.charge", "Sign")
    charge = Charge.objects.get(pk=entry.object_id)
    assert entry.detail == {
        "customer": "Ostaja Oy",
        "project": "Roof",
        "date": charge.charge_date.isoformat(),
        "amount": f"{charge.net} EUR",
        "note": "Invoice 17",
    }
    assert "Marked as billed elsewhere: 60 charges." in client.get(LIST).content.decode()
    client.post("/acme/hours/entries/settle/undo/")
    assert not Charge.objects.filter(billing_state="billed").exists()


def test_a_member_switches_own_charges_and_nobody_elses(
    member: Membership, tenant: Tenant, project: Project
) -> None:
    own = ChargeFactory(project=project, member=member)
    internal = ChargeFactory(
        project=ProjectFactory(is_billable=False), member=member, is_billable=False
    )
    ChargeFactory(project=project)
    ChargeFactory(customer=project.customer, member=member, is_billable=False)

    done = settle(Charge.objects.all(), step=Step.NOT_BILLABLE, actor=member)
    assert (done.count, [(one.reason, one.count) for one in done.refused]) == (
        1,
        [(LeftOut.NOT_YOURS, 1), (LeftOut.THAT_ALREADY, 2)],
    )
    back = settle(Charge.objects.all(), step=Step.BILLABLE, actor=member)
    assert (back.count, {one.reason: one.count for one in back.refused}) == (
        1,
        {LeftOut.NOT_YOURS: 1, LeftOut.INTERNAL: 1, LeftOut.THAT_ALREADY: 1},
    )
    own.refresh_from_db()
    internal.refresh_from_db()
    assert (own.is_billable, internal.is_billable) == (True, False)


def test_the_tabs_leave_out_what_is_billed_until_asked(
    accountant: Membership, signed_in: SignedIn, project: Project
) -> None:
    ChargeFactory(project=project, text="Hotel")
    ChargeFactory(project=project, text="Old", billing_state="billed", billing_note="R-1")
    TimeEntryFactory(project=project, description="Roofing")
    TimeEntryFactory(
        project=project, description="Paid work", billing_state="billed", billing_note="R-1"
    )
    client = signed_in(accountant)
    for address in (f"customers/{project.customer_id}", f"projects/{project.pk}"):
        for tab, still, billed in (("charges", "Hotel", "Old"), ("hours", "Roofing", "Paid work")):
            page = client.get(f"/acme/{address}/{tab}/").content.decode()
            assert still in page
            assert billed not in page
            assert "With what is billed" in page
            assert billed in client.get(f"/acme/{address}/{tab}/?state=all").content.decode()
