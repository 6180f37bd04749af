import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponseForbidden, HttpResponseNotFound

from config.demo.kuusi import KUUSI
from config.demo.loading import load
from config.demo.nordlicht import NORDLICHT
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import tenant_scope
from tests.conftest import TestServer, empty_tables
from tests.factories import UserFactory
from tests.isolation.rows import add_what_the_examples_lack


@dataclass(frozen=True)
class Companies:
    """Two companies full of rows, and people who belong to one of them, or to none."""

    ours: Tenant
    theirs: Tenant
    stranger: User

    def person(self, role: Role) -> User:
        member = Membership.objects.filter(tenant=self.ours, role=role, user__isnull=False)
        # The accounting office's person belongs to both.
        found = member.exclude(user__memberships__tenant=self.theirs).order_by("pk").first()
        if found is None:
            user: User = UserFactory()
            Membership.objects.create(
                tenant=self.ours, user=user, name=user.name, email=user.email, role=role
            )
            return user
        assert found.user is not None
        return found.user


@pytest.fixture(scope="package")
def loaded(
    django_db_setup: None, django_db_blocker: Any, database_server: TestServer
) -> Iterator[tuple[Tenant, Tenant]]:
    """Once for all tests here, because it takes seconds; each test rolls back its own."""
    with django_db_blocker.unblock():
        database_server.fill_once("examples", _load)
        ours, theirs = (Tenant.objects.get(slug=one.slug) for one in (KUUSI, NORDLICHT))
        yield ours, theirs
        connection.close()
        empty_tables(database_server)


def _load() -> None:
    # What workers would do with them is not looked at here.
    with patch("celery.app.task.Task.apply_async"):
        for company in (KUUSI, NORDLICHT):
            tenant = load(company)
            with tenant_scope(tenant.pk):
                add_what_the_examples_lack(tenant)


@pytest.fixture(autouse=True)
def _unobserved(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Thousands of pages are asked for. Nobody asks what their templates were given, and that most
    of them are refused is no news."""
    caplog.set_level(logging.ERROR, "django.request")
    with (
        patch("django.test.client.store_rendered_templates", new=lambda *_args, **_kept: None),
        # The pages that say so, with all the navigation, took most of the walks; below a company
        # its own addresses say which they are.
        patch("config.urls.handler403", new=_refused, create=True),
        patch("config.urls.handler404", new=_not_there, create=True),
        patch("config.tenant_urls.handler403", new=_refused, create=True),
        patch("config.tenant_urls.handler404", new=_not_there, create=True),
    ):
        yield


def _refused(_request: HttpRequest, exception: Exception) -> HttpResponseForbidden:
    return HttpResponseForbidden(str(exception))


def _not_there(_request: HttpRequest, exception: Exception) -> HttpResponseNotFound:
    return HttpResponseNotFound(str(exception))


@pytest.fixture
def companies(loaded: tuple[Tenant, Tenant], db: None) -> Companies:
    ours, theirs = loaded
    return Companies(ours, theirs, UserFactory())
