from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0030_mail_texts"),
    ]
    operations = [
        rls.isolate("invoicing_mailtext"),
        rls.isolate("invoicing_mailsettings"),
    ]
