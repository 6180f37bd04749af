from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client

from tenants.forms import TenantSettingsForm
from tenants.models import AuditEntry, Membership, Tenant

SignIn = Callable[[Membership], Client]
URL = "/acme/company/settings/"


def values(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    present = model_to_dict(tenant, fields=TenantSettingsForm.Meta.fields)
    return {key: "" if value is None else value for key, value in present.items()} | changes


def test_settings_are_saved_and_logged(
    tenant: Tenant, owner: Membership, signed_in: SignIn
) -> None:
    changed = values(
        tenant,
        iban="fi21 1234 5600 0007 85",
        vat_id="fi 2077474-0",
        late_interest_percent="10,5",
        unlocked_hours="refuse",
    )
    response = signed_in(owner).post(URL, changed)

    assert response.status_code == 302
    tenant.refresh_from_db()
    assert tenant.iban == "FI2112345600000785"
    assert tenant.vat_id == "FI20774740"
    assert tenant.late_interest_percent == Decimal("10.50")
    entry = AuditEntry.objects.get(action="settings.changed")
    assert set(entry.detail["changes"]) == {"late_interest_percent", "unlocked_hours"}
    assert entry.detail["changes"]["unlocked_hours"] == ["warn", "refuse"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"iban": "FI2112345600000786"}, "This IBAN is not right."),
        ({"bic": "NDEA"}, "A BIC has 8 or 11 characters"),
        ({"business_id": "2077474-1"}, "This is no Finnish business id."),
        ({"vat_id": "20774740"}, "Write the VAT id with the letters of its country"),
        ({"vat_id": "FI20774741"}, "This VAT id is not right for FI."),
        ({"street": "", "city": "Turku"}, "Complete the address"),
        ({"time_zone": "Mars/Base"}, "Select a valid choice"),
        ({"credit_account": "1700"}, "Receivables are booked there."),
        ({"payment_term_days": "900"}, "less than or equal to 365"),
    ],
)
def test_what_cannot_be_right_is_said_beside_its_field(
    tenant: Tenant, owner: Membership, signed_in: SignIn, change: dict[str, str], sentence: str
) -> None:
    response = signed_in(owner).post(URL, values(tenant, name="Renamed", **change))

    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert 'value="Renamed"' in page
    # The menu still names the company as it is.
    assert 'title="Acme">Acme' in page
    tenant.refresh_from_db()
    assert tenant.name == "Acme"


@pytest.mark.parametrize("role", ["manager", "member", "auditor"])
def test_settings_are_not_for_everybody(role: str, request: Any, signed_in: SignIn) -> None:
    assert signed_in(request.getfixturevalue(role)).get(URL).status_code == 403
