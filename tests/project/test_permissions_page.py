"""docs/permissions.md shows the roles as the program has them.

`python -m tests.project.test_permissions_page` writes its table anew.
"""

import os
import re
from pathlib import Path

import django
from django.conf import settings
from django.utils import translation

from tenants.permission_words import GROUPS
from tenants.roles import PERMISSIONS, Permission, Role

TABLE = re.compile(r"(?<=compares -->\n)\|.*?(?=\n\n## )", re.DOTALL)


def page() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "permissions.md"


def table() -> str:
    with translation.override("en"):
        lines = [
            "| | what it allows | " + " | ".join(str(role.label) for role in Role) + " |",
            "|---|---|" + ":-:|" * len(Role),
        ]
        for group in GROUPS:
            lines.append(f"| **{group.label}** |" + " |" * (1 + len(Role)))
            for permission, sentence in group.sentences.items():
                marks = " | ".join("x" if permission in PERMISSIONS[role] else " " for role in Role)
                lines.append(f"| {permission.label} `{permission}` | {sentence} | {marks} |")
    return "\n".join(lines)


def test_the_page_shows_the_roles_as_they_are() -> None:
    found = TABLE.search(page().read_text(encoding="utf-8"))
    assert found is not None
    assert found.group() == table(), "run python -m tests.project.test_permissions_page"


def test_deleting_is_off_for_everybody() -> None:
    assert [role for role in Role if Permission.DELETE_INVOICE in PERMISSIONS[role]] == []


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    text = page().read_text(encoding="utf-8")
    page().write_text(TABLE.sub(lambda _found: table(), text), encoding="utf-8")
