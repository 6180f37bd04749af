"""Two who change what one row of the archive's index is made of take turns at it.

The row was made first and waited for afterwards: whoever came second wrote what there had been
before the first one's commit. Now rows are locked first and made of what is committed by then.

A document that is just being made has no row to lock. Its reference to the customer holds the
customer; so a new name waits for it, after the customer's other documents. Whoever locks several
things locks documents first, and a document's reference lets a customer's row be changed in all
but its key.
"""

from django.db import migrations

COLUMNS = """
    kind, status, currency, issue_date, due_date, customer_key, project_key, creator_key,
    is_cancelled, signed_net, signed_gross, credited_total, open_amount, paid_total, is_sent,
    standing, number_key, name_key, number, customer_text, reference_text, fields, body
"""
KEPT, NEW = (
    ", ".join(f"{table}.{name.strip()}" for name in COLUMNS.split(","))
    for table in ("kept", "EXCLUDED")
)
WRITE = f"""
    INSERT INTO invoicing_documentindex AS kept (tenant_id, invoice_id, {COLUMNS})
    SELECT of_tenant, invoice_id, {COLUMNS}
    FROM invoicing_index_rows(of_tenant, wanted) ORDER BY invoice_id
    ON CONFLICT (tenant_id, invoice_id) DO UPDATE SET ({COLUMNS}) =
        ROW ({NEW})
    WHERE ({KEPT}) IS DISTINCT FROM ({NEW});
"""  # noqa: S608 (nothing here comes from outside)
HEAD = "invoicing_index_documents(of_tenant bigint, wanted bigint[]) RETURNS void"
IN_TURN = f"""
CREATE OR REPLACE FUNCTION {HEAD} LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM invoicing_documentindex AS waiting
    WHERE waiting.tenant_id = of_tenant AND waiting.invoice_id = ANY (wanted)
    ORDER BY waiting.invoice_id FOR NO KEY UPDATE;
    -- A statement of its own, so that it sees what was committed meanwhile.
    {WRITE}
END $$;

CREATE FUNCTION invoicing_index_before_renaming() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM invoicing_invoice
    WHERE tenant_id = NEW.tenant_id AND customer_id = NEW.id ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM customers_customer WHERE tenant_id = NEW.tenant_id AND id = NEW.id FOR UPDATE;
    RETURN NEW;
END $$;

CREATE TRIGGER index_waits_for_documents BEFORE UPDATE OF name, number ON customers_customer
    FOR EACH ROW WHEN ((OLD.name, OLD.number) IS DISTINCT FROM (NEW.name, NEW.number))
    EXECUTE FUNCTION invoicing_index_before_renaming();
"""
AS_BEFORE = f"""
DROP TRIGGER index_waits_for_documents ON customers_customer;
DROP FUNCTION invoicing_index_before_renaming;
CREATE OR REPLACE FUNCTION {HEAD} LANGUAGE sql AS $$ {WRITE} $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0032_charges_in_compositions"),
    ]
    operations = [migrations.RunSQL(IN_TURN, AS_BEFORE)]
