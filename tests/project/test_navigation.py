"""The side navigation names pages that exist."""

from config.navigation import NAVIGATION
from tests.isolation.walking import addresses


def test_every_page_that_marks_an_item_as_the_current_one_exists() -> None:
    names = {address.name for address in addresses()}
    spaces = {name.partition(":")[0] for name in names}
    told = {name for group in NAVIGATION for item in group.items for name in item.also}
    assert {name for name in told if name not in names | spaces} == set()
