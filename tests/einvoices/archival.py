"""A hybrid PDF as the checker of PDF/A is shown it."""

import io
from pathlib import Path

import pikepdf
from pikepdf import pdfa


def pdf_a_report(pdf: bytes, folder: Path) -> pdfa.ValidationReport:
    """It knows neither extension schemas nor level A, so that it is shown level B without them."""
    path = folder / "hybrid.pdf"
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        with opened.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
            for name in list(meta):
                if "factur-x" in name or "pdfa/ns/extension" in name:
                    del meta[name]
            meta["pdfaid:conformance"] = "B"
        opened.save(path)
    return pdfa.validate_written(path, "3b")
