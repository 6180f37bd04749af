"""A PDF of one page, written by hand: what the organisation's customer would get."""

from typing import Any


def pdf_of(stored: dict[str, Any]) -> bytes:
    total = stored["totalPrice"]
    texts = [
        f"{stored['voucherNumber']}   {stored['sent']['voucherDate'][:10]}",
        str(stored["contactName"]),
        "",
        *(f"{line['name']}   {line.get('lineItemAmount', '')}" for line in stored["lineItems"]),
        "",
        f"{total['totalGrossAmount']} EUR",
        str(stored["sent"].get("remark") or "").replace("\n", " "),
    ]
    return write_pdf(texts[:45])


def write_pdf(texts: list[str]) -> bytes:
    shown = "\n".join(f"({_escaped(text)}) Tj T*" for text in texts)
    content = f"BT /F1 11 Tf 15 TL 60 780 Td\n{shown}\nET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
