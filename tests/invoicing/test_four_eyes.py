"""Another person posts than the one who drafted, where the company demands it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoicing import errors
from invoicing.domain.crediting import cancel_invoice, draft_credit_note, post_or_leave
from invoicing.domain.drafting import new_draft
from invoicing.domain.editing import LineEdit, save_draft
from invoicing.domain.posting import post_invoice
from invoicing.domain.posting_runs import start_run
from invoicing.models import Invoice
from tenants.models import Membership, Tenant, TenantRole, User
from tenants.roles import Role
from tests.factories import CustomerFactory, MembershipFactory, TaxRateFactory
from tests.invoicing import test_credit_pages as credit_pages
from tests.invoicing.crediting import billed, only_line, part, states
from tests.invoicing.drafts import sent, stored_line

SignIn = Callable[[Membership], Client]


@pytest.fixture
def strict(tenant: Tenant) -> Tenant:
    TaxRateFactory()
    tenant.four_eyes = True
    tenant.save()
    return tenant


def line(text: str = "Work", pk: int | None = None) -> LineEdit:
    return LineEdit(
        pk=pk,
        text=text,
        quantity=Decimal(1),
        unit_price=Decimal(100),
        tax_rate=TaxRateFactory(),
    )


def draft_by(person: Membership | None, name: str = "Satama Oy") -> Invoice:
    user = person.user if person else None
    draft = new_draft(customer=CustomerFactory(name=name), actor=user)
    return save_draft(draft, version=1, values={}, lines=[line()], actor=user)


def user_of(member: Membership) -> User:
    assert member.user is not None
    return member.user


def colleague(name: str, role: str = Role.ACCOUNTANT) -> Membership:
    return MembershipFactory(role=role, name=name, user__name=name)


def test_who_drafted_does_not_post_and_is_told_who_may(strict: Tenant) -> None:
    anna, bo = colleague("Anna"), colleague("Bo")
    colleague("Carl", Role.MANAGER)
    colleague("Dora", Role.AUDITOR)
    draft = draft_by(anna)

    with pytest.raises(errors.AnotherMustPost) as refused:
        post_invoice(draft, actor=user_of(anna))

    assert str(refused.value) == (
        f"Anna worked on Draft {draft.pk}, so somebody else has to post it: Bo."
        " The company demands two people."
    )
    assert post_invoice(draft, actor=user_of(bo)).status == Invoice.Status.POSTED


def test_without_the_demand_who_drafted_posts(tenant: Tenant) -> None:
    TaxRateFactory()
    anna = colleague("Anna")
    assert post_invoice(draft_by(anna), actor=user_of(anna)).number


def test_whoever_once_changed_the_draft_worked_on_it(strict: Tenant) -> None:
    """Anna made it, Bo changed the line, Anna saved it last: neither posts it."""
    anna, bo, cleo = colleague("Anna"), colleague("Bo"), colleague("Cleo")
    draft = draft_by(anna)
    for person, text in ((bo, "Work by Bo"), (anna, "Work")):
        fresh = Invoice.objects.get(pk=draft.pk)
        edit = line(text, pk=fresh.lines.get().pk)
        save_draft(fresh, version=fresh.version, values={}, lines=[edit], actor=user_of(person))

    for person in (anna, bo):
        with pytest.raises(errors.AnotherMustPost, match="somebody else has to post it: Cleo"):
            post_invoice(draft, actor=user_of(person))
    assert post_invoice(draft, actor=user_of(cleo)).posted_by == user_of(cleo)


def test_looking_and_saving_nothing_is_no_work(strict: Tenant) -> None:
    anna, bo = colleague("Anna"), colleague("Bo")
    draft = draft_by(anna)
    stored = draft.lines.get()
    edit = replace(line(pk=stored.pk), account=stored.account)
    save_draft(draft, version=draft.version, values={}, lines=[edit], actor=user_of(bo))
    assert post_invoice(draft, actor=user_of(bo)).number


def test_where_nobody_else_may_post_it_says_whom_to_ask(strict: Tenant) -> None:
    anna = colleague("Anna")
    gone = colleague("Gone")
    gone.is_active = False
    gone.save()
    with pytest.raises(errors.NobodyElsePosts, match="Ask an owner to give another person"):
        post_invoice(draft_by(anna), actor=user_of(anna))


def test_nobody_posts_without_a_person(strict: Tenant) -> None:
    with pytest.raises(errors.ApproverMissing):
        post_invoice(draft_by(None), actor=None)


def test_a_draft_the_program_made_is_posted_by_anybody(strict: Tenant) -> None:
    assert post_invoice(draft_by(None), actor=user_of(colleague("Anna"))).number


def test_many_are_posted_but_for_ones_own(strict: Tenant) -> None:
    anna, bo = colleague("Anna"), colleague("Bo")
    own, other = draft_by(anna, "Own Oy"), draft_by(bo, "Other Oy")

    run = start_run([own.pk, other.pk], token=uuid4(), actor=user_of(anna))

    told = dict(run.items.values_list("name", "refusal"))
    assert told["Other Oy"] == ""
    assert "somebody else has to post it: Bo." in told["Own Oy"]
    assert dict(Invoice.objects.values_list("billing_name", "status")) == {
        "Own Oy": "draft",
        "Other Oy": "posted",
    }


def test_an_own_role_that_only_looks_and_posts_is_named(strict: Tenant) -> None:
    anna = colleague("Anna")
    Tenant.objects.filter(pk=strict.pk).update(has_adjusted_roles=True)
    TenantRole.objects.create(
        key="approver", name="Approver", granted=["view_invoice", "post_invoice"]
    )
    from tenants.role_book import forget_book

    forget_book()
    colleague("Paula", "approver")
    with pytest.raises(errors.AnotherMustPost, match="post it: Paula"):
        post_invoice(draft_by(anna), actor=user_of(anna))


def test_the_demand_costs_two_questions_and_no_demand_none(tenant: Tenant) -> None:
    from invoicing.domain.four_eyes import refusals

    TaxRateFactory()
    anna = colleague("Anna")
    drafts = [draft_by(anna, f"Customer {number}") for number in range(3)]
    with CaptureQueriesContext(connection) as without:
        assert refusals(drafts, tenant=tenant, actor=user_of(anna)) == {}
    tenant.four_eyes = True
    with CaptureQueriesContext(connection) as demanded:
        assert len(refusals(drafts, tenant=tenant, actor=user_of(anna))) == 3
    assert (len(without), len(demanded)) == (0, 2)


# The pages


def test_the_button_is_off_and_says_why(strict: Tenant, signed_in: SignIn) -> None:
    anna, bo = colleague("Anna"), colleague("Bo")
    draft = draft_by(anna)
    page = signed_in(anna).get(f"/acme/drafts/{draft.pk}/").content.decode()
    assert "somebody else has to post it: Bo." in page
    assert "data-draft-post" not in page

    listed = signed_in(anna).get("/acme/drafts/").content.decode()
    assert "Another person posts it" in listed
    assert "Another person posts it" not in signed_in(bo).get("/acme/drafts/").content.decode()
    assert "data-draft-post" in signed_in(bo).get(f"/acme/drafts/{draft.pk}/").content.decode()


def test_who_changes_while_posting_becomes_one_who_worked_on_it(
    strict: Tenant, signed_in: SignIn
) -> None:
    anna, bo = colleague("Anna"), colleague("Bo")
    draft = draft_by(anna)
    changed = sent(draft, [stored_line(draft, text="More work")])

    refused = signed_in(bo).post(f"/acme/drafts/{draft.pk}/post/", changed)

    assert refused.status_code == 422
    assert "Bo worked on" in refused.content.decode()
    assert draft.lines.get().text == "Work"
    as_it_is = sent(draft, [stored_line(draft)])
    assert signed_in(bo).post(f"/acme/drafts/{draft.pk}/post/", as_it_is).status_code == 302
    draft.refresh_from_db()
    assert draft.status == Invoice.Status.POSTED


def test_who_posts_and_does_not_draft_posts_the_version_they_looked_at(
    strict: Tenant, signed_in: SignIn
) -> None:
    anna = colleague("Anna")
    Tenant.objects.filter(pk=strict.pk).update(has_adjusted_roles=True)
    TenantRole.objects.create(
        key="approver", name="Approver", granted=["view_invoice", "post_invoice"]
    )
    paula = colleague("Paula", "approver")
    draft = draft_by(anna)
    client = signed_in(paula)
    page = client.get(f"/acme/drafts/{draft.pk}/").content.decode()
    assert "data-draft-post" in page
    assert "Save draft" not in page

    old = client.post(f"/acme/drafts/{draft.pk}/post/", {"version": draft.version - 1})
    assert old.status_code == 422
    assert "Anna saved this draft in the meantime" in old.content.decode()
    seen = client.post(f"/acme/drafts/{draft.pk}/post/", {"version": draft.version})
    assert seen.status_code == 302
    draft.refresh_from_db()
    assert draft.posted_by == paula.user


def test_the_command_wants_a_name(strict: Tenant) -> None:
    anna, bo = colleague("Anna"), colleague("Bo")
    draft = draft_by(anna)
    with pytest.raises(CommandError, match="name the person who posts"):
        call_command("post_invoices", str(draft.pk), tenant="acme")
    with pytest.raises(SystemExit):
        call_command(
            "post_invoices",
            str(draft.pk),
            tenant="acme",
            user=user_of(anna).email,
            stderr=StringIO(),
        )
    call_command(
        "post_invoices", str(draft.pk), tenant="acme", user=user_of(bo).email, stdout=StringIO()
    )
    draft.refresh_from_db()
    assert draft.posted_by == user_of(bo)


def test_only_who_adjusts_roles_switches_it(
    strict: Tenant, owner: Membership, accountant: Membership, signed_in: SignIn
) -> None:
    from tests.tenants.test_settings import URL, values

    off = values(strict, four_eyes="")
    signed_in(accountant).post(URL, off)
    strict.refresh_from_db()
    assert strict.four_eyes

    assert signed_in(owner).post(URL, off).status_code == 302
    strict.refresh_from_db()
    assert not strict.four_eyes


# Crediting and cancelling


def test_a_cancellation_waits_as_a_draft_for_another_person(tenant: Tenant) -> None:
    invoice, entries = billed(60, 120)
    anna, bo = colleague("Anna"), colleague("Bo")
    tenant.four_eyes = True
    tenant.save()

    note = cancel_invoice(invoice, reason="Twice", actor=user_of(anna), kept=[entries[1].pk])

    assert (note.status, note.is_cancellation, note.number) == ("draft", True, None)
    assert states(entries) == ["billed", "billed"]
    with pytest.raises(errors.AnotherMustPost, match="post it: Bo"):
        post_invoice(note, actor=user_of(anna))
    assert post_invoice(note, actor=user_of(bo)).number
    assert states(entries) == ["open", "billed"]


def test_where_nobody_else_posts_nothing_is_cancelled(strict: Tenant) -> None:
    strict.four_eyes = False
    strict.save()
    invoice, _entries = billed(60)
    strict.four_eyes = True
    strict.save()
    with pytest.raises(errors.NobodyElsePosts):
        cancel_invoice(invoice, reason="Twice", actor=user_of(colleague("Anna")))
    assert not invoice.credit_notes.exists()


def test_who_drafted_no_credit_note_posts_it_at_once(tenant: Tenant) -> None:
    invoice, _entries = billed(60)
    note = draft_credit_note(
        invoice, [part(only_line(invoice), quantity="1")], reason="Wrong", actor=None
    )
    tenant.four_eyes = True
    tenant.save()
    assert post_or_leave(note, actor=user_of(colleague("Anna"))).is_posted


def test_the_pages_of_a_cancellation_lead_to_another_person(
    tenant: Tenant, signed_in: SignIn
) -> None:
    invoice, entries = billed(60, 120)
    anna, bo = colleague("Anna"), colleague("Bo")
    tenant.four_eyes = True
    tenant.save()
    url, words = credit_pages.url, credit_pages.words
    client = signed_in(anna)
    assert "The company demands two people" in words(client.get(url(invoice, "cancel/")))

    asked = client.post(url(invoice, "cancel/"), {"reason": "Twice", "work": "free"}, follow=True)
    page = words(asked)
    assert "The draft is made." in page
    assert "Anna wants to cancel this invoice: Twice." in page
    assert f'href="{url(invoice)}"' in asked.content.decode()

    draft = client.get(url(invoice))
    assert f"cancels invoice {invoice.number} once it is posted" in words(draft)
    assert "somebody else has to post it: Bo." in words(draft)
    assert 'name="post"' not in draft.content.decode()

    other = signed_in(bo)
    seen = other.get(url(invoice))
    assert 'name="post"' in seen.content.decode()
    note = invoice.credit_notes.get()
    as_it_is = credit_pages.sent(
        invoice,
        reason="Twice",
        issue_date=note.issue_date.isoformat(),
        version=note.version,
        post="1",
        **{f"work-{only_line(invoice).pk}": "free"},
    )
    assert other.post(url(invoice), as_it_is).status_code == 302
    note.refresh_from_db()
    assert (note.status, note.posted_by) == ("posted", bo.user)
    assert states(entries) == ["open", "open"]


def test_who_changes_while_posting_leaves_the_draft_to_a_third(
    tenant: Tenant, signed_in: SignIn
) -> None:
    invoice, _entries = billed(60, 120)
    anna, bo, _cleo = colleague("Anna"), colleague("Bo"), colleague("Cleo")
    tenant.four_eyes = True
    tenant.save()
    note = cancel_invoice(invoice, reason="Twice", actor=user_of(anna))
    line = only_line(invoice)
    less = credit_pages.sent(
        invoice,
        reason="Twice",
        issue_date=note.issue_date.isoformat(),
        version=note.version,
        post="1",
        **{f"q-{line.pk}": "1", f"work-{line.pk}": "keep"},
    )

    answer = signed_in(bo).post(credit_pages.url(invoice), less, follow=True)

    assert "The draft is saved. Another person posts it." in credit_pages.words(answer)
    assert "somebody else has to post it: Cleo." in credit_pages.words(answer)
    note.refresh_from_db()
    # What leaves something of the invoice does not cancel it.
    assert (note.status, note.is_cancellation, note.net_total) == ("draft", False, Decimal(100))
