from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0083_logo_isolation"),
    ]
    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name="dismissed_at",
                field=models.DateTimeField(editable=False, null=True, verbose_name="dismissed"),
            )
            for name in ("sending", "quotationsending", "statementsending")
        ),
        *(
            migrations.AddIndex(
                model_name=name,
                index=models.Index(
                    fields=["tenant", "id"],
                    condition=models.Q(status__in=["failed", "unclear"]),
                    name=f"{name}_follow_up",
                ),
            )
            for name in ("quotationsending", "statementsending")
        ),
    ]
