"""Tags, and which hours carry them."""

import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import tenants.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0019_finvoice"),
        ("timesheets", "0038_terms_to_follow_isolation"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "colour",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("blue", "Blue"),
                            ("teal", "Teal"),
                            ("green", "Green"),
                            ("yellow", "Yellow"),
                            ("orange", "Orange"),
                            ("red", "Red"),
                            ("pink", "Pink"),
                            ("purple", "Purple"),
                        ],
                        max_length=8,
                        verbose_name="colour",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "merged_into",
                    tenants.base.TenantForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_from",
                        to="timesheets.tag",
                        verbose_name="merged into",
                    ),
                ),
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
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": [django.db.models.functions.text.Lower("name"), "id"],
            },
        ),
        migrations.CreateModel(
            name="EntryTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "time_entry",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tag_links",
                        to="timesheets.timeentry",
                        verbose_name="time entry",
                    ),
                ),
                (
                    "tag",
                    tenants.base.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entry_links",
                        to="timesheets.tag",
                        verbose_name="tag",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag of a time entry",
                "verbose_name_plural": "tags of time entries",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["tenant", "merged_into"],
                name="tag_merged",
            ),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="tag_tenant_id"),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                django.db.models.functions.text.Lower("name"),
                name="tag_name",
                violation_error_message="There is a tag of that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="tag_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.CheckConstraint(
                condition=models.Q(("merged_into", None), ("is_active", False), _connector="OR"),
                name="tag_merged_is_archived",
            ),
        ),
        migrations.AddIndex(
            model_name="entrytag",
            index=models.Index(fields=["tenant", "tag", "time_entry"], name="entrytag_of_tag"),
        ),
        migrations.AddConstraint(
            model_name="entrytag",
            constraint=models.UniqueConstraint(
                fields=("tenant", "time_entry", "tag"), name="entrytag_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entrytag",
            trigger=pgtrigger.compiler.Trigger(
                name="of_held_hours_on_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE is_held boolean;",
                    func="\n            WITH hours AS (\n                SELECT work.is_locked, work.billing_state, work.billing_note\n                FROM changed\n                JOIN timesheets_timeentry work\n                    ON work.tenant_id = changed.tenant_id AND work.id = changed.time_entry_id\n                WHERE true \n                ORDER BY work.id FOR NO KEY UPDATE OF work\n            )\n            SELECT count(*) FILTER (\n                WHERE is_locked OR billing_state = 'drafted'\n                    OR (billing_state = 'billed' AND billing_note = '')\n            ) > 0 INTO is_held FROM hours;\n            IF is_held THEN\n                RAISE EXCEPTION 'these hours are locked or on a document'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'entrytag_read_only';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="1ebf21d9bc681ecaac20226fa0e458d40d5abafb",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_of_held_hours_on_insert_57013",
                    referencing="REFERENCING NEW TABLE AS changed ",
                    table="timesheets_entrytag",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entrytag",
            trigger=pgtrigger.compiler.Trigger(
                name="of_held_hours_on_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE is_held boolean;",
                    func="\n            WITH hours AS (\n                SELECT work.is_locked, work.billing_state, work.billing_note\n                FROM changed\n                JOIN timesheets_timeentry work\n                    ON work.tenant_id = changed.tenant_id AND work.id = changed.time_entry_id\n                WHERE true \n        AND NOT EXISTS (\n            SELECT FROM timesheets_tag tag WHERE tag.tenant_id = changed.tenant_id\n                AND tag.id = changed.tag_id AND tag.merged_into_id IS NOT NULL\n        )\n    \n                ORDER BY work.id FOR NO KEY UPDATE OF work\n            )\n            SELECT count(*) FILTER (\n                WHERE is_locked OR billing_state = 'drafted'\n                    OR (billing_state = 'billed' AND billing_note = '')\n            ) > 0 INTO is_held FROM hours;\n            IF is_held THEN\n                RAISE EXCEPTION 'these hours are locked or on a document'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'entrytag_read_only';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="ac90d1c28e314d46bda65dc9373859f338b9af02",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_of_held_hours_on_delete_aa402",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="timesheets_entrytag",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entrytag",
            trigger=pgtrigger.compiler.Trigger(
                name="moves_only_when_merged",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.time_entry_id <> OLD.time_entry_id OR NOT EXISTS (\n                        SELECT FROM timesheets_tag tag\n                        WHERE tag.tenant_id = OLD.tenant_id AND tag.id = OLD.tag_id\n                            AND tag.merged_into_id = NEW.tag_id\n                    ) THEN\n                        RAISE EXCEPTION 'a tag is put on hours or taken off, not exchanged'\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'entrytag_read_only';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="b47064e795e1420ea6656ea7444c37d092bd22d1",
                    operation="UPDATE",
                    pgid="pgtrigger_moves_only_when_merged_16db3",
                    table="timesheets_entrytag",
                    when="BEFORE",
                ),
            ),
        ),
    ]
