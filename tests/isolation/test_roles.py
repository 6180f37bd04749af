"""A role with exactly one permission opens exactly the addresses that ask for that permission."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from customers.models import Customer, Project
from customers.selectors import visible_customers, visible_projects
from invoicing.domain.drafting import draft_work
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice
from invoicing.selectors.visible import visible_invoices
from tenants.models import Membership, Tenant, TenantRole, User
from tenants.roles import Permission, Role
from tenants.scope import tenant_scope
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ServiceOrderFactory,
    TimeEntryFactory,
    UserFactory,
)
from tests.isolation import walking
from tests.isolation.conftest import Companies
from tests.isolation.walking import addresses, arguments
from timesheets.domain.access import visible_entries
from timesheets.domain.orders.access import visible_orders
from timesheets.models import ServiceOrder, TimeEntry

P = Permission
SETTLES = {P.RECORD_HOURS, P.EDIT_HOURS, P.EDIT_PROJECT_HOURS, P.WRITE_OFF}
# Where one of the permissions that open an address needs something beside it.
ASKS_FOR_MORE: dict[str, set[Permission]] = {
    # Each step asks for its own; the walk tries "billed".
    "timesheets:settle": SETTLES,
    "timesheets:charge_settle": SETTLES,
    # Of one's own projects, of which there are none.
    "timesheets:entry_new": {P.EDIT_PROJECT_HOURS},
    # Who does not see all customers would not see the one they added.
    "customers:customer_new": {P.EDIT_CUSTOMERS},
    # The link opens all documents of a customer.
    "invoicing:invoice_link": {P.POST_INVOICE},
    "invoicing:invoice_link_revoke": {P.POST_INVOICE},
    # Of a whole account, and only who sees all invoices.
    "invoicing:customer_statement_send": {P.POST_INVOICE},
    # Where money is spread over the invoices of a customer; on an invoice's page it needs no more.
    "invoicing:payment_new": {P.REGISTER_PAYMENT},
    "invoicing:payment_allocate": {P.REGISTER_PAYMENT},
    "invoicing:payment_refund": {P.REGISTER_PAYMENT},
    "invoicing:payment_reverse": {P.REGISTER_PAYMENT},
    "invoicing:bank_import_answer": {P.REGISTER_PAYMENT},
    "invoicing:bank_import_discard": {P.REGISTER_PAYMENT},
    "invoicing:bank_import_accept": {P.REGISTER_PAYMENT},
    "invoicing:bank_import_again": {P.REGISTER_PAYMENT},
    "invoicing:bank_line_accept": {P.REGISTER_PAYMENT},
    "invoicing:bank_line_book": {P.REGISTER_PAYMENT},
    "invoicing:bank_line_ignore": {P.REGISTER_PAYMENT},
    "invoicing:bank_line_bring_back": {P.REGISTER_PAYMENT},
    "invoicing:bank_line_undo": {P.REGISTER_PAYMENT},
    "invoicing:bank_account_new": {P.REGISTER_PAYMENT},
    "invoicing:bank_account_edit": {P.REGISTER_PAYMENT},
    # Without the permission to credit a draft can be read, and there is none.
    "invoicing:invoice_credit": {P.VIEW_INVOICE, P.VIEW_PROJECT_INVOICE},
    # Of all customers.
    "invoicing:reminders": {P.SEND_REMINDERS},
}


def views() -> dict[str, Callable[..., Any]]:
    """Every address below a company with the function that answers it."""
    found: dict[str, Callable[..., Any]] = {}

    def walk(resolver: URLResolver, spaces: tuple[str, ...]) -> None:
        for part in resolver.url_patterns:
            if isinstance(part, URLPattern):
                if part.name:
                    found[":".join([*spaces, part.name])] = part.callback
            else:
                walk(part, (*spaces, part.namespace) if part.namespace else spaces)

    walk(get_resolver("config.tenant_urls"), ())
    return found


def test_every_page_says_whom_it_is_for() -> None:
    """`permission_required(...)` or, for those every member may open, `member_required`."""
    silent = [
        name
        for name, view in views().items()
        if not name.startswith("admin:") and not hasattr(view, "permissions")
    ]
    assert silent == []


def person_with(tenant: Tenant, permission: Permission) -> User:
    """Somebody whose role is this one permission."""
    with tenant_scope(tenant.pk):
        TenantRole.objects.create(
            key=f"only-{permission}", name=f"Only {permission}", granted=[permission]
        )
    user: User = UserFactory()
    Membership.objects.create(
        tenant=tenant, user=user, name=user.name, email=user.email, role=f"only-{permission}"
    )
    return user


class OnlyThis:
    """A membership that may one thing; asked for anything else of it, the test breaks."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def may(self, permission: Permission) -> bool:
        return permission == self.permission


def is_shut(view: Callable[..., Any], permission: Permission) -> bool:
    """Whether the view refuses before it looks at anything: there is no database here."""
    for method in ("get", "post"):
        request: Any = getattr(RequestFactory(), method)("/")
        request.membership = OnlyThis(permission)
        try:
            answer = view(request)
        except PermissionDenied:
            return True
        except Exception:
            return False
        if answer.status_code != 405:
            return False
    return False


