import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Customer
from tenants.models import AuditEntry, Membership
from tests.factories import HoursLockFactory
from tests.timesheets.imports.files import PLAIN, SAMPLES
from timesheets import tasks
from timesheets.domain.settling import Step, settle
from timesheets.imports import stages
from timesheets.models import BillingState, TimeEntry, TimeImport

HOME = "/acme/hours/import/"
type SignIn = Callable[[Membership], Client]


@pytest.fixture
def client_of(signed_in: SignIn, accountant: Membership) -> Client:
    return signed_in(accountant)


def upload(client: Client, name: str, content: bytes | None = None) -> Any:
    body = (SAMPLES / name).read_bytes() if content is None else content
    return client.post(HOME, {"file": SimpleUploadedFile(name, body)})


def uploaded(client: Client, name: str, content: bytes | None = None) -> tuple[str, str]:
    """The address of the page that shows it, and the page."""
    response = upload(client, name, content)
    assert response.status_code == 302
    address = response["Location"]
    return address, client.get(address).content.decode()


def keys_on(page: str) -> list[str]:
    """The names that can be ticked."""
    return [unescape(key) for key in re.findall(r'name="create"\s+value="([^"]+)"', page)]


def test_from_file_to_hours(client_of: Client) -> None:
    address, page = uploaded(client_of, "toggl-faulty.csv")

    assert "Toggl Track" in page
    assert "Kuusiston Puutarha Oy" in page
    assert "This day does not exist." in page
    assert TimeEntry.objects.count() == 0

    keys = keys_on(page)
    refused = client_of.post(f"{address}start/", {"create": keys})
    assert refused.status_code == 422
    assert "Nothing was imported: 9 rows cannot be." in refused.content.decode()
    # What was ticked still is.
    assert refused.content.decode().count(" checked") == len(keys)
    assert (TimeEntry.objects.count(), Customer.objects.count()) == (0, 0)

    done = client_of.post(f"{address}start/", {"create": keys, "skip_bad": "on"}, follow=True)
    assert done.status_code == 200
    assert TimeEntry.objects.count() == 3
    result = done.content.decode()
    assert "Created on the way" in result
    rejects = client_of.get(f"{address}rejects/")
    assert rejects["Content-Disposition"] == 'attachment; filename="toggl-faulty.rejects.csv"'
    assert len(rejects.content.decode("utf-8-sig").splitlines()) == 10

    stored = TimeImport.objects.get()
    assert (stored.state, stored.content) == ("done", None)
    assert TimeEntry.objects.filter(time_import=stored).count() == 3


def test_unticked_names_leave_their_rows_out(client_of: Client) -> None:
    address, page = uploaded(client_of, "kimai-english.csv")
    refused = client_of.post(f"{address}start/")
    assert refused.status_code == 422
    assert "Nothing was imported: 33 rows cannot be." in refused.content.decode()
    keys = [key for key in keys_on(page) if "rosenau" not in key]
    client_of.post(f"{address}start/", {"create": keys, "skip_bad": "on"})
    assert not Customer.objects.filter(name="Stadtwerke Rosenau").exists()
    assert TimeEntry.objects.exists()


def test_the_question_about_dates_is_asked_first(client_of: Client) -> None:
    address, page = uploaded(client_of, "clockify-undecided.csv")
    assert "Which way round are the dates?" in page
    assert "Day first: 1 Sep 2026" in page
    assert "Month first: 9 Jan 2026" in page

    too_early = client_of.post(f"{address}start/")
    assert too_early.status_code == 422
    assert "Say first how the dates of this file are read." in too_early.content.decode()
    unanswered = client_of.post(f"{address}options/", {"dates": "sideways"})
    assert unanswered.status_code == 422

    client_of.post(f"{address}options/", {"dates": "day-first"})
    page = client_of.get(address).content.decode()
    assert "60:00" in page
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    assert TimeEntry.objects.order_by("work_date")[0].work_date == date(2026, 9, 1)


