from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tests.payments.paying import TODAY


@pytest.fixture
def today() -> Iterator[None]:
    """It is 21 November 2026, whenever the tests run."""
    with patch("django.utils.timezone.localdate", return_value=TODAY):
        yield
