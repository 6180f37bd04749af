import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.signals import beat_init, worker_init, worker_process_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class TenantTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task that is told of a company runs by that company's clock."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from tenants.turns import clock_of

        if "tenant_id" not in kwargs:
            return super().__call__(*args, **kwargs)
        with clock_of(kwargs["tenant_id"]):
            return super().__call__(*args, **kwargs)


app = Celery("laskuri", task_cls=TenantTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def make_queue_folders() -> None:
    """The filesystem transport expects its folders to exist."""
    options = app.conf.broker_transport_options or {}
    for key in ("data_folder_in", "data_folder_out", "control_folder"):
        if key in options:
            Path(options[key]).mkdir(parents=True, exist_ok=True)


make_queue_folders()


@worker_init.connect
@beat_init.connect
def check_database_role(**_kwargs: object) -> None:
    from tenants.apps import UnsafeDatabaseRole, refuse_unsafe_database_role

    try:
        refuse_unsafe_database_role()
    except UnsafeDatabaseRole as unsafe:
        # Celery only logs what its signals raise, unless it ends the process.
        sys.exit(str(unsafe))


@worker_ready.connect
@worker_process_init.connect
def keep_the_program_out_of_collections(**_kwargs: object) -> None:
    from config.memory import keep_the_program_out_of_collections as keep

    keep()
