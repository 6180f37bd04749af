"""The receipts of what was invoiced, packed for the customer."""

import tempfile
import zipfile
from typing import IO

from invoicing.models import Invoice
from timesheets.models import Receipt

MOST_BYTES = 200_000_000


def receipts_of(invoice: Invoice) -> list[Receipt]:
    """Those of the charges on its lines, in their order."""
    found = (
        Receipt.objects.filter(charge__sources__line__invoice=invoice)
        .select_related("charge")
        .order_by("charge__sources__line__position", "charge__charge_date", "charge_id", "pk")
    )
    return list({receipt.pk: receipt for receipt in found}.values())


def packed(receipts: list[Receipt]) -> IO[bytes]:
    """A zip, on the disk where it is large. Each file says its place, its day and what it was."""
    file = tempfile.SpooledTemporaryFile(max_size=10_000_000)  # noqa: SIM115 - the answer reads it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for place, receipt in enumerate(receipts, start=1):
            words = "".join(
                letter if letter.isalnum() else "-" for letter in receipt.charge.text.lower()
            )
            name = f"{place:02d}-{receipt.charge.charge_date:%Y-%m-%d}-{words[:40].strip('-')}"
            with receipt.file.open("rb") as content:
                archive.writestr(f"{name}.{receipt.kind}", content.read())
    file.seek(0)
    return file
