"""Two people on one draft, and its hours."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from core.shown import KEPT, TAKEN
from invoicing.domain.discarding import discard_draft
from invoicing.domain.draft_work import add_work, release_work
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine, Source
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tests.factories import (
    ChargeFactory,
    HoursLockFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TimeEntryFactory,
)
from tests.invoicing.drafts import blank, drafted, form_of, line, sent, stored_line, url
from timesheets.models import BillingState, Charge, TimeEntry

SignIn = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}
FIGURES = (
    "text", "quantity", "unit", "unit_price", "discount_percent", "position", "account",
    "tax_rate", "addition",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _rates(tenant: Tenant) -> None:
    TaxRateFactory()
    cache.clear()


@pytest.fixture
def client_(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


@pytest.fixture
def bo(tenant: Tenant) -> Membership:
    return MembershipFactory(role=Role.ACCOUNTANT, user__name="Bo Berg")


@pytest.fixture
def draft(client_: Client) -> Invoice:
    draft = blank()
    client_.post(url(draft), sent(draft, [line("Design"), line("Code")]))
    draft.refresh_from_db()
    return draft


def words(response: Any) -> str:
    return str(response.content.decode())


def save_as(
    person: Membership,
    draft: Invoice,
    lines: dict[int, dict[str, Any] | None] | None = None,
    **head: Any,
) -> None:
    """Somebody else saves; `lines` are changes by position, None deletes."""
    fresh = Invoice.objects.get(pk=draft.pk)
    edits = []
    for stored in fresh.lines.select_related("tax_rate"):
        changes = (lines or {}).get(stored.position, {})
        if changes is None:
            continue
        values = {
            name: getattr(stored, name)
            for name in ("text", "quantity", "unit", "unit_price", "discount_percent", "account")
        }
        values |= {"tax_rate": stored.tax_rate, **changes}
        edits.append(LineEdit(pk=stored.pk, kind=stored.kind, **values))
    added = (lines or {}).get(0)
    if added:
        edits.append(LineEdit(tax_rate=TaxRateFactory(), quantity=Decimal(1), **added))
    save_draft(fresh, version=fresh.version, values=head, lines=edits, actor=person.user, freed=())


def outcomes(page: Any) -> dict[str, str]:
    return {found.what.lower(): found.outcome for found in page.context["conflict"]}


def test_what_one_saved_in_another_window_is_called_ones_own(
    client_: Client, draft: Invoice, accountant: Membership
) -> None:
    mine = sent(draft, [stored_line(draft, 1), stored_line(draft, 2)], comment="Here")
    mine |= form_of(client_, draft)
    save_as(accountant, draft, comment="There")

    page = client_.post(url(draft), mine)

    assert page.status_code == 409
    html = words(page)
    assert "You saved this draft in another window at" in html
    assert "Saved by you, in another window" in html
    assert f"{accountant.user} saved this draft" not in html
    there = words(client_.post(url(draft, "presence/"), mine))
    assert "You saved this draft in another window at" in there


def test_the_second_is_told_whose_change_it_was_and_nothing_is_saved(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    mine = sent(draft, [stored_line(draft, 1), stored_line(draft, 2)], comment="Mine")
    mine |= form_of(client_, draft)
    save_as(bo, draft, comment="Theirs")

    page = client_.post(url(draft), mine)

    assert page.status_code == 409
    html = words(page)
    assert "Bo Berg saved this draft at" in html
    assert "Bo Berg: Theirs" in html
    assert ">\nMine</textarea>" in html
    draft.refresh_from_db()
    assert draft.comment == "Theirs"


def test_saving_once_more_keeps_mine(client_: Client, draft: Invoice, bo: Membership) -> None:
    lines = [stored_line(draft, 1), stored_line(draft, 2)]
    mine = sent(draft, lines, comment="Mine") | form_of(client_, draft)
    save_as(bo, draft, comment="Theirs")
    page = client_.post(url(draft), mine)

    again = mine | {"version": page.context["version"], "base": page.context["base"]}
    assert client_.post(url(draft), again).status_code == 302

    draft.refresh_from_db()
    assert draft.comment == "Mine"


def test_a_third_change_is_told_again(client_: Client, draft: Invoice, bo: Membership) -> None:
    lines = [stored_line(draft, 1), stored_line(draft, 2)]
    mine = sent(draft, lines, comment="Mine") | form_of(client_, draft)
    save_as(bo, draft, comment="Theirs")
    page = client_.post(url(draft), mine)
    save_as(bo, draft, comment="Later")

    again = mine | {"version": page.context["version"], "base": page.context["base"]}

    assert client_.post(url(draft), again).status_code == 409


def test_what_only_they_changed_is_taken_over(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    lines = [stored_line(draft, 1, quantity="5"), stored_line(draft, 2)]
    mine = sent(draft, lines, comment="Mine") | form_of(client_, draft)
    save_as(
        bo,
        draft,
        {2: {"text": "Coding", "unit_price": Decimal("90.5")}},
        due_date=date(2026, 12, 31),
    )

    page = client_.post(url(draft), mine)

    assert outcomes(page) == {
        "due date": TAKEN,
        "line “code”: text": TAKEN,
        "line “coding”: unit price": TAKEN,
    }
    assert page.context["form"]["due_date"].value() == "2026-12-31"
    assert page.context["form"]["comment"].value() == "Mine"
    first, second = page.context["rows"]
    assert first.typed["quantity"] == "5"
    assert (second.typed["text"], second.typed["unit_price"]) == ("Coding", "90.50")
    assert second.net == Decimal(181)


def test_where_both_changed_a_line_mine_stays_and_theirs_is_shown(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    lines = [stored_line(draft, 1, quantity="5"), stored_line(draft, 2)]
    mine = sent(draft, lines) | form_of(client_, draft)
    save_as(bo, draft, {1: {"quantity": Decimal(7)}})

    page = client_.post(url(draft), mine)

    assert outcomes(page) == {"line “design”: quantity": KEPT}
    row = page.context["rows"][0]
    assert (row.typed["quantity"], row.theirs) == ("5", {"quantity": "7"})
    assert "Bo Berg: 7" in words(page)


def test_the_same_change_by_both_is_no_difference(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    lines = [stored_line(draft, 1, quantity="7,0"), stored_line(draft, 2)]
    mine = sent(draft, lines) | form_of(client_, draft)
    save_as(bo, draft, {1: {"quantity": Decimal(7)}})

    page = client_.post(url(draft), mine)

    assert (page.status_code, outcomes(page)) == (409, {})


def test_lines_they_added_come_into_my_form(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    lines = [stored_line(draft, 1), stored_line(draft, 2), ("n1", line("Mine"))]
    mine = sent(draft, lines) | form_of(client_, draft)
    save_as(bo, draft, {0: {"text": "Theirs", "unit_price": Decimal(1)}})

    page = client_.post(url(draft), mine)

    assert [row.typed["text"] for row in page.context["rows"]] == [
        "Design", "Code", "Mine", "Theirs",
    ]  # fmt: skip
    assert page.context["rows"][-1].note == "Added by somebody else."


def test_lines_they_deleted_go_unless_i_changed_them(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    lines = [stored_line(draft, 1, text="Design, more"), stored_line(draft, 2)]
    mine = sent(draft, lines) | form_of(client_, draft)
    save_as(bo, draft, {1: None, 2: None, 0: {"text": "Instead", "unit_price": Decimal(1)}})

    page = client_.post(url(draft), mine)

    rows = page.context["rows"]
    assert [row.typed["text"] for row in rows] == ["Design, more", "Instead"]
    assert rows[0].key.startswith("n")
    assert "kept because you changed it" in rows[0].note


def test_lines_i_deleted_stay_deleted(client_: Client, draft: Invoice, bo: Membership) -> None:
    mine = sent(draft, [stored_line(draft, 2)]) | form_of(client_, draft)
    save_as(bo, draft, comment="Theirs")
    page = client_.post(url(draft), mine)
    assert [row.typed["text"] for row in page.context["rows"]] == ["Code"]


def test_their_order_is_taken_over_when_i_left_it(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    mine = sent(draft, [stored_line(draft, 1), stored_line(draft, 2)]) | form_of(client_, draft)
    fresh = Invoice.objects.get(pk=draft.pk)
    swapped = [
        LineEdit(
            pk=found.pk, text=found.text, quantity=found.quantity, unit_price=found.unit_price,
            tax_rate=found.tax_rate, account=found.account,
        )
        for found in reversed(fresh.lines.all())
    ]  # fmt: skip
    save_draft(fresh, version=fresh.version, values={}, lines=swapped, actor=bo.user)

    page = client_.post(url(draft), mine)

    assert [row.typed["text"] for row in page.context["rows"]] == ["Code", "Design"]
    assert outcomes(page) == {"order of the lines": TAKEN}


@pytest.mark.parametrize("base", ["", "nonsense", "[]", '{"head": 1, "lines": []}'])
def test_without_knowing_what_it_was_made_from_everything_typed_stays(
    client_: Client, draft: Invoice, bo: Membership, base: str
) -> None:
    lines = [stored_line(draft, 1), stored_line(draft, 2)]
    mine = sent(draft, lines, comment="Mine", base=base)
    save_as(bo, draft, {1: {"quantity": Decimal(9)}}, comment="Theirs")

    page = client_.post(url(draft), mine)

    assert page.status_code == 409
    assert page.context["form"]["comment"].value() == "Mine"
    assert page.context["rows"][0].typed["quantity"] == "2"
    assert set(outcomes(page).values()) == {KEPT}


def test_posting_a_stale_form_is_refused_too(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    mine = sent(draft, [stored_line(draft, 1), stored_line(draft, 2)]) | form_of(client_, draft)
    save_as(bo, draft, comment="Theirs")
    assert client_.post(url(draft, "post/"), mine).status_code == 409
    draft.refresh_from_db()
    assert draft.is_draft


def test_hours_taken_off_by_somebody_else_are_not_billed_by_my_old_form(
    client_: Client, bo: Membership
) -> None:
    entry = TimeEntryFactory(minutes=60)
    more = TimeEntryFactory(minutes=30, member=entry.member, project=entry.project)
    draft = drafted(entry)
    mine = sent(draft, [stored_line(draft)], comment="Mine") | form_of(client_, draft)
    release_work(TimeEntry, more.pk, actor=bo.user)

    page = client_.post(url(draft), mine)

    assert page.status_code == 409
    assert page.context["rows"][0].typed["quantity"] == "1"


def test_what_hours_did_can_be_merged_into_what_is_typed(client_: Client, draft: Invoice) -> None:
    entry = TimeEntryFactory(minutes=60)
    draft = drafted(entry)
    mine = sent(draft, [stored_line(draft)], comment="Mine", do="merge") | form_of(client_, draft)
    release_work(TimeEntry, entry.pk, actor=None)

    page = client_.post(url(draft), mine)

    assert page.status_code == 200
    assert "what you typed is still here" in words(page)
    assert page.context["form"]["comment"].value() == "Mine"
    assert [row.typed["text"] for row in page.context["rows"]] == [""]


# Presence


def test_two_people_on_a_draft_hear_of_one_another(
    draft: Invoice, accountant: Membership, bo: Membership
) -> None:
    first, second = Client(), Client()
    assert accountant.user is not None
    assert bo.user is not None
    first.force_login(accountant.user)
    second.force_login(bo.user)
    where, data = url(draft, "presence/"), {"version": draft.version}

    assert words(first.post(where, data)).strip() == ""
    assert "Accountant has this draft open too." in words(second.post(where, data))
    assert "Bo Berg has this draft open too." in words(first.post(where, data))
    assert second.post(url(draft), sent(draft, [line()])).status_code in (302, 422)


def test_an_old_form_is_told_before_it_is_sent(
    client_: Client, draft: Invoice, bo: Membership
) -> None:
    data = {"version": draft.version}
    save_as(bo, draft, comment="Theirs")
    assert "Bo Berg saved this draft at" in words(client_.post(url(draft, "presence/"), data))


def test_a_draft_gone_or_posted_is_told(
    client_: Client, draft: Invoice, accountant: Membership
) -> None:
    data = {"version": draft.version}
    other = blank()
    discard_draft(other, actor=None)
    assert "was discarded" in words(client_.post(url(other, "presence/"), data))
    post_invoice(draft, actor=accountant.user)
    assert "has posted this draft as 2026-0001" in words(
        client_.post(url(draft, "presence/"), data)
    )


# Hours


def test_the_hours_of_a_draft_are_listed_by_line(client_: Client) -> None:
    entry = TimeEntryFactory(minutes=90, description="Workshop", member__name="Anna Aalto")
    draft = drafted(entry)
    html = words(client_.get(url(draft, "work/")))
    for text in ("Workshop", "Anna Aalto", "1:30", "2026-10-05"):
        assert text in html


def test_an_entry_is_taken_off_and_put_back(client_: Client) -> None:
    entry = TimeEntryFactory(minutes=60)
    TimeEntryFactory(minutes=30, member=entry.member, project=entry.project)
    draft = drafted(entry)

    row = client_.post(url(draft, f"work/hours/{entry.pk}/release/"), headers=HTMX)

    assert "Undo" in words(row)
    assert "draft:changed" in json.loads(row["HX-Trigger"])
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.OPEN
    assert InvoiceLine.objects.get().quantity == Decimal("0.5")

    row = client_.post(url(draft, f"work/hours/{entry.pk}/return/"), headers=HTMX)

    assert "Take off" in words(row)
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.DRAFTED
    assert InvoiceLine.objects.get().quantity == Decimal("1.5")


@pytest.mark.parametrize("changed", [False, True])
def test_a_line_that_went_with_its_last_work_comes_back_as_it_read(
    client_: Client, changed: bool
) -> None:
    entry = TimeEntryFactory(minutes=60)
    other = TimeEntryFactory(minutes=30, project=entry.project)
    draft = drafted(entry, other)
    edited = InvoiceLine.objects.select_related("tax_rate").get(sources__time_entry=entry)
    edited.text, edited.position = "Written by hand", 7
    edited.quantity, edited.discount_percent = Decimal("1.25"), Decimal(10)
    price_line(edited, currency="EUR")
    edited.save()
    before = InvoiceLine.objects.values(*FIGURES).get(text="Written by hand")
    draft.refresh_from_db()
    save_totals(draft)
    gross = Invoice.objects.get().gross_total
    client_.post(url(draft, f"work/hours/{entry.pk}/release/"), headers=HTMX)
    assert InvoiceLine.objects.count() == 1
    if changed:
        TimeEntry.objects.filter(pk=entry.pk).update(minutes=90)

    row = client_.post(url(draft, f"work/hours/{entry.pk}/return/"), headers=HTMX)

    assert "Take off" in words(row)
    after = InvoiceLine.objects.values(*FIGURES).get(sources__time_entry=entry)
    if changed:
        # As far from the hours as it was by hand.
        assert after == before | {"quantity": Decimal("1.75")}
    else:
        assert after == before
        assert Invoice.objects.get().gross_total == gross
    assert Source.objects.get(time_entry=entry).minutes == (90 if changed else 60)


def test_a_charges_line_comes_back_as_it_read(client_: Client) -> None:
    draft = blank()
    hotel = ChargeFactory(customer=draft.customer, project=None, text="Hotel")
    add_work(draft, charge_ids=[hotel.pk], actor=None)
    InvoiceLine.objects.update(text="Two nights in Turku")
    client_.post(url(draft, f"work/charges/{hotel.pk}/release/"), headers=HTMX)
    assert not InvoiceLine.objects.exists()

    client_.post(url(draft, f"work/charges/{hotel.pk}/return/"), headers=HTMX)

    line = InvoiceLine.objects.get()
    assert (line.text, line.quantity, line.unit_price) == (
        "Two nights in Turku", hotel.quantity, hotel.unit_price,
    )  # fmt: skip


@pytest.mark.parametrize(("by_hand", "price"), [(False, 20), (True, 15)])
def test_a_charge_repriced_while_open_comes_back_at_its_price(
    client_: Client, *, by_hand: bool, price: int
) -> None:
    draft = blank()
    hotel = ChargeFactory(
        customer=draft.customer, project=None, text="Hotel", quantity=1, unit_price=Decimal(10)
    )
    add_work(draft, charge_ids=[hotel.pk], actor=None)
    if by_hand:
        InvoiceLine.objects.update(unit_price=Decimal(15), net=Decimal(15))
    client_.post(url(draft, f"work/charges/{hotel.pk}/release/"), headers=HTMX)
    Charge.objects.filter(pk=hotel.pk).update(unit_price=Decimal(20))

    client_.post(url(draft, f"work/charges/{hotel.pk}/return/"), headers=HTMX)

    line = InvoiceLine.objects.get()
    assert (line.unit_price, line.net) == (price, price)


def test_an_entry_of_another_draft_is_not_taken_off(client_: Client) -> None:
    entry = TimeEntryFactory()
    drafted(entry)
    mine = blank()
    answer = client_.post(url(mine, f"work/hours/{entry.pk}/release/"), headers=HTMX)
    assert answer["HX-Reswap"] == "none"
    assert "not on a draft" in answer["HX-Trigger"]
    entry.refresh_from_db()
    assert entry.billing_state == BillingState.DRAFTED


def test_taking_off_works_without_javascript(client_: Client) -> None:
    entry = TimeEntryFactory()
    draft = drafted(entry)
    answer = client_.post(url(draft, f"work/hours/{entry.pk}/release/"))
    assert (answer.status_code, answer["Location"]) == (302, url(draft, "work/"))


def test_an_entry_invoiced_elsewhere_meanwhile_is_not_put_back(client_: Client) -> None:
    entry = TimeEntryFactory()
    draft = drafted(entry)
    client_.post(url(draft, f"work/hours/{entry.pk}/release/"), headers=HTMX)
    drafted(entry)
    answer = client_.post(url(draft, f"work/hours/{entry.pk}/return/"), headers=HTMX)
    assert "not open any more" in answer["HX-Trigger"]


def test_open_hours_are_offered_and_added(client_: Client) -> None:
    entry = TimeEntryFactory()
    draft = drafted(entry)
    more = TimeEntryFactory(project=entry.project, description="Forgotten")
    HoursLockFactory(member=more.member)
    assert "Forgotten" in words(client_.get(url(draft, "work/")))

    answer = client_.post(url(draft, "work/add/"), {"entry": [more.pk]}, headers=HTMX)

    assert answer.status_code == 204
    assert {"draft:changed", "dialog:close"} <= json.loads(answer["HX-Trigger"]).keys()
    more.refresh_from_db()
    assert more.billing_state == BillingState.DRAFTED


def test_unlocked_hours_are_added_after_a_yes(client_: Client) -> None:
    entry = TimeEntryFactory()
    draft = drafted(entry)
    more = TimeEntryFactory(project=entry.project, member__name="Bo Waiting")

    page = client_.post(url(draft, "work/add/"), {"entry": [more.pk]}, headers=HTMX)
    assert page.status_code == 422
    assert "have not locked their hours: Bo Waiting" in words(page)
    assert "Add them all the same" in words(page)

    data = {"entry": [more.pk], "unlocked": "ok"}
    assert client_.post(url(draft, "work/add/"), data, headers=HTMX).status_code == 204


def test_where_locks_are_required_a_yes_does_not_help(client_: Client, tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(unlocked_hours=Tenant.UnlockedHours.REFUSE)
    entry = TimeEntryFactory()
    draft = drafted_locked(entry)
    more = TimeEntryFactory(project=entry.project)
    data = {"entry": [more.pk], "unlocked": "ok"}
    page = client_.post(url(draft, "work/add/"), data, headers=HTMX)
    assert page.status_code == 422
    assert "Add them all the same" not in words(page)


def drafted_locked(entry: Any) -> Invoice:
    HoursLockFactory(member=entry.member)
    return drafted(entry)


@pytest.mark.parametrize("chosen", [[], ["x"], ["999999"]])
def test_adding_nothing_or_nonsense_is_refused(client_: Client, chosen: list[str]) -> None:
    draft = drafted(TimeEntryFactory())
    page = client_.post(url(draft, "work/add/"), {"entry": chosen}, headers=HTMX)
    assert page.status_code == 422
    assert 'class="refusal"' in words(page)


def test_managers_add_hours_of_their_own_projects_only(
    signed_in: SignIn, manager: Membership
) -> None:
    entry = TimeEntryFactory(project__manager=manager)
    draft = drafted(entry)
    foreign = TimeEntryFactory(project=ProjectFactory(customer=entry.project.customer))
    client = signed_in(manager)
    page = client.get(url(draft, "work/"))
    assert page.context["offered"]["entries"] == []
    data = {"entry": [foreign.pk], "unlocked": "ok"}
    assert client.post(url(draft, "work/add/"), data).status_code == 422
    foreign.refresh_from_db()
    assert foreign.billing_state == BillingState.OPEN
