"""The receipts of what was invoiced, packed for the customer."""

import tempfile
import zipfile
from typing import IO

from invoicing.documents.storing import plain_name
from invoicing.errors import ReceiptsTooLargeToMail
from invoicing.models import Invoice
from timesheets.models import Receipt

MOST_BYTES = 200_000_000
# Encoded for an e-mail it is a third more; many servers take 20 to 25 MB.
MOST_MAILED = 12_000_000


def receipts_of(invoice: Invoice) -> list[Receipt]:
    """Those of the charges on its lines, in their order."""
    found = (
        Receipt.objects.filter(charge__sources__line__invoice=invoice)
        .select_related("charge")
        .order_by("charge__sources__line__position", "charge__charge_date", "charge_id", "pk")
    )
    return list({receipt.pk: receipt for receipt in found}.values())


def refuse_heavy(invoice: Invoice) -> None:
    """What no mail server takes."""
    size = sum(receipt.size for receipt in receipts_of(invoice))
    if size > MOST_MAILED:
        raise ReceiptsTooLargeToMail(
            invoice=invoice, size=-(-size // 1_000_000), most=MOST_MAILED // 1_000_000
        )


def name_of_receipts(invoice: Invoice) -> str:
    return f"receipts-{plain_name(str(invoice.number or invoice.pk))}.zip"


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
