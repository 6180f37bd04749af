from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.utils import timezone, translation

from tenants.models import User
from tenants.scope import tenant_scope
from tenants.turns import for_each_tenant
from timesheets.models import TimeImport


@shared_task
def check_import(*, tenant_id: int, import_id: int, actor_id: int | None) -> None:
    """Look at a large file. Twice does not matter: whoever comes second finds it looked at."""
    from timesheets.imports import stages

    with tenant_scope(tenant_id):
        if not stages.begin(import_id, TimeImport.State.CHECKING):
            return
    with tenant_scope(tenant_id), _in_language_of(actor_id):
        time_import = stages.claimed(import_id, TimeImport.State.CHECKING)
        if time_import is not None:
            stages.check(time_import, stages.SharedProgress(tenant_id, import_id))


@shared_task
def run_import(*, tenant_id: int, import_id: int, actor_id: int | None) -> None:
    """Import a large file, in one transaction: a worker that dies leaves it queued."""
    from timesheets.imports import stages
    from timesheets.imports.errors import RowsRefused

    with tenant_scope(tenant_id):
        if not stages.begin(import_id, TimeImport.State.QUEUED):
            return
    with tenant_scope(tenant_id), _in_language_of(actor_id) as actor:
        time_import = stages.claimed(import_id, TimeImport.State.QUEUED)
        if time_import is None:
            return
        progress = stages.SharedProgress(tenant_id, import_id)
        try:
            stages.run(time_import, actor=actor, progress=progress)
        except RowsRefused as refused:
            stages.refuse(time_import, refused)


@shared_task(bind=True, max_retries=6)
def send_reminder(self: Any, *, tenant_id: int, reminder_id: int) -> None:
    """Mail a reminder once: whoever takes the row first sends it, and gives it back if it fails."""
    from timesheets import reminder_mail

    with tenant_scope(tenant_id):
        mail = reminder_mail.take(reminder_id, now=timezone.now())
    if mail is None:
        return
    try:
        mail.send()
    except (OSError, SMTPException) as failure:
        with tenant_scope(tenant_id):
            reminder_mail.give_back(reminder_id)
        raise self.retry(countdown=30 * 2**self.request.retries, exc=failure) from failure


@shared_task
def sweep_imports() -> None:
    from timesheets.imports import stages

    for_each_tenant(lambda: stages.sweep(now=timezone.now()), what="sweep of imports")


@shared_task
def follow_terms(*, tenant_id: int) -> None:
    """Let open fees and usage follow terms that changed; twice changes nothing."""
    from timesheets.usage import following

    following.work_off(tenant_id)


@shared_task
def work_usage_import(*, tenant_id: int, import_id: int) -> None:
    """Read a file of usage and charge for it. A second worker at the same file stops by itself."""
    from timesheets.usage import steps, turns

    with tenant_scope(tenant_id):
        if not turns.begin(import_id):
            return
        language = turns.language_of(import_id)
    with translation.override(language):
        steps.work(tenant_id, import_id)


@shared_task
def sweep_usage_imports() -> None:
    from timesheets.usage import following, sweeping

    now = timezone.now()
    for_each_tenant(
        partial(sweeping.sweep, now=now),
        partial(following.sweep, now=now),
        what="sweep of usage imports",
    )


@shared_task
def write_due_fees() -> None:
    """What subscriptions owe until the end of the month, of every company."""
    from timesheets.domain.packages.fees import write_fees

    for_each_tenant(lambda: write_fees(actor=None), what="due fees")


@contextmanager
def _in_language_of(actor_id: int | None) -> Iterator[User | None]:
    """The reasons in the report are read by the person who asked."""
    actor = User.objects.filter(pk=actor_id).first() if actor_id else None
    with translation.override(actor.language if actor else "en"):
        yield actor