def test_work_without_a_project_gets_one(client_of: Client) -> None:
    address, page = uploaded(client_of, "toggl-detailed.csv")
    assert "1 row lacks one." in page

    wrong = client_of.post(f"{address}options/", {"project": "Office"})
    assert wrong.status_code == 422
    assert "Write the customer, a slash and the project: Acme / Office." in wrong.content.decode()
    assert 'value="Office"' in wrong.content.decode()

    client_of.post(f"{address}options/", {"project": "Havupuu / Office"})
    page = client_of.get(address).content.decode()
    assert "lacks one." not in page
    assert 'value="Havupuu / Office"' in page
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    assert TimeEntry.objects.filter(project__name="Office").count() == 1


def test_the_rates_of_the_file_can_be_taken(client_of: Client) -> None:
    address, page = uploaded(client_of, "kimai-english.csv")
    assert "Take those of the file, where it has any" in page
    client_of.post(f"{address}options/", {"rates": "file"})
    page = client_of.get(address).content.decode()
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    assert set(TimeEntry.objects.values_list("rate_level", flat=True)) == {"manual"}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("toggl-detailed.csv", ["project"]),  # a row has none
        ("kimai-english.csv", ["project", "rates"]),
        ("clockify-day-first.csv", ["project", "rates", "dates"]),
        ("kimai-german-excel.csv", ["project", "rates"]),  # dots are never in doubt
    ],
)
def test_only_what_is_open_is_asked(client_of: Client, name: str, asked: list[str]) -> None:
    _address, page = uploaded(client_of, name)
    fields = [name for name in ("project", "rates", "dates") if f'name="{name}"' in page]
    assert fields == asked


def test_nothing_open_asks_nothing(client_of: Client) -> None:
    content = f"{PLAIN}\n2026-09-15,,Anna,Acme,Web,,,,,1:00,yes\n".encode()
    _address, page = uploaded(client_of, "x.csv", content)
    assert "Look again" not in page


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("hours.csv", b"", "The file is empty."),
        ("hours.xlsx", b"PK\x03\x04", "This is an Excel or OpenDocument workbook, not a CSV file."),
        ("x.csv", b"Name,Amount\nx,1\n", "The columns are not those of a known time export."),
        ("x.csv", b"Duration (h),User\n1:00,x\n", "it lacks a column: Start Date."),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_a_sentence(
    client_of: Client, name: str, content: bytes, sentence: str
) -> None:
    response = upload(client_of, name, content)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert TimeImport.objects.count() == 0


def test_no_file_is_refused_too(client_of: Client) -> None:
    response = client_of.post(HOME)
    assert response.status_code == 422
    assert "Choose a file first." in response.content.decode()


def test_a_file_too_large_is_refused_before_it_is_read(
    client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "MAX_BYTES", 1024 * 1024)
    response = upload(client_of, "big.csv", b"x" * (1024 * 1024 + 1))
    assert response.status_code == 422
    sentence = "The file has 2 MB; at most 1 MB can be imported at once."
    assert sentence in response.content.decode()


def test_a_file_of_names_that_want_to_be_markup_is_shown_as_text(client_of: Client) -> None:
    content = f'{PLAIN}\n2026-09-15,,"<script>x</script>",Acme,Web,,,,,1:00,<b>\n'.encode()
    _address, page = uploaded(client_of, "x.csv", content)
    assert "<script>x" not in page
    assert "&lt;b&gt;" in page


def test_a_file_can_be_discarded(client_of: Client) -> None:
    address, _page = uploaded(client_of, "plain.csv")
    page = client_of.post(f"{address}discard/", follow=True).content.decode()
    assert "plain.csv is discarded." in page
    assert TimeImport.objects.count() == 0
    assert AuditEntry.objects.filter(action="import.discarded").exists()


def test_an_import_can_be_taken_back_and_done_again(client_of: Client) -> None:
    address, page = uploaded(client_of, "harvest-comma.csv")
    keys = keys_on(page)
    client_of.post(f"{address}start/", {"create": keys, "skip_bad": "on"})
    assert TimeEntry.objects.filter(billing_state=BillingState.BILLED).count() == 9

    page = client_of.post(f"{address}take-back/", follow=True).content.decode()
    assert "33 entries are taken back." in page
    assert "This import was taken back" in page
    assert TimeEntry.objects.count() == 0
    assert client_of.get(f"{address}rejects/").status_code == 404

    address, _page = uploaded(client_of, "harvest-comma.csv")
    client_of.post(f"{address}start/", {"skip_bad": "on"})
    assert TimeEntry.objects.count() == 33


