"""docs/templates.md lists the placeholders as the program has them.

`python -m tests.project.test_templates_page` writes its tables anew.
"""

import os
from pathlib import Path

import django
from django.conf import settings
from django.utils import translation

MARK = "compares -->\n"


def page() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "templates.md"


def tables() -> str:
    from invoicing.templating.fields import all_sections

    lines = []
    with translation.override("en"):
        for section in all_sections([]):
            lines += ["", f"### {section.title}", ""]
            if section.loop:
                lines += [f"Rows that repeat: `{section.loop}`.", ""]
            lines += ["| name | meaning | example |", "|---|---|---|"]
            for field in section.fields:
                only = " (HTML only)" if field.is_picture else ""
                lines.append(f"| `{field.name}` | {field.meaning}{only} | {field.example} |")
    return "\n".join(lines) + "\n"


def test_the_page_lists_every_placeholder() -> None:
    text = page().read_text(encoding="utf-8")
    assert text.partition(MARK)[2] == tables(), "run python -m tests.project.test_templates_page"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    before, mark, _tables = page().read_text(encoding="utf-8").partition(MARK)
    page().write_text(f"{before}{mark}{tables()}", encoding="utf-8")
