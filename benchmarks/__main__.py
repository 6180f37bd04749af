"""`make bench`: run the cases, print a table, keep the figures as JSON."""

import argparse
import os
import sys
from pathlib import Path

import django
from rich.console import Console

from benchmarks.database import own_database
from benchmarks.measuring import Result, show, write
from config import embedded

CASES = (
    "ready", "drafting", "posting", "documents", "importing", "usage", "archive", "receivables",
    "reporting", "runs", "exporting",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(CASES)}")
    parser.add_argument(
        "--json", type=Path, default=embedded.VAR_DIR / "bench.json", help="where the figures go"
    )
    asked = parser.parse_args()
    if unknown := set(asked.cases) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    console = Console()
    if not console.is_terminal:
        console.width = 150
    results: list[Result] = []
    with own_database() as address:
        _prepare_django()
        # They import models, so they come after Django is ready.
        from importlib import import_module

        for name in asked.cases or CASES:
            console.print(f"[bold]{name}[/bold]")
            case = import_module(f"benchmarks.cases.{name}")
            for result in case.run(address):
                console.print(f"  {result.name}: {result.seconds * 1000:.1f} ms")
                results.append(result)
        from django.db import connection

        connection.close()
    show(results, console)
    write(results, asked.json)
    console.print(f"As JSON: {asked.json}")
    return 1 if any(result.is_kept is False for result in results) else 0


def _prepare_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DEBUG"] = "false"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from config.celery import app

    # Nobody takes the tasks; what is measured is that they are given away.
    app.conf.update(broker_url="memory://", task_always_eager=False)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MEDIA_ROOT = embedded.VAR_DIR / "bench-documents"
    from config.memory import keep_the_program_out_of_collections

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    # As the server does when it starts.
    keep_the_program_out_of_collections()


if __name__ == "__main__":
    sys.exit(main())
