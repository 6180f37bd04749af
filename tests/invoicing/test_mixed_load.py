"""Everybody at once on the same hours: whoever is too late is told so, and nobody is thrown out."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection

from core.errors import DomainError
from invoicing.domain.discarding import discard_drafts
from invoicing.domain.draft_work import release_work
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoices
from invoicing.domain.verifying import verify_books
from invoicing.models import Invoice, Source
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
)
from timesheets.domain.entries import change_entries
from timesheets.domain.locks import lock_people, unlock_hours
from timesheets.domain.settling import Step, settle
from timesheets.models import BillingState, HoursLock, TimeEntry

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 28)
PEOPLE, PROJECTS, TURNS, WORKERS = 4, 4, 160, 12


@pytest.fixture
def company(committed_db: None) -> Tenant:
    tenant: Tenant = TenantFactory()
    with tenant_scope(tenant.pk):
        TaxRateFactory()
        customer = CustomerFactory()
        people = MembershipFactory.create_batch(PEOPLE, role=Role.OWNER)
        projects = ProjectFactory.create_batch(PROJECTS, customer=customer)
        # By turns, so that no two indexes go through them in one order.
        for day in range(LAST.day, 0, -1):
            for project in projects:
                for person in people:
                    TimeEntryFactory(
                        project=project, member=person, work_date=date(2026, 10, day), minutes=30
                    )
    return tenant


def test_drafting_posting_discarding_and_locking_never_deadlock(company: Tenant) -> None:
    with tenant_scope(company.pk):
        actor = Membership.objects.filter(tenant=company).select_related("user").first()
        projects = list({entry.project for entry in TimeEntry.objects.select_related("project")})
    assert actor is not None
    choice = random.Random(7)
    wishes: list[Callable[[random.Random], None]] = [
        partial(draft_some, actor, [project.pk for project in projects]),
        partial(draft_some, actor, [projects[0].pk]),
        partial(discard_some, actor),
        partial(discard_some, actor),
        partial(post_some, actor),
        partial(release_one, actor),
        partial(lock_everybody, actor, company),
        partial(unlock_one, actor),
        partial(change_some, actor),
        partial(settle_some, actor),
        partial(settle_some, actor),
    ]
    turns = [(choice.choice(wishes), choice.randrange(2**32)) for _ in range(TURNS)]

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        told = Counter(pool.map(partial(take_turn, company), *zip(*turns, strict=True)))

    assert {"done", "too late"} >= told.keys(), told
    assert told["done"] > TURNS / 10
    with tenant_scope(company.pk):
        assert [fault for check in verify_books() for fault in check.faults] == []
        live = Source.objects.filter(released_at=None).count()
        not_open = TimeEntry.objects.exclude(billing_state=BillingState.OPEN)
        taken = not_open.filter(billing_note="").count()
        assert live == taken


def take_turn(company: Tenant, wish: Callable[[random.Random], None], seed: int) -> str:
    try:
        with tenant_scope(company.pk):
            wish(random.Random(seed))
    except DomainError:
        return "too late"
    except OperationalError as failure:
        return str(failure).partition("\n")[0]
    finally:
        connection.close()
    return "done"


def draft_some(actor: Membership, project_ids: list[int], choice: random.Random) -> None:
    choice.shuffle(project_ids := list(project_ids))
    for pk in project_ids[: choice.randint(1, 3)]:
        first = date(2026, 10, choice.randint(1, 20))
        draft_work(
            start=first,
            end=LAST,
            issue_date=date(2026, 11, choice.randint(1, 28)),
            project_ids=[pk],
            actor=actor.user,
            allow_unlocked=True,
        )


def some_drafts(choice: random.Random) -> list[int]:
    drafts = list(Invoice.objects.filter(status="draft").values_list("pk", flat=True))
    if not drafts:
        raise DomainError
    return choice.sample(drafts, min(len(drafts), 3))


def discard_some(actor: Membership, choice: random.Random) -> None:
    discard_drafts(some_drafts(choice), actor=actor.user)


def post_some(actor: Membership, choice: random.Random) -> None:
    post_invoices(some_drafts(choice)[:2], actor=actor.user)


def release_one(actor: Membership, choice: random.Random) -> None:
    live = list(
        Source.objects.filter(line__invoice__status="draft").values_list("time_entry", flat=True)
    )
    if not live:
        raise DomainError
    # The same few again and again, so that two people take off one entry.
    release_work(TimeEntry, min(choice.sample(live, min(len(live), 5))), actor=actor.user)


def lock_everybody(actor: Membership, company: Tenant, _choice: random.Random) -> None:
    people = Membership.objects.filter(tenant=company).values_list("pk", flat=True)
    lock_people(actor=actor, member_ids=list(people), start=FIRST, end=LAST)


def unlock_one(actor: Membership, choice: random.Random) -> None:
    locks = list(HoursLock.objects.values_list("pk", flat=True))
    if not locks:
        raise DomainError
    unlock_hours(choice.choice(locks), actor=actor, reason="forgot one")


def change_some(actor: Membership, choice: random.Random) -> None:
    free = list(
        TimeEntry.objects.filter(billing_state=BillingState.OPEN, is_locked=False).values_list(
            "pk", flat=True
        )
    )
    if not free:
        raise DomainError
    change_entries(
        choice.sample(free, min(len(free), 8)), actor=actor, description=f"{choice.random()}"
    )


def settle_some(actor: Membership, choice: random.Random) -> None:
    """Mark, write off, free or make billable whatever of some days takes it."""
    first = date(2026, 10, choice.randint(1, 26))
    some = TimeEntry.objects.filter(work_date__range=(first, first + timedelta(days=2)))
    settle(some, step=choice.choice(list(Step)), actor=actor, note="R-17")
