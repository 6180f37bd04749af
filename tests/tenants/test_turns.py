"""What is done for all companies goes on when it breaks for one, and everything by their clocks."""

import logging
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from tenants.models import Tenant
from tenants.scope import current_tenant_id
from tenants.turns import TurnsBroke, for_each_tenant
from tests.factories import TenantFactory


def zone() -> str:
    found = timezone.get_current_timezone()
    assert isinstance(found, ZoneInfo)
    return found.key


def test_what_breaks_for_one_company_is_logged_and_the_others_go_on(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = TenantFactory(), TenantFactory(time_zone="Europe/Berlin")
    done: list[tuple[int, str]] = []

    def work() -> None:
        if current_tenant_id() == broken.pk:
            raise ZeroDivisionError
        done.append((current_tenant_id(), zone()))

    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(TurnsBroke, match=f"The count broke for {broken.pk}$"),
    ):
        for_each_tenant(work, what="count")

    assert done == [(fine.pk, "Europe/Berlin")]
    assert f"The count of company {broken.pk} broke" in caplog.text


def test_each_turn_has_a_transaction_of_its_own(db: None) -> None:
    company = TenantFactory()
    found: list[Any] = []

    def breaks() -> None:
        Tenant.objects.filter(pk=company.pk).update(name="Half done")
        raise ZeroDivisionError

    with pytest.raises(TurnsBroke):
        for_each_tenant(
            lambda: Tenant.objects.filter(pk=company.pk).update(city="Turku"),
            breaks,
            lambda: [1, 2],
            list,
            what="count",
            then=lambda tenant_id, result: found.append((tenant_id, result, zone())),
        )

    company.refresh_from_db()
    assert (company.city, company.name == "Half done") == ("Turku", False)
    # The number of rows, and the list; an empty one is nothing to hand on.
    assert found == [(company.pk, given, "Europe/Helsinki") for given in (1, [1, 2])]


def test_a_deadlock_is_one_companys_and_a_database_that_is_away_is_everybodys(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    TenantFactory(), TenantFactory()
    tried: list[int] = []

    def work() -> None:
        tried.append(current_tenant_id())
        raise OperationalError("deadlock detected")

    with pytest.raises(TurnsBroke):
        for_each_tenant(work, what="count")
    assert len(tried) == 2

    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError):
        for_each_tenant(work, what="count")
    assert len(tried) == 3


# What beat calls for all companies, and a function in it that breaks for one of them.
TICKS = {
    "integrations.tasks.sweep_events": "integrations.domain.hearing.sweep",
    "integrations.tasks.sweep_exports": "integrations.domain.outbox.sweep",
    "integrations.tasks.tell_of_troubles": "integrations.trouble_mail.readers_due",
    "integrations.tasks.tick_payments": "integrations.domain.settlements.connections_to_read",
    "invoicing.tasks.sweep_document_bundles": "invoicing.domain.bundles.sweep_bundles",
    "invoicing.tasks.sweep_documents": "invoicing.selectors.documents.documents_without_pdf",
    "invoicing.tasks.sweep_mails": "invoicing.domain.sending.queues.waiting_mails",
    "invoicing.tasks.sweep_posting_runs": "invoicing.domain.posting_runs.sweep_runs",
    "invoicing.tasks.sweep_selections": "invoicing.domain.composing.selections.forget_old",
    "invoicing.tasks.sweep_sendings": "invoicing.domain.sending.delivering.give_up_lost",
    "invoicing.tasks.sweep_statement_imports": "invoicing.domain.banking.importing.sweep_imports",
    "invoicing.tasks.tick_schedules": "invoicing.domain.schedules.starting.start_due",
    "tenants.tasks.sweep_sent_forms": "tenants.sent_forms.forget_old",
    "timesheets.tasks.sweep_imports": "timesheets.imports.stages.sweep",
    "timesheets.tasks.sweep_usage_imports": "timesheets.usage.sweeping.sweep",
    "timesheets.tasks.write_due_fees": "timesheets.domain.packages.fees.write_fees",
}


def test_every_tick_of_beat_is_tried_here() -> None:
    beat = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert beat == set(TICKS)


@pytest.mark.parametrize("task", TICKS)
def test_no_tick_stops_at_a_company_it_breaks_for(
    db: None, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    broken, fine = TenantFactory(), TenantFactory(time_zone="Europe/Berlin")
    reached: list[tuple[int, str]] = []

    def breaks(*_given: Any, **_asked: Any) -> list[int]:
        reached.append((current_tenant_id(), zone()))
        if current_tenant_id() == broken.pk:
            raise ZeroDivisionError
        return []

    monkeypatch.setattr(TICKS[task], breaks)
    if task.endswith("sweep_documents"):
        monkeypatch.setattr(TICKS[task], lambda **asked: NoRows(breaks(**asked)))

    with pytest.raises(TurnsBroke):
        import_string(task)()

    assert reached == [(broken.pk, "Europe/Helsinki"), (fine.pk, "Europe/Berlin")]


class NoRows(list[int]):
    def values_list(self, *_names: str, flat: bool) -> list[int]:
        return list(self)

    def __getitem__(self, _place: Any) -> Any:
        return self


def test_a_task_that_is_told_of_a_company_runs_by_its_clock(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = TenantFactory(time_zone="Europe/Berlin")
    seen: list[str] = []
    monkeypatch.setattr(
        "invoicing.mail.mail_question_to_company", lambda *_ids: seen.append(zone())
    )
    mail_question = import_string("invoicing.tasks.mail_question")

    mail_question(tenant_id=company.pk, question_id=1)
    mail_question.delay(tenant_id=company.pk, question_id=1)

    assert seen == ["Europe/Berlin"] * 2
    assert zone() != "Europe/Berlin"
