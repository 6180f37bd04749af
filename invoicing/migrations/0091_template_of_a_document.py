import django.db.models.deletion
from django.db import migrations, models

import tenants.base


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0090_document_template_isolation"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="paper",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="template",
            field=tenants.base.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="invoicing.documenttemplate",
                verbose_name="template",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="template_version",
            field=tenants.base.TenantForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="invoicing.documenttemplateversion",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("template__isnull", False)),
                fields=["tenant", "template", "-issue_date"],
                name="invoice_of_template",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("template_version__isnull", False)),
                fields=["tenant", "template_version"],
                name="invoice_of_template_version",
            ),
        ),
    ]
