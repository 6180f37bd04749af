from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invoicing.templating.html import kitchen
from tenants.models import Tenant
from tests.factories import TaxRateFactory


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"


@pytest.fixture
def seller(tenant: Tenant) -> Tenant:
    """The Finnish company, with the rate its lines have unless told otherwise."""
    TaxRateFactory()
    return tenant


@pytest.fixture(scope="session", autouse=True)
def _process_apart() -> Iterator[None]:
    """Kept for the tests of a company, ended with the last one."""
    yield
    kitchen.close()
