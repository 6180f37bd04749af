import pytest
from django.core.cache import cache

from tests.documents.conftest import _own_folder, german_seller, seller

__all__ = ["_own_folder", "german_seller", "seller"]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What the rules said of the same bytes in another test, where they were not asked."""
    cache.clear()
