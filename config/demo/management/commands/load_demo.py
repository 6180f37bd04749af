from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand

from config.demo.companies import COMPANIES
from config.demo.loading import load
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Load the example companies that are not there yet."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for company in COMPANIES:
            name = company.details["legal_name"]
            if Tenant.objects.filter(slug=company.slug).exists():
                self.stdout.write(f"  {name} is there already")
                continue
            started_at = monotonic()
            load(company)
            self.stdout.write(f"  {name} loaded in {monotonic() - started_at:.1f} s")
