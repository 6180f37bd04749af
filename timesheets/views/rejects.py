"""CSV files that are handed out, and what imports left out among them."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def rejects_of(file_name: str, content: bytes) -> HttpResponse:
    """The rows of a file that were left out, under its name."""
    return csv_file(content, f"{file_name.rpartition('.')[0] or file_name}.rejects.csv")


def csv_file(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
