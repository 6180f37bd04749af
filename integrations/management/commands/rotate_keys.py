from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations import crypto
from integrations.models import Connection
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Encrypt all stored credentials with the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *_args: Any, **_options: Any) -> None:
        done, unreadable = 0, []
        for tenant in Tenant.objects.order_by("pk"):
            with tenant_scope(tenant.pk):
                stored = Connection.objects.select_for_update().exclude(sealed_credentials="")
                for connection in stored.order_by("pk"):
                    try:
                        sealed = crypto.rotate(connection.sealed_credentials)
                    except crypto.UnreadableSecrets:
                        unreadable.append(f"{tenant.slug}: {connection}")
                        continue
                    connection.sealed_credentials = sealed
                    connection.save(update_fields=["sealed_credentials"])
                    done += 1
        self.stdout.write(f"{done} connections are encrypted with the first key.")
        if unreadable:
            raise CommandError(
                "None of the keys opens the credentials of "
                + ", ".join(unreadable)
                + ". Keep the old keys, or enter these credentials again."
            )
