"""What is done for all companies goes on when it breaks for one."""

import logging
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tenants.scope import current_tenant_id
from tenants.turns import for_each_tenant
from tests.factories import TenantFactory
from timesheets import tasks
from timesheets.domain.packages import fees


def test_what_breaks_for_one_company_is_logged_and_the_others_go_on(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = TenantFactory(), TenantFactory(time_zone="Europe/Berlin")
    done: list[tuple[int, str]] = []

    def work() -> None:
        if current_tenant_id() == broken.pk:
            raise ZeroDivisionError
        zone = timezone.get_current_timezone()
        assert isinstance(zone, ZoneInfo)
        done.append((current_tenant_id(), zone.key))

    with caplog.at_level(logging.ERROR):
        for_each_tenant(work, what="count")

    assert done == [(fine.pk, "Europe/Berlin")]
    assert f"The count of company {broken.pk} broke" in caplog.text


def test_fees_are_written_for_every_company_that_can_be(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = TenantFactory(), TenantFactory()
    done: list[int] = []

    def write(*, actor: None) -> None:
        if current_tenant_id() == broken.pk:
            raise ZeroDivisionError
        done.append(current_tenant_id())

    monkeypatch.setattr(fees, "write_fees", write)

    tasks.write_due_fees()

    assert done == [fine.pk]
