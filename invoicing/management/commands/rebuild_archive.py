from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoicing.domain.indexing import rebuild_index
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Make the rows anew that the archive of one tenant, or of all, is searched by."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="address of one tenant; all of them without it")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.all()
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(f"There is no tenant {options['tenant']!r}.")
        for tenant in tenants:
            with tenant_scope(tenant.pk):
                self.stdout.write(f"{tenant.name}: {rebuild_index()} documents")