@pytest.mark.parametrize("permission", list(Permission), ids=str)
def test_what_asks_for_another_permission_stays_shut(permission: Permission) -> None:
    guarded = {name: view for name, view in views().items() if getattr(view, "permissions", ())}
    opened = [
        name
        for name, view in guarded.items()
        if permission not in view.permissions and not is_shut(view, permission)  # type: ignore[attr-defined]
    ]
    shut = [
        name
        for name, view in guarded.items()
        if permission in view.permissions  # type: ignore[attr-defined]
        and permission not in ASKS_FOR_MORE.get(name, ())
        and is_shut(view, permission)
    ]
    assert (opened, shut) == ([], [])


def asked(client: Client, path: str) -> int:
    """The status of a look, or where there is nothing to look at, of sending an empty form."""
    with transaction.atomic():
        answer = client.get(path)
        if answer.status_code == 405:
            answer = client.post(path)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return answer.status_code


@pytest.mark.parametrize("permission", list(Permission), ids=str)
def test_one_permission_opens_what_asks_for_it(
    companies: Companies, permission: Permission
) -> None:
    """Nothing breaks for somebody who may this and nothing else, and nothing says "not for you"."""
    tenant, by_name = companies.ours, views()
    client = Client(raise_request_exception=True)
    client.force_login(person_with(tenant, permission))
    with tenant_scope(tenant.pk):
        paths = [
            (address.name, reverse(address.name, "config.tenant_urls", kwargs=arguments(address)))
            for address in addresses()
            if permission in getattr(by_name[address.name], "permissions", ())
        ]
    answers = {name: asked(client, f"/{tenant.slug}{path}") for name, path in paths}
    shut = {name for name, status in answers.items() if status == 403}
    assert shut == {name for name in shut if permission in ASKS_FOR_MORE.get(name, set())}
    assert [name for name, status in answers.items() if status >= 500] == []


# A manager sees the work and the drafts of their own projects only.

CHANGES_BY_ITSELF = re.compile(
    r'csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"|nonce="[^"]+"'
    r'|name="token" value="[^"]+"|name="base" value="[^"]+"'
    r'|name="state" value="[0-9a-f-]{36}"|(?:sums|foot)-[0-9a-f-]{36}'
)


def add_work_of_others(tenant: Tenant, manager: Membership) -> None:
    """Of the manager's own customer and people, on somebody else's project: hours that are open, on
    a draft and on an invoice; and a customer whom they have nothing to do with."""
    own = Project.objects.filter(manager=manager, is_active=True).earliest("pk")
    worker = TimeEntry.objects.filter(project=own).earliest("pk").member
    stranger = MembershipFactory(user=None, name="Zzhidden Person", email="")
    other = MembershipFactory(user=None, name="Zzhidden Manager", role="manager", email="")
    today = timezone.localdate()
    # What the worker did then is locked already.
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=2)
    for number, customer in enumerate((own.customer, CustomerFactory(name="Zzhidden Oy")), start=1):
        projects = [
            ProjectFactory(
                customer=customer, manager=other, name=f"Zzhidden {number}.{step}", number=""
            )
            for step in ("open", "draft", "posted")
        ]
        for project in projects:
            for person, day in ((worker, today), (stranger, today), (stranger, last_month)):
                TimeEntryFactory(
                    project=project,
                    member=person,
                    work_date=day,
                    minutes=37,
                    description="Zzhidden work",
                )
            ServiceOrderFactory(project=project, title="Zzhidden order", technician=stranger)
        for project in projects[1:]:
            draft = draft_work(
                start=last_month,
                end=today,
                project_ids=[project.pk],
                actor=None,
                allow_unlocked=True,
            )
        post_invoice(draft, actor=None)


def seen_by(client: Client, tenant: Tenant) -> dict[str, str]:
    """Every page and file the person may open, without what differs at each look."""
    with tenant_scope(tenant.pk):
        paths = {
            address.name: reverse(address.name, "config.tenant_urls", kwargs=arguments(address))
            for address in addresses()
            if not address.name.startswith("admin:")
        }
    found = {}
    for name, path in paths.items():
        with transaction.atomic():
            answer = client.get(f"/{tenant.slug}{path}")
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            transaction.set_rollback(True)
        if answer.status_code == 200:
            found[name] = CHANGES_BY_ITSELF.sub("", content.decode(errors="replace"))
    return found


def of_their_own(manager: Membership) -> Callable[..., Any]:
    """In place of `walking.first`: where there is a choice, what the manager may see."""
    plain = walking.first

    def first(model: type[Model], **where: Any) -> Any:
        narrowed: dict[type[Model], Callable[[Membership], Any]] = {
            Customer: visible_customers,
            Project: visible_projects,
            Invoice: visible_invoices,
            TimeEntry: visible_entries,
            ServiceOrder: visible_orders,
        }
        visible = narrowed.get(model)
        seen = visible(manager).filter(**where).order_by("pk").first() if visible else None
        return seen.pk if seen is not None else plain(model, **where)

    return first


def test_a_manager_is_told_nothing_of_others_projects(
    companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name, no row, no count and no sum: each page is the same with and without their work."""
    tenant = companies.ours
    user = companies.person(Role.MANAGER)
    manager = Membership.objects.get(tenant=tenant, user=user)
    monkeypatch.setattr(walking, "first", of_their_own(manager))
    client = Client()
    client.force_login(user)
    before = seen_by(client, tenant)
    with tenant_scope(tenant.pk):
        add_work_of_others(tenant, manager)
    after = seen_by(client, tenant)
    pages = {"customer_detail", "project_detail", "draft_edit", "invoice_detail", "entry_list"}
    assert pages <= {name.partition(":")[2] for name in before}
    assert [name for name in before if before[name] != after.get(name)] == []
    assert [name for name, content in after.items() if "Zzhidden" in content] == []
