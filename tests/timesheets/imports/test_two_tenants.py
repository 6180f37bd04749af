from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.factories import TenantFactory
from tests.timesheets.imports.files import SAMPLES
from tests.timesheets.imports.importing import ALL, do_import
from timesheets.models import TimeEntry


def test_two_tenants_import_the_same_file(committed_db: None) -> None:
    for slug in ("one", "two"):
        tenant: Tenant = TenantFactory(slug=slug)
        with tenant_scope(tenant.pk):
            written = do_import(SAMPLES / "kimai-english.csv", create=ALL)
            assert (written.entries, written.known, TimeEntry.objects.count()) == (33, 0, 33)
