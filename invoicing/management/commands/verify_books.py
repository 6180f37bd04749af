from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoicing.domain.verifying import verify_books
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Prove the books of one tenant, or of all: chain, numbers, journal, files, hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="address of one tenant; all of them without it")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.all()
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(f"There is no tenant {options['tenant']!r}.")
        faults = 0
        for tenant in tenants:
            self.stdout.write(self.style.MIGRATE_HEADING(tenant.name))
            with tenant_scope(tenant.pk):
                for check in verify_books():
                    verdict = f"{len(check.faults)} faults" if check.faults else "in order"
                    self.stdout.write(f"  {check.name}: {check.looked_at} checked, {verdict}")
                    for fault in check.faults:
                        self.stdout.write(self.style.ERROR(f"    {fault}"))
                    faults += len(check.faults)
        if faults:
            raise CommandError(f"{faults} faults found.")
