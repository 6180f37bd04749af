"""What the accountant of an example company has done in its books."""

from datetime import date

from customers.models import Project
from invoicing.domain.books.datev.settings import save_settings
from invoicing.domain.books.periods import close_month
from invoicing.domain.books.revenue import save_rule
from invoicing.models import DatevSettings, JournalEntry, ProjectAccount
from tenants.models import Tenant, User

# Of the example companies: the one project whose sales are looked at apart.
_OWN_ACCOUNT = {"FI": "3200", "DE": "8400"}


def keep_books(tenant: Tenant, *, today: date, actor: User) -> None:
    """A project has its own account, the first month with entries is closed, and a German company
    has its numbers at the tax adviser's."""
    project = Project.objects.order_by("pk").first()
    account = _OWN_ACCOUNT.get(tenant.country)
    if project is not None and account is not None:
        save_rule(ProjectAccount(project=project, account=account), actor=actor)
    first = JournalEntry.objects.order_by("date").first()
    if first is not None and (today - first.date).days > 45:
        close_month(first.date, actor=actor, today=today)
    if tenant.country == "DE":
        numbers = DatevSettings(advisor_number=29098, client_number=55003, initials="NL")
        save_settings(numbers, actor=actor)
