import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("timesheets", "0012_imported_as_billed_elsewhere"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="timeentry",
            name="read_only_when_locked_or_billed",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="timeentry",
            trigger=pgtrigger.compiler.Trigger(
                name="read_only_when_locked_or_billed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."is_locked" OR NOT (OLD."billing_state" = \'open\'))',
                    func="\n                    IF TG_OP = 'DELETE' THEN\n                        RAISE EXCEPTION 'time entry % is locked or on a document', OLD.id\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'timeentry_read_only';\n                    END IF;\n                    IF (NEW.member_id, NEW.project_id, NEW.task_id, NEW.work_date, NEW.minutes, NEW.start_time, NEW.end_time, NEW.description, NEW.rate, NEW.custom_values)\n                        IS DISTINCT FROM (OLD.member_id, OLD.project_id, OLD.task_id, OLD.work_date, OLD.minutes, OLD.start_time, OLD.end_time, OLD.description, OLD.rate, OLD.custom_values)\n                        -- A lock holds what was worked; whether it is billed is decided later.\n                        OR (NEW.is_billable <> OLD.is_billable AND OLD.billing_state <> 'open')\n                    THEN\n                        RAISE EXCEPTION 'time entry % is locked or on a document', OLD.id\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'timeentry_read_only';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="e0e49feed5150ce443f46031c0630e6485041ae2",
                    operation='UPDATE OF "member_id", "project_id", "task_id", "work_date", "minutes", "start_time", "end_time", "description", "rate", "custom_values", "is_billable" OR DELETE',
                    pgid="pgtrigger_read_only_when_locked_or_billed_e8714",
                    table="timesheets_timeentry",
                    when="BEFORE",
                ),
            ),
        ),
    ]