def test_work_that_is_locked_or_billed_is_not_taken_back(client_of: Client) -> None:
    address, page = uploaded(client_of, "kimai-english.csv")
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    entry = TimeEntry.objects.filter(work_date=date(2026, 8, 31))[0]
    HoursLockFactory(member=entry.member, start_date=entry.work_date, end_date=entry.work_date)
    held = TimeEntry.objects.filter(is_locked=True).count()

    response = client_of.post(f"{address}take-back/")
    assert response.status_code == 422
    sentence = f"{held} entries of this import are locked, on an invoice or settled by hand."
    assert sentence in response.content.decode()
    assert TimeEntry.objects.count() == 33


def test_hours_settled_by_hand_are_not_taken_back(
    client_of: Client, accountant: Membership
) -> None:
    address, page = uploaded(client_of, "plain.csv")
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    open_ = TimeEntry.objects.filter(billing_state=BillingState.OPEN, is_billable=True)[:1]
    settle(
        TimeEntry.objects.filter(pk__in=[entry.pk for entry in open_]),
        step=Step.BILLED,
        actor=accountant,
        note="R-17",
    )
    response = client_of.post(f"{address}take-back/")
    assert response.status_code == 422
    assert "1 entries of this import" in response.content.decode()


def test_what_is_over_cannot_be_started_again(client_of: Client) -> None:
    address, page = uploaded(client_of, "kimai-english.csv")
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    for action in ("start", "discard", "options"):
        response = client_of.post(f"{address}{action}/")
        assert response.status_code == 422
    assert "This import is finished or was discarded" in response.content.decode()
    assert TimeEntry.objects.count() == 33


def test_a_second_look_finds_everything_here(client_of: Client) -> None:
    address, page = uploaded(client_of, "kimai-english.csv")
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    _address, page = uploaded(client_of, "kimai-english.csv")
    assert "Every row of this file was imported before." in page


def test_the_problems_can_be_downloaded_before_anything_is_imported(client_of: Client) -> None:
    address, _page = uploaded(client_of, "toggl-faulty.csv")
    lines = client_of.get(f"{address}rejects/").content.decode("utf-8-sig").splitlines()
    assert (len(lines), TimeEntry.objects.count()) == (10, 0)


