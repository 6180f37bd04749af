"""Customers' credit follows payments and allocations, to which rows are only ever added."""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION invoicing_credit_after_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO invoicing_customercredit AS kept (tenant_id, customer_id, currency, amount)
    SELECT tenant_id, customer_id, currency, sum(amount) FROM added
    GROUP BY tenant_id, customer_id, currency ORDER BY tenant_id, customer_id, currency
    ON CONFLICT (tenant_id, customer_id, currency)
        DO UPDATE SET amount = kept.amount + EXCLUDED.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER credit_follows AFTER INSERT ON invoicing_payment
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_credit_after_payments();

CREATE FUNCTION invoicing_credit_after_allocations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO invoicing_customercredit AS kept (tenant_id, customer_id, currency, amount)
    SELECT payment.tenant_id, payment.customer_id, payment.currency, -sum(added.amount)
    FROM added
    JOIN invoicing_payment payment
        ON payment.tenant_id = added.tenant_id AND payment.id = added.payment_id
    WHERE added.kind = 'payment'
    GROUP BY payment.tenant_id, payment.customer_id, payment.currency
    ORDER BY payment.tenant_id, payment.customer_id, payment.currency
    ON CONFLICT (tenant_id, customer_id, currency)
        DO UPDATE SET amount = kept.amount + EXCLUDED.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER credit_follows AFTER INSERT ON invoicing_allocation
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_credit_after_allocations();
"""
FOLLOW_NO_MORE = """
DROP TRIGGER credit_follows ON invoicing_allocation;
DROP FUNCTION invoicing_credit_after_allocations;
DROP TRIGGER credit_follows ON invoicing_payment;
DROP FUNCTION invoicing_credit_after_payments;
"""
ADD_UP = """
    INSERT INTO invoicing_customercredit (tenant_id, customer_id, currency, amount)
    SELECT payment.tenant_id, payment.customer_id, payment.currency,
        sum(payment.amount - coalesce(used.amount, 0))
    FROM invoicing_payment payment
    LEFT JOIN (
        SELECT payment_id, sum(amount) AS amount FROM invoicing_allocation
        WHERE tenant_id = %(tenant)s AND kind = 'payment' GROUP BY payment_id
    ) AS used ON used.payment_id = payment.id
    WHERE payment.tenant_id = %(tenant)s
    GROUP BY payment.tenant_id, payment.customer_id, payment.currency
"""


def add_up(apps, schema_editor):
    """After the triggers, which hold the tables against whoever would add to them meanwhile."""
    tenants = apps.get_model("tenants", "Tenant").objects.values_list("pk", flat=True)
    with schema_editor.connection.cursor() as cursor:
        for tenant_id in list(tenants):
            cursor.execute(f"SET LOCAL app.tenant_id = '{tenant_id}'")
            cursor.execute(ADD_UP, {"tenant": tenant_id})


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0075_customers_credit_isolation"),
    ]
    operations = [
        migrations.RunSQL(FOLLOW, FOLLOW_NO_MORE),
        migrations.RunPython(add_up, migrations.RunPython.noop, elidable=False),
    ]
