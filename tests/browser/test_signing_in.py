"""Connecting an accounting system by signing in there, in a browser, as an accountant does it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from integrations.models import Connection
from tenants.models import Membership, Tenant
from tenants.scope import tenant_scope
from tests.integrations.lexoffice.signing import CLIENT
from tests.integrations.sandboxes import running

type SignIn = Callable[[BrowserContext, Membership], None]


def test_connecting_by_signing_in_there_and_signing_out_again(
    *,
    page: Page,
    server: str,
    company: Tenant,
    owner_of: Membership,
    signed_in_as: SignIn,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.BASE_URL = server
    settings.OAUTH_CLIENTS = CLIENT
    settings.OUTGOING_RATE_LIMIT = False
    signed_in_as(page.context, owner_of)
    with running("lexoffice", tmp_path, settings, limits_rate=False):
        page.goto("/acme/accounting/new/lexoffice/")
        page.get_by_label("Environment").select_option("sandbox")
        page.get_by_role("button", name="Sign in at Lexware Office").click()

        # Over there.
        expect(page.get_by_role("heading", name="Connect an application")).to_be_visible()
        page.get_by_role("button", name="Refuse").click()
        expect(page.get_by_text("Access was refused at Lexware Office")).to_be_visible()
        expect(page.get_by_text("Nobody is signed in at Lexware Office")).to_be_visible()

        page.get_by_role("button", name="Sign in at Lexware Office").click()
        page.get_by_role("button", name="Let it act for Nordlicht Kontor GmbH").click()
        expect(
            page.get_by_text("Signed in, and connected to Nordlicht Kontor GmbH.")
        ).to_be_visible()
        expect(page.get_by_text("Aino Owner signed in on")).to_be_visible()

        with tenant_scope(company.pk):
            assert "refresh_token" in Connection.objects.get().credentials

        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("Signed out of Lexware Office.")).to_be_visible()
        with tenant_scope(company.pk):
            assert "refresh_token" not in Connection.objects.get().credentials
