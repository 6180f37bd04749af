"""What every sandbox has to offer, so that the tests of all systems can use it."""

from pathlib import Path
from typing import Any

import pytest

from integrations.domain.access import door_of
from integrations.domain.connections import check
from tenants.models import Tenant
from tests.integrations.sandboxes import WITH_SANDBOX, running


@pytest.mark.parametrize("system", WITH_SANDBOX)
def test_its_door_opens_and_its_customer_is_there(
    tenant: Tenant, system: str, tmp_path: Path, settings: Any
) -> None:
    with running(system, tmp_path, settings) as sandbox:
        door = door_of(sandbox.connect())
        assert check(door).company
        with door.open() as (adapter, _http):
            assert adapter.read_partner(sandbox.door()["customer"]).name
        assert sandbox.documents() == []
