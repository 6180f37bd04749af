import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_billing_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="TenantRole",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(editable=False, max_length=40, verbose_name="key")),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="name")),
                (
                    "granted",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        verbose_name="granted",
                    ),
                ),
                (
                    "withheld",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        verbose_name="taken away",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "role",
                "verbose_name_plural": "roles",
                "ordering": ["position", "id"],
            },
        ),
        migrations.AddField(
            model_name="tenant",
            name="has_adjusted_roles",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(default="member", max_length=40, verbose_name="role"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tenant",
            trigger=pgtrigger.compiler.Trigger(
                name="once_adjusted_always_read",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NOT NEW."has_adjusted_roles" AND OLD."has_adjusted_roles")',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="e74c6c6604b2faa276d5a8945214bf8e6eafa5dc",
                    operation="UPDATE",
                    pgid="pgtrigger_once_adjusted_always_read_b13e1",
                    table="tenants_tenant",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="tenantrole",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="tenant_role_key"),
        ),
        migrations.AddConstraint(
            model_name="tenantrole",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("name", ""), _negated=True),
                name="tenant_role_name",
                violation_error_message="Another role has this name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tenantrole",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("key__in", ["owner", "accountant", "manager", "member", "auditor"]),
                        ("name", ""),
                    ),
                    models.Q(
                        models.Q(
                            ("key__in", ["owner", "accountant", "manager", "member", "auditor"]),
                            _negated=True,
                        ),
                        models.Q(("name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="tenant_role_named_unless_the_programs",
            ),
        ),
        migrations.AddConstraint(
            model_name="tenantrole",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("key", "owner"), _negated=True), ("withheld", []), _connector="OR"
                ),
                name="tenant_role_owner_keeps_all",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tenantrole",
            trigger=pgtrigger.compiler.Trigger(
                name="only_where_it_is_read",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NOT (SELECT has_adjusted_roles FROM tenants_tenant WHERE id = NEW.tenant_id)\n                    THEN RAISE EXCEPTION 'tenant % is not marked as one with adjusted roles',\n                        NEW.tenant_id USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="aaacb7727e34502eb4770022255b2561d6eaf1cc",
                    operation="INSERT",
                    pgid="pgtrigger_only_where_it_is_read_49a1a",
                    table="tenants_tenantrole",
                    when="BEFORE",
                ),
            ),
        ),
    ]
