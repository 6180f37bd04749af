"""Letters that our fonts have, and those that become boxes."""

import pytest

from invoicing.documents.glyphs import missing_letters, with_boxes


@pytest.mark.parametrize(
    "name",
    [
        "Åke Öhman, Pälkäneentie 3, Šiauliai Žilvinas",
        "Größmann & Söhne, Straße, ẞ „“ – €",
        "Παπαδόπουλος Αθήνα",
        "Иванов Санкт-Петербург Їжак Ђорђе",
        "Łódź Kraków čeština Dvořák İstanbul Ñandú ø þ ð æ",
        "a\u0308 o\u0308 \u00ad soft\u00adhyphen \u200b \ufeff",
    ],
)
def test_names_of_europe_are_written_whole(name: str) -> None:
    assert missing_letters([name]) == []


def test_other_letters_are_named_once_and_become_boxes() -> None:
    assert missing_letters(["漢字 Oy", "漢 🎉", "Abc"]) == ["漢", "字", "🎉"]
    assert with_boxes("漢字 Oy 🎉") == "□□ Oy □"


def test_two_signs_that_are_one_letter_become_it() -> None:
    assert with_boxes("Pa\u0308ivi") == "Päivi"
