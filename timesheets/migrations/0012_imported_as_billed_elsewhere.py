from typing import Any

from django.db import migrations

BILLED = """
    UPDATE timesheets_timeentry SET billing_state = 'billed'
    WHERE tenant_id = %s AND time_import_id IS NOT NULL AND billing_note <> ''
        AND billing_state = 'written_off'
"""
WRITTEN_OFF = """
    UPDATE timesheets_timeentry SET billing_state = 'written_off'
    WHERE tenant_id = %s AND time_import_id IS NOT NULL AND billing_note <> ''
        AND billing_state = 'billed' AND settled_at IS NULL
"""


def _in_each_tenant(schema_editor: Any, statement: str) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id FROM tenants_tenant ORDER BY id")
        for (tenant_id,) in cursor.fetchall():
            cursor.execute(f"SET LOCAL app.tenant_id = '{int(tenant_id)}'")
            cursor.execute(statement, [tenant_id])
        cursor.execute("SET LOCAL app.tenant_id = ''")


def to_billed(_apps: Any, schema_editor: Any) -> None:
    """What an import found billed elsewhere was called written off before there were notes."""
    _in_each_tenant(schema_editor, BILLED)


def to_written_off(_apps: Any, schema_editor: Any) -> None:
    _in_each_tenant(schema_editor, WRITTEN_OFF)


class Migration(migrations.Migration):
    dependencies = [("timesheets", "0011_settled_by_hand")]
    operations = [migrations.RunPython(to_billed, to_written_off)]
