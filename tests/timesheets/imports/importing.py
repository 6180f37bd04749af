"""Imports run from a test, inside its tenant."""

from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import Any

from tenants.models import Membership
from tests.timesheets.imports.files import TODAY
from timesheets.imports.options import ImportOptions
from timesheets.imports.plan import Plan, plan_import
from timesheets.imports.writing import Written, import_time
from timesheets.models import TimeImport

ALL: None = None
NONE: Collection[str] = ()


def content_of(file: str | Path) -> bytes:
    return file.encode() if isinstance(file, str) else file.read_bytes()


def plan_of(file: str | Path, **options: Any) -> Plan:
    content = BytesIO(content_of(file))
    return plan_import(content, options=ImportOptions(**options), today=TODAY)


def do_import(
    file: str | Path,
    *,
    create: Collection[str] | None = NONE,
    skip_bad: bool = False,
    actor: Membership | None = None,
    **options: Any,
) -> Written:
    time_import = TimeImport.objects.create(file_name="hours.csv")
    _plan, written = import_time(
        BytesIO(content_of(file)),
        time_import=time_import,
        options=ImportOptions(**options),
        create=create,
        skip_bad=skip_bad,
        today=TODAY,
        actor=actor.user if actor else None,
    )
    return written
