"""A real browser against a real server; both see what the test has committed."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tenants.models import Membership, Tenant
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.browser.serving import PageServer
from tests.factories import MembershipFactory, TaxRateFactory, TenantFactory, UserFactory
from tests.needs import chromium

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "lapland-winter-light"
# What htmx says of a request that a newer one replaced, or that the page left behind. A request
# that failed says more than these two.
TAKEN_BACK = ("htmx:afterRequest", "htmx:sendAbort")

# Playwright's own loop runs in the test's thread, where Django then refuses the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page_server(django_db_setup: None) -> Iterator[PageServer]:
    running = PageServer()
    yield running
    running.stop()


@pytest.fixture
def server(page_server: PageServer, browser: Browser, committed_db: None) -> Iterator[str]:
    yield page_server.url
    # A test that failed leaves its pages open; what they still ask for would come upon the next.
    for context in browser.contexts:
        context.close()
    page_server.wait_until_idle()


@pytest.fixture
def company(committed_db: None) -> Iterator[Tenant]:
    """A Finnish company; for the test, too, today is what it is there."""
    tenant = TenantFactory(slug="acme", name="Acme")
    with tenant_scope(tenant.pk):
        TaxRateFactory()
    with timezone.override(tenant.time_zone):
        yield tenant


@pytest.fixture
def owner_of(company: Tenant, server: str) -> Membership:
    with tenant_scope(company.pk):
        user = UserFactory(email="owner@example.com", name="Aino Owner", password=PASSWORD)
        return MembershipFactory(user=user, role=Role.OWNER)


class Complaints(list[str]):
    """What the browser complained about; a test may expect some of it."""

    def expect(self, part: str) -> None:
        found = [text for text in self if part in text]
        assert found, f"no complaint about {part!r} in {list(self)}"
        self[:] = [text for text in self if part not in text]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(browser: Browser, server: str, complaints: Complaints) -> Iterator[Page]:
    """A page in English on a desktop; whatever it complains about fails the test."""
    context = browser.new_context(
        base_url=server,
        locale="en",
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
    )
    context.set_default_timeout(8000)
    page = context.new_page()

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(TAKEN_BACK):
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def signed_in_as(server: str) -> Callable[[BrowserContext, Membership], None]:
    """Put the session's cookie into the browser; the sign-in page has a test of its own."""
    from django.conf import settings
    from django.test import Client

    def sign_in(context: BrowserContext, membership: Membership) -> None:
        assert membership.user is not None
        client = Client()
        client.force_login(membership.user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server}]
        )

    return sign_in
