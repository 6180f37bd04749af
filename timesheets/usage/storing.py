"""Rows of a file that were read become records, those that are known already excepted."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from timesheets.models.usage import UsageImport
from timesheets.usage.reading import Problem, Usage

# Temporary, so that rows can be copied: into a table with policies nothing can.
_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS usage_stage (
        customer_id bigint, usage_date date, destination text, quantity numeric, unit text,
        unit_price numeric, fingerprint uuid, line bigint
    ) ON COMMIT DROP
"""


class Stored(NamedTuple):
    """What became of rows: how many are new, which lines say otherwise than the record with their
    number, and the imports that others were known from."""

    added: int = 0
    differing: Collection[int] = ()
    recognised: Collection[int] = ()


def insert(usage_import: UsageImport, rows: Sequence[Usage]) -> Stored:
    """Keep those that are not known yet; of two with one number, the first."""
    if not rows:
        return Stored()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy("COPY usage_stage FROM STDIN") as copy:
            for at in range(0, len(rows), 5_000):
                copy.write("".join(map(_copied, rows[at : at + 5_000])))
        cursor.execute(
            """
            INSERT INTO timesheets_usagerecord (
                tenant_id, usage_import_id, customer_id, usage_date, destination, quantity, unit,
                unit_price, fingerprint
            )
            SELECT
                %s, %s, customer_id, usage_date, destination, quantity, unit, unit_price,
                fingerprint
            FROM usage_stage ORDER BY line
            ON CONFLICT (tenant_id, fingerprint) DO NOTHING
            """,
            [usage_import.tenant_id, usage_import.pk],
        )
        added = int(cursor.rowcount)
        known: list[tuple[int, list[int], bool]] = []
        if added < len(rows):
            cursor.execute(_KNOWN, [usage_import.tenant_id])
            known = cursor.fetchall()
        cursor.execute("TRUNCATE usage_stage")
    return Stored(
        added,
        {line for _import, lines, _has_equal in known for line in lines},
        [pk for pk, _lines, has_equal in known if has_equal and pk != usage_import.pk],
    )


# By import that rows stand in: lines that say otherwise there, and whether any says the same.
_KNOWN = """
    SELECT
        usage_import_id,
        COALESCE(array_agg(line) FILTER (WHERE differs), '{}'),
        bool_or(NOT differs)
    FROM (
        SELECT
            known.usage_import_id,
            stage.line,
            (known.usage_date, known.destination, known.quantity, known.unit, known.unit_price)
            IS DISTINCT FROM
            (stage.usage_date, stage.destination, stage.quantity, stage.unit, stage.unit_price)
                AS differs
        FROM usage_stage stage
        JOIN timesheets_usagerecord known
            ON known.tenant_id = %s AND known.fingerprint = stage.fingerprint
    ) compared
    GROUP BY usage_import_id
"""


def differing(row: Usage) -> Problem:
    told = _(
        "A record with this number was read before and says otherwise. Take its import back first,"
        " then import this file again."
    )
    return Problem(row.line, told, row.cells)


def _copied(row: Usage) -> str:
    """A line in PostgreSQL's own format; of its signs only the backslash can stand in a cell that
    was made one line."""
    destination = row.destination.replace("\\", "\\\\")
    rate = "\\N" if row.rate is None else f"{row.rate:f}"
    return (
        f"{row.customer_id}\t{row.day}\t{destination}\t{row.quantity:f}\t{row.unit}\t{rate}\t"
        f"{row.fingerprint}\t{row.line}\n"
    )
