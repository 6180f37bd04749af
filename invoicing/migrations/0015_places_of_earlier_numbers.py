"""Earlier documents were numbered without a gap in the one series of their kind: their places are
their order in the chain."""

from django.db import migrations

PLACES = """
    UPDATE invoicing_invoice document SET
        number_format = placed.format,
        number_window = placed.number_window,
        number_count = placed.place
    FROM (
        SELECT id, format, number_window, row_number() OVER (
            PARTITION BY series_id, number_window ORDER BY chain_position
        ) AS place
        FROM (
            SELECT invoice.id, series_id, chain_position, format, CASE
                WHEN format ~ '[{]c[,}]' THEN 'c:'
                WHEN format ~ '[{]cy[,}]' THEN to_char(issue_date, '"cy:"YYYY')
                WHEN format ~ '[{]cm[,}]' THEN to_char(issue_date, '"cm:"YYYY-MM')
                ELSE to_char(issue_date, '"cd:"YYYY-MM-DD')
            END AS number_window
            FROM invoicing_invoice invoice
            JOIN invoicing_numberseries series
                ON series.tenant_id = invoice.tenant_id AND series.id = invoice.series_id
            WHERE invoice.tenant_id = %s AND invoice.number IS NOT NULL
        ) AS numbered
    ) AS placed
    WHERE document.tenant_id = %s AND document.id = placed.id
"""


def place(apps, schema_editor):
    tenants = apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True)
    with schema_editor.connection.cursor() as cursor:
        # What was posted is frozen; this adds to it what was always so.
        cursor.execute("ALTER TABLE invoicing_invoice DISABLE TRIGGER USER")
        for tenant_id in list(tenants):
            cursor.execute(f"SET LOCAL app.tenant_id = '{tenant_id}'")
            cursor.execute(PLACES, [tenant_id, tenant_id])
        cursor.execute("ALTER TABLE invoicing_invoice ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0014_skipped_numbers"),
    ]
    operations = [
        migrations.RunPython(place, migrations.RunPython.noop, elidable=False),
    ]
