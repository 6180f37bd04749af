"""Documents that a person enters in the accounting system: said, taken back, counted."""

import csv
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.domain import byhand
from integrations.errors import (
    ExportArrived,
    ExportUnderWay,
    NoRemoteNumber,
    NotDoneByHand,
)
from integrations.filters import STATES
from integrations.handover import package
from integrations.models import Connection, Export, ExportAttempt
from integrations.ports import ByHand, Delivery, Handed, OutgoingFile
from integrations.problems import Problem
from integrations.selectors import connection_overview, counts_by_state
from tenants.models import AuditEntry, Membership, User
from tests.integrations.conftest import posted, send
from tests.integrations.fake import Remote, fake_system
from tests.integrations.outgoing import BUYER, line, outgoing, text_line

SignIn = Callable[[Membership], Client]
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


def test_what_is_there_or_under_way_is_not_begun_anew(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    client = signed_in(accountant)
    export = handed_over(remote, fake)
    url = f"/acme/exports/{export.pk}/anew/"
    assert "It is begun anew." in client.post(url, follow=True).content.decode()
    remote.before = lambda _step, _delivery: None
    assert send(export).status == "sent"
    assert "has arrived already" in client.post(url, follow=True).content.decode()
    assert export.steps.count() == 3


# The files.


def cells(content: bytes) -> list[list[str]]:
    text = content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_the_package_has_the_papers_and_lists_of_heads_and_lines() -> None:
    invoice = outgoing(
        buyer=replace(BUYER, name='=HYPERLINK("http://evil.example")'),
        lines=(text_line("October"), line(text="-1 day", discount_percent=Decimal("10.00"))),
        remote_customer_id="77",
    )
    papers = (OutgoingFile("2026-0017.pdf", b"%PDF"), OutgoingFile("2026-0017.xml", b"<x/>"))
    files = {
        one.name: one.content
        for one in package([Handed(invoice=invoice, papers=papers)], customer_there="Id there")
    }
    assert list(files) == ["2026-0017.pdf", "2026-0017.xml", "documents.csv", "lines.csv"]
    head, row = cells(files["documents.csv"])
    document = dict(zip(head, row, strict=True))
    assert document["Number"] == "2026-0017"
    assert document["Id there"] == "77"
    assert document["Customer"] == '\'=HYPERLINK("http://evil.example")'
    assert (document["Net"], document["Tax"], document["Gross"]) == ("250", "63,75", "313,75")
    head, text, priced = cells(files["lines.csv"])
    assert dict(zip(head, text, strict=True)) | {"Net": "", "Quantity": ""} == dict(
        zip(head, text, strict=True)
    )
    got = dict(zip(head, priced, strict=True))
    assert (got["Text"], got["Quantity"], got["Discount %"]) == ("'-1 day", "2,5", "10")


# The pages.


def test_the_files_of_one_and_of_many(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    first, second = handed_over(remote, fake), handed_over(remote, fake)
    client = signed_in(accountant)

    answer = client.get(f"/acme/exports/{first.pk}/package/")
    assert f'filename="{first.invoice.number}.zip"' in answer["Content-Disposition"]
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        assert archive.namelist() == [f"{first.invoice.number}.pdf", "documents.csv", "lines.csv"]

    answer = client.post("/acme/exports/package/", {"pk": [first.pk, second.pk]})
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 4
        _head, *rows = cells(archive.read("documents.csv"))
    assert sorted(row[0] for row in rows) == sorted(
        str(one.invoice.number) for one in (first, second)
    )


def test_connections_with_names_alike_have_a_folder_each(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    first = handed_over(remote, fake)
    Connection.objects.filter(pk=fake.pk).update(is_active=False)
    other = Connection.objects.create(
        system="fake", name="Fake!", environment="production", settings={"unlinked": "send"}
    )
    second = handed_over(remote, other)
    answer = signed_in(accountant).post("/acme/exports/package/", {"pk": [first.pk, second.pk]})
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names)) == 6
    assert {name.split("/")[0] for name in names} == {"fake", "fake-2"}


def test_many_files_take_no_more_queries(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    exports = [handed_over(remote, fake) for _ in range(3)]
    client = signed_in(accountant)

    def queries(chosen: list[Export]) -> int:
        with CaptureQueriesContext(database) as captured:
            answer = client.post("/acme/exports/package/", {"pk": [one.pk for one in chosen]})
            assert answer.getvalue()
        return len(captured)

    queries(exports[:1])
    assert queries(exports[:1]) == queries(exports)


def test_what_is_not_handed_over_has_no_files(
    fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    posted()
    export = Export.objects.get()
    page = signed_in(accountant).get(f"/acme/exports/{export.pk}/package/", follow=True)
    assert "There are no files for these documents" in page.content.decode()


def test_its_page_has_the_files_and_takes_the_number(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    export, client = handed_over(remote, fake), signed_in(accountant)
    page = client.get(f"/acme/exports/{export.pk}/").content.decode()
    assert "Enter it there." in page
    assert f"/acme/exports/{export.pk}/package/" in page

    page = client.post(
        f"/acme/exports/{export.pk}/done/", {"number": " "}, follow=True
    ).content.decode()
    assert "Enter the number that it has there." in page
    page = client.post(
        f"/acme/exports/{export.pk}/done/", {"number": "R-17"}, follow=True
    ).content.decode()
    assert "by hand as no. R-17" in page
    page = client.post(f"/acme/exports/{export.pk}/take-back/", follow=True).content.decode()
    assert "it is as it was before" in page
    export.refresh_from_db()
    assert export.status == "by_hand"


def test_the_numbers_of_many_are_entered_in_one_form(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    first, second = handed_over(remote, fake), handed_over(remote, fake)
    client = signed_in(accountant)
    page = client.post(
        "/acme/exports/numbers/",
        {"pk": [first.pk, second.pk], "back": "state=by_hand"},
        follow=True,
    ).content.decode()
    assert f'name="number-{first.pk}"' in page
    assert f'name="number-{second.pk}"' in page

    url = "/acme/exports/numbers/confirm/"
    empty = client.post(url, {f"number-{first.pk}": "", f"number-{second.pk}": " "})
    assert empty.status_code == 422
    long = client.post(url, {f"number-{first.pk}": "7" * 61, f"number-{second.pk}": "18"})
    assert long.status_code == 422
    assert "at most 60 characters" in long.content.decode()
    assert 'value="18"' in long.content.decode()
    assert Export.objects.filter(status="by_hand").count() == 2

    client.post(url, {f"number-{first.pk}": "17", f"number-{second.pk}": ""})
    assert Export.objects.get(pk=first.pk).remote_number == "17"
    assert Export.objects.get(pk=second.pk).status == "by_hand"


def test_the_list_has_a_tab_of_them(
    remote: Remote, fake: Connection, accountant: Membership, signed_in: SignIn
) -> None:
    export = handed_over(remote, fake)
    page = signed_in(accountant).get("/acme/exports/?state=by_hand").content.decode()
    assert str(export.invoice.number) in page
    assert "Enter their numbers" in page


def test_a_member_without_the_right_is_refused(
    remote: Remote, fake: Connection, auditor: Membership, signed_in: SignIn
) -> None:
    export, client = handed_over(remote, fake), signed_in(auditor)
    assert client.get(f"/acme/exports/{export.pk}/package/").status_code == 403
    assert client.post(f"/acme/exports/{export.pk}/done/", {"number": "1"}).status_code == 403
    assert client.post(f"/acme/exports/{export.pk}/take-back/").status_code == 403
    assert client.get(f"/acme/exports/numbers/?pk={export.pk}").status_code == 403
