"""Draw the small pictures of the designs, from a sample, for the page where one is chosen.

    .venv/bin/python scripts/draw_designs.py

Look at them before they are committed.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    import django

    django.setup()
    from invoicing.documents.designs.registry import designs
    from tests.documents.thumbnails import THUMBNAILS, thumbnail

    THUMBNAILS.mkdir(exist_ok=True)
    for key in designs():
        path = THUMBNAILS / f"{key}.png"
        thumbnail(key).save(path, optimize=True)
        print(path.relative_to(ROOT), path.stat().st_size, "bytes")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"):
        os.environ.setdefault(name, "-")
    os.environ.setdefault("DATABASE_URL", "postgresql:///")
    sys.path.insert(0, str(ROOT))
    main()
