from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoicing.einvoices.checking.findings import NotReadable, RulesNotAvailable, Severity
from invoicing.einvoices.inspecting import Inspected, inspect

WORDS = {
    "BT-3": "Type",
    "BT-1": "Number",
    "BT-2": "Date",
    "BT-9": "Due",
    "BT-10": "Buyer's reference",
    "BT-112": "Total",
    "BT-115": "To pay",
    "BT-5": "Currency",
}


class Command(BaseCommand):
    help = "Say what is inside an e-invoice (XML, or a PDF that holds one), and whether it passes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a .xml or .pdf")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from None
        try:
            inspected = inspect(content)
        except NotReadable as error:
            raise CommandError(f"{file.name} cannot be read: {error}.", returncode=2) from None
        except RulesNotAvailable as error:
            raise CommandError(f"The rules gave no verdict: {error}.", returncode=2) from None
        self._show(inspected)
        if not inspected.passes:
            raise CommandError(f"{file.name} does not pass.")
        self.stdout.write(self.style.SUCCESS(f"{file.name} passes."))

    def _show(self, inspected: Inspected) -> None:
        self.stdout.write(f"{inspected.profile.name} ({inspected.container})")
        for name, label in WORDS.items():
            if name in inspected.said:
                self.stdout.write(f"  {label}: {inspected.said[name]}")
        for group, label in (("BG-4", "Seller"), ("BG-7", "Buyer")):
            if group in inspected.said:
                self.stdout.write(f"  {label}: {inspected.said[group].get('name', '')}")
        if "BG-25" in inspected.said:
            self.stdout.write(f"  Lines: {len(inspected.said['BG-25'])}")
        for one in inspected.findings:
            style = self.style.ERROR if one.severity == Severity.ERROR else self.style.WARNING
            self.stdout.write(style(f"  {one.severity} {one.rule}: {one.text}"))
