"""One kind of address for the files of every list."""

import pytest
from django.urls import NoReverseMatch, resolve, reverse

TENANT_URLS = "config.tenant_urls"
NAMES = [
    "timesheets:entry_export",
    "timesheets:lock_export",
    "timesheets:rate_export",
    "invoicing:ready_export",
    "invoicing:archive_export",
    "invoicing:draft_export",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_is_downloaded_as_csv_or_xlsx_and_nothing_else(name: str) -> None:
    for kind in ("csv", "xlsx"):
        address = reverse(name, args=[kind], urlconf=TENANT_URLS)
        assert address.endswith(f"/export.{kind}")
        assert resolve(address, urlconf=TENANT_URLS).view_name == name
    with pytest.raises(NoReverseMatch):
        reverse(name, args=["pdf"], urlconf=TENANT_URLS)
