from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture
def german_seller(seller: Tenant) -> Tenant:
    seller.country = "DE"
    seller.iban = "DE89370400440532013000"
    seller.bic = "COBADEFFXXX"
    seller.vat_id = "DE136695976"
    seller.business_id = "HRB 21874 KI"
    seller.language = "de"
    seller.save()
    return seller
