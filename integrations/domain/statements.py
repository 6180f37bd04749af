"""What is written down of each document on its way, one statement each.

Every document asks them several times, so they are written by hand: the ORM would look before it
writes, save what nobody changed, and take longer to make them than the database to answer.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection as database

from integrations.ports import StepResult
from tenants.scope import current_tenant_id, in_one_question

# The condition is asked behind the lock of the row, and once more.
TAKEN = """
    UPDATE integrations_export SET status = 'sending', claim = %(claim)s,
        claimed_until = %(until)s, attempts = attempts + 1, queued_at = NULL
    WHERE tenant_id = %(tenant)s AND id = %(export)s AND status = 'waiting'
    RETURNING id
"""

# Whose turn it is prolongs it with whatever it writes; anybody else writes nothing.
BEGUN = """
    WITH held AS (
        UPDATE integrations_export SET claimed_until = %(until)s
        WHERE tenant_id = %(tenant)s AND id = %(export)s AND claim = %(claim)s
            AND status = 'sending'
        RETURNING tenant_id, id
    )
    INSERT INTO integrations_exportstep
        (tenant_id, export_id, key, begun_at, done_at, remote_id, remote_number, was_found)
    SELECT tenant_id, id, %(key)s, %(now)s, NULL, '', '', false FROM held
    ON CONFLICT (tenant_id, export_id, key)
        DO UPDATE SET begun_at = excluded.begun_at, done_at = NULL
    RETURNING id
"""

# The number may come with a later step than the id; the first of each stays.
DONE = """
    WITH held AS (
        UPDATE integrations_export SET claimed_until = %(until)s,
            remote_id = coalesce(nullif(remote_id, ''), %(remote_id)s),
            remote_number = coalesce(nullif(remote_number, ''), %(remote_number)s)
        WHERE tenant_id = %(tenant)s AND id = %(export)s AND claim = %(claim)s
            AND status = 'sending'
        RETURNING tenant_id, id
    )
    INSERT INTO integrations_exportstep
        (tenant_id, export_id, key, begun_at, done_at, remote_id, remote_number, was_found)
    SELECT tenant_id, id, %(key)s, %(now)s, %(now)s, %(remote_id)s, %(remote_number)s,
        %(was_found)s
    FROM held
    ON CONFLICT (tenant_id, export_id, key) DO UPDATE SET done_at = excluded.done_at,
        remote_id = excluded.remote_id, remote_number = excluded.remote_number,
        was_found = excluded.was_found
    RETURNING id
"""

# The attempt is kept also where somebody else has the export.
ENDED = """
    WITH sent AS (
        UPDATE integrations_export SET status = 'sent', sent_at = %(now)s, problem = '',
            error = '', claim = NULL, claimed_until = NULL, next_attempt_at = NULL,
            queued_at = NULL
        WHERE tenant_id = %(tenant)s AND id = %(export)s AND claim = %(claim)s
            AND status = 'sending'
        RETURNING remote_id, remote_number
    ), tried AS (
        INSERT INTO integrations_exportattempt
            (tenant_id, export_id, began_at, ended_at, outcome, sentence, calls)
        VALUES (%(tenant)s, %(export)s, %(began)s, %(now)s, 'sent', '', %(calls)s)
    )
    SELECT coalesce(nullif(remote_number, ''), remote_id) FROM sent
"""


def take(export_id: int, claim: uuid.UUID, *, until: datetime) -> bool:
    """Whose claim it is from now on; False when somebody else has the export."""
    return _written(TAKEN, export_id, claim, {"until": until}) is not None


def begin_step(tenant_id: int, export_id: int, claim: uuid.UUID, step: Mapping[str, Any]) -> bool:
    """Store that the step is begun, in a transaction of its own; False when somebody else has the
    export."""
    values = {"tenant": tenant_id, "export": export_id, "claim": claim, **step}
    return in_one_question(tenant_id, BEGUN, values) is not None


def end_step(
    tenant_id: int,
    export_id: int,
    claim: uuid.UUID,
    step: Mapping[str, Any],
    result: StepResult,
    *,
    lasts: bool,
) -> bool:
    """Store what came of the step, likewise. What wrote nothing there need not last."""
    values = {"tenant": tenant_id, "export": export_id, "claim": claim, **done(step, result)}
    return in_one_question(tenant_id, DONE, values, lasts=lasts) is not None


def done(step: Mapping[str, Any], result: StepResult) -> dict[str, Any]:
    """What is stored of a step's result."""
    return {
        "remote_id": result.remote_id,
        "remote_number": result.remote_number,
        "was_found": result.was_found,
        **step,
    }


def end(
    export_id: int,
    claim: uuid.UUID,
    *,
    began_at: datetime,
    now: datetime,
    calls: list[dict[str, Any]],
    last: Mapping[str, Any] | None = None,
) -> str | None:
    """Store that everything is done, and with it what came of the `last` step, if that is not
    stored yet; the number or the id there, or None when somebody else has the export."""
    kept = json.dumps(calls, cls=DjangoJSONEncoder)
    values = {"began": began_at, "now": now, "calls": kept}
    if last is None:
        return _written(ENDED, export_id, claim, values)
    return _written(f"{DONE}; {ENDED}", export_id, claim, {**last, **values})


def _written(
    statement: str, export_id: int, claim: uuid.UUID, values: Mapping[str, Any]
) -> Any | None:
    """The first value of what the last statement returns."""
    named = {"tenant": current_tenant_id(), "export": export_id, "claim": claim, **values}
    with database.cursor() as cursor:
        cursor.execute(statement, named)
        row = cursor.fetchone()
        while cursor.nextset():
            row = cursor.fetchone()
    return row[0] if row else None
