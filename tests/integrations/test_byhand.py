"""Documents that a person enters in the accounting system: said, taken back, counted."""

from collections.abc import Iterator

import pytest

from integrations.domain import byhand
from integrations.errors import (
    ExportArrived,
    ExportUnderWay,
    NoRemoteNumber,
    NotDoneByHand,
)
from integrations.filters import STATES
from integrations.models import Connection, Export, ExportAttempt
from integrations.ports import ByHand, Delivery
from integrations.problems import Problem
from integrations.selectors import connection_overview, counts_by_state
from tenants.models import AuditEntry, Membership, User
from tests.integrations.conftest import posted, send
from tests.integrations.fake import Remote, fake_system

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def remote() -> Iterator[Remote]:
    with fake_system() as remote:
        yield remote


@pytest.fixture
def fake(remote: Remote) -> Connection:
    made: Connection = Connection.objects.create(
        system="fake", name="Fake", environment="production", settings={"unlinked": "send"}
    )
    return made


@pytest.fixture
def actor(accountant: Membership) -> User:
    assert accountant.user is not None
    return accountant.user


def handed_over(remote: Remote, fake: Connection) -> Export:
    def refuse(_step: str, _delivery: Delivery) -> None:
        raise ByHand("Enter it there.")

    remote.before = refuse
    invoice = posted()
    return send(Export.objects.get(invoice=invoice, connection=fake))


def test_what_is_not_sent_waits_for_a_person(remote: Remote, fake: Connection) -> None:
    export = handed_over(remote, fake)

    assert (export.status, export.error) == ("by_hand", "Enter it there.")
    assert export.tries.get().outcome == ExportAttempt.Outcome.BY_HAND
    assert not export.steps.exists()
    counts = counts_by_state(Export.objects.all())
    assert {state for state, count in counts.items() if count} == {"by_hand"}
    assert connection_overview()[0].by_hand == 1


def test_a_person_says_under_which_number_it_is_there(
    remote: Remote, fake: Connection, actor: User
) -> None:
    export = handed_over(remote, fake)

    byhand.confirm({export.pk: "  RE-2026  17 "}, actor=actor)

    export.refresh_from_db()
    assert (export.status, export.remote_number) == ("sent", "RE-2026 17")
    assert export.done_by == actor
    assert export.sent_at is not None
    assert AuditEntry.objects.get(action="export.done_by_hand").detail["remote"] == "RE-2026 17"
    with pytest.raises(ExportArrived):
        byhand.confirm({export.pk: "18"}, actor=actor)


def test_taken_back_it_is_what_it_was(remote: Remote, fake: Connection, actor: User) -> None:
    export = handed_over(remote, fake)
    byhand.confirm({export.pk: "17"}, actor=actor)

    byhand.take_back(export, actor=actor)

    export.refresh_from_db()
    assert (export.status, export.error) == ("by_hand", "Enter it there.")
    assert (export.remote_number, export.done_by, export.sent_at) == ("", None, None)
    with pytest.raises(NotDoneByHand):
        byhand.take_back(export, actor=actor)


def test_a_failed_one_may_be_said_to_be_there_too(fake: Connection, actor: User) -> None:
    posted()
    export = Export.objects.get()
    Export.objects.update(
        status="failed", problem=Problem.REFUSED, error="No.", next_attempt_at=None
    )
    byhand.confirm({export.pk: "17"}, actor=actor)
    byhand.take_back(export, actor=actor)
    export.refresh_from_db()
    assert (export.status, export.problem, export.error) == ("failed", "refused", "No.")


def test_what_waited_does_not_set_off_by_itself_when_it_is_taken_back(
    fake: Connection, actor: User
) -> None:
    posted()
    export = Export.objects.get()
    byhand.confirm({export.pk: "17"}, actor=actor)
    byhand.take_back(export, actor=actor)
    export.refresh_from_db()
    assert export.status == "failed"
    assert "taken back" in export.error


def test_all_or_none_are_confirmed(remote: Remote, fake: Connection, actor: User) -> None:
    first, second = handed_over(remote, fake), handed_over(remote, fake)
    with pytest.raises(NoRemoteNumber):
        byhand.confirm({first.pk: "1", second.pk: " "}, actor=actor)
    assert set(Export.objects.values_list("status", flat=True)) == {"by_hand"}
    byhand.confirm({first.pk: "1", second.pk: "2"}, actor=actor)
    assert sorted(Export.objects.values_list("remote_number", flat=True)) == ["1", "2"]


def test_nothing_is_said_of_one_that_is_under_way(
    remote: Remote, fake: Connection, actor: User
) -> None:
    export = handed_over(remote, fake)
    said: list[str] = []

    def during(_step: str, _delivery: Delivery) -> None:
        with pytest.raises(ExportUnderWay):
            byhand.confirm({export.pk: "17"}, actor=actor)
        said.append("refused")

    remote.before = during
    byhand.retry([export.pk], actor=actor)
    assert send(export).status == "sent"
    assert said


def test_every_state_has_its_tab() -> None:
    shown = [status for statuses in STATES.values() for status in statuses]
    assert sorted(shown) == sorted(Export.Status.values)