def test_a_large_file_is_read_and_imported_by_a_worker(
    client_of: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(stages, "ROWS_WHILE_WAITING", 10)
    with django_capture_on_commit_callbacks(execute=False):
        address, page = uploaded(client_of, "kimai-english.csv")
    assert "Waiting to be read" in page
    assert client_of.get(f"{address}progress/").status_code == 200
    # The worker, which hears of it after the commit.
    pk = TimeImport.objects.get().pk
    _work("check_import", pk)

    moved_on = client_of.get(f"{address}progress/")
    assert moved_on.headers["HX-Redirect"] == address
    page = client_of.get(address).content.decode()
    with django_capture_on_commit_callbacks(execute=False) as queued:
        client_of.post(f"{address}start/", {"create": keys_on(page)})
    assert (len(queued), TimeEntry.objects.count()) == (1, 0)
    assert "Waiting to be imported" in client_of.get(address).content.decode()

    _work("run_import", pk)
    _work("run_import", pk)  # delivered twice
    assert TimeEntry.objects.count() == 33
    assert stages.progress_of(TimeImport.objects.get())["total"] == 33


def test_a_refusal_found_by_the_worker_comes_back_to_the_page(
    client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, page = uploaded(client_of, "kimai-english.csv")
    keys = [key for key in keys_on(page) if "rosenau" not in key]
    monkeypatch.setattr(stages, "ROWS_WHILE_WAITING", 10)
    client_of.post(f"{address}start/", {"create": keys})
    _work("run_import", TimeImport.objects.get().pk)
    page = client_of.get(address).content.decode()
    assert "Nothing was imported, because some rows cannot be." in page
    assert TimeEntry.objects.count() == 0


def _work(task: str, pk: int) -> None:
    from timesheets import tasks

    stored = TimeImport.objects.get(pk=pk)
    arguments = {"tenant_id": stored.tenant_id, "import_id": pk}
    getattr(tasks, task)(**arguments, actor_id=stored.created_by_id)


def test_forgotten_files_go_after_a_week_and_lost_ones_are_sent_again(
    client_of: Client, django_capture_on_commit_callbacks: Any
) -> None:
    uploaded(client_of, "plain.csv")
    lost = TimeImport.objects.create(file_name="lost.csv", content=b"x", state="queued")
    with django_capture_on_commit_callbacks() as sent:
        stages.sweep(now=timezone.now() + timedelta(minutes=4))
    assert (TimeImport.objects.count(), len(sent)) == (2, 0)
    with django_capture_on_commit_callbacks() as sent:
        stages.sweep(now=timezone.now() + timedelta(minutes=6))
    assert [callback.keywords["import_id"] for callback in sent] == [lost.pk]
    stages.sweep(now=timezone.now() + timedelta(days=8))
    assert list(TimeImport.objects.all()) == [lost]


@pytest.mark.parametrize("state", ["checking", "queued"])
def test_what_breaks_every_worker_is_given_back_with_a_sentence(
    state: str, client_of: Client
) -> None:
    is_read = state == "queued"
    task: Any = tasks.run_import if is_read else tasks.check_import
    uploaded(client_of, "plain.csv")
    waiting = TimeImport.objects.get()
    TimeImport.objects.update(state=state)

    def swept() -> bool:
        """Whether a worker is asked again; in vain, as every time."""
        with patch.object(task, "delay") as delay, TestCase.captureOnCommitCallbacks(execute=True):
            stages.sweep(now=timezone.now() + timedelta(minutes=6))
        if delay.called:
            with pytest.raises(ZeroDivisionError):
                task(**delay.call_args.kwargs)
        return bool(delay.called)

    with patch.object(stages, "run" if is_read else "check", side_effect=ZeroDivisionError) as work:
        asked = [swept() for _ in range(5)]

    assert (asked, work.call_count) == ([True, True, True, False, False], 3)
    waiting.refresh_from_db()
    assert waiting.state == ("checked" if is_read else "failed")
    page = client_of.get(f"{HOME}{waiting.pk}/").content.decode()
    assert "broke off 3 times, and nothing was imported" in page
    assert AuditEntry.objects.filter(action="import.given_up").count() == 1
    if is_read:
        client_of.post(f"{HOME}{waiting.pk}/start/", {"create": keys_on(page)})
        waiting.refresh_from_db()
        assert waiting.state == "done"
        assert "broke off" not in client_of.get(f"{HOME}{waiting.pk}/").content.decode()
    else:
        assert "Not readable" in client_of.get(HOME).content.decode()
        assert client_of.post(f"{HOME}{waiting.pk}/discard/").status_code == 302
        assert not TimeImport.objects.exists()


def test_the_list_tells_what_was_imported(client_of: Client) -> None:
    assert "Nothing was imported yet" in client_of.get(HOME).content.decode()
    address, page = uploaded(client_of, "kimai-english.csv")
    client_of.post(f"{address}start/", {"create": keys_on(page)})
    page = client_of.get(HOME).content.decode()
    assert "kimai-english.csv" in page
    assert "64:00" in page
    assert "Imported" in page


def test_the_list_asks_no_more_for_more(client_of: Client) -> None:
    counts = []
    for _round in range(2):
        uploaded(client_of, "kimai-english.csv")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client_of.get(HOME)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_empty_file_in_the_plain_format_is_offered(client_of: Client) -> None:
    response = client_of.get(f"{HOME}template/")
    assert response.content.decode("utf-8-sig").strip() == (
        "Date,Email,Person,Customer,Project,Task,Description,Start,End,"
        "Duration,Billable,Tags,Rate,Currency,Billed elsewhere"
    )


@pytest.mark.parametrize("path", ["", "template/", "1/", "1/progress/", "1/rejects/"])
@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
def test_others_may_not_look(
    role: str, path: str, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(HOME + path).status_code == 403


@pytest.mark.parametrize("path", ["", "1/options/", "1/start/", "1/discard/", "1/take-back/"])
@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
def test_others_may_not_act(
    role: str, path: str, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.post(HOME + path).status_code == 403


@pytest.mark.parametrize("path", ["1/", "1/progress/", "1/rejects/"])
def test_an_import_that_is_not_there_is_404(client_of: Client, path: str) -> None:
    assert client_of.get(HOME + path).status_code == 404
