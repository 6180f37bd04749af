"""With `REDIS_URL` the same program queues and remembers there: a real Redis, a real worker."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
import redis
from django.core.cache import cache
from django.test import Client

from config import embedded
from invoicing.domain.drafting import draft_work
from invoicing.models import Invoice, InvoiceFile
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.factories import (
    MembershipFactory,
    TaxRateFactory,
    TenantFactory,
    TimeEntryFactory,
    UserFactory,
)
from tests.smoke.processes import running, wait_for

pytestmark = pytest.mark.redis
PATIENCE = 120.0


@pytest.fixture
def worker(environment: dict[str, str], folder: Path) -> Iterator[Path]:
    command = [
        sys.executable, "-m", "celery", "--app", "config.celery", "worker", "--concurrency", "1",
        "--loglevel", "INFO",
    ]  # fmt: skip
    log = folder / "worker.log"
    with running(command, log, environment):
        yield log


@pytest.fixture
def company(committed_db: None) -> Tenant:
    return TenantFactory(slug="acme", name="Acme")


@pytest.fixture
def draft(company: Tenant) -> Invoice:
    with tenant_scope(company.pk):
        TaxRateFactory()
        entry = TimeEntryFactory(minutes=90)
        return draft_work(
            start=date(2026, 1, 1),
            end=date(2026, 12, 31),
            project_ids=[entry.project_id],
            actor=None,
            issue_date=date(2026, 11, 1),
            allow_unlocked=True,
        )


def test_a_posted_invoice_gets_its_pdf_from_the_worker(
    environment: dict[str, str], worker: Path, company: Tenant, draft: Invoice
) -> None:
    posted = subprocess.run(
        [sys.executable, "manage.py", "post_invoices", "--tenant", "acme", str(draft.pk)],
        cwd=embedded.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert posted.returncode == 0, posted.stderr
    assert "Posted 1 invoice: 2026-0001." in posted.stdout

    def stored() -> InvoiceFile | None:
        with tenant_scope(company.pk):
            return InvoiceFile.objects.filter(invoice=draft.pk).first()

    made = wait_for("the PDF", stored, time.monotonic() + PATIENCE)
    with made.file.open() as file:
        content = file.read()
    assert content.startswith(b"%PDF-")
    assert (sha256(content).hexdigest(), len(content)) == (made.sha256, made.size)
    assert "render_invoice_pdf" in worker.read_text()
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        assert client.exists("_kombu.binding.celery")


@pytest.fixture
def remembering(redis_url: str, settings: pytest.FixtureRequest) -> Iterator[redis.Redis]:
    """The cache of this process in Redis, as the settings say it with `REDIS_URL`."""
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
        }
    }
    with ExitStack() as stack:
        client = stack.enter_context(redis.Redis.from_url(redis_url))
        yield client
        cache.close()


def test_the_settings_keep_the_cache_in_redis(environment: dict[str, str]) -> None:
    asked = (
        "from django.conf import settings; from django.core.cache import cache;"
        "cache.set('asked', 'yes'); print(settings.CACHES['default']['BACKEND']);"
        "print(settings.CELERY_BROKER_URL)"
    )
    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", asked],
        cwd=embedded.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    url = environment["REDIS_URL"]
    assert told.stdout.split() == ["django.core.cache.backends.redis.RedisCache", url]
    with redis.Redis.from_url(url) as client:
        assert client.keys() == [b":1:asked"]


def test_who_has_a_draft_open_is_known_to_every_process(
    remembering: redis.Redis, company: Tenant, draft: Invoice
) -> None:
    clients = []
    for name in ("Aino", "Bo"):
        with tenant_scope(company.pk):
            member: Membership = MembershipFactory(
                user=UserFactory(email=f"{name}@example.com", name=name), role=Role.ACCOUNTANT
            )
        assert member.user is not None
        clients.append(Client())
        clients[-1].force_login(member.user)
    page = f"/acme/drafts/{draft.pk}/presence/"
    told = [clients[number].post(page, {"version": draft.version}).text for number in (0, 1, 0)]
    assert ["this draft open too" in text for text in told] == [False, True, True]
    assert "Aino has this draft open too." in told[1]
    assert "Bo has this draft open too." in told[2]
    assert any(b"draft-presence" in key for key in remembering.scan_iter())


def test_guessing_passwords_is_stopped(remembering: redis.Redis, committed_db: None) -> None:
    UserFactory(email="aino@example.com")

    def sign_in(client: Client) -> str:
        values = {"login": "aino@example.com", "password": "wrong-wrong-wrong"}
        return client.post("/accounts/login/", values).text

    told = [sign_in(Client()) for _ in range(12)]
    assert "Too many failed" not in told[0]
    assert "Too many failed" in told[-1]
    assert remembering.dbsize() > 0
    remembering.flushdb()
    assert "Too many failed" not in sign_in(Client())
