"""The way back to the draft one came from to mend something, kept in the address as `?back=`."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme

PARAMETER = "back"
_LONGEST = 300


def way_back(request: HttpRequest) -> str:
    """A page of the same company, or nothing."""
    path: str = request.GET.get(PARAMETER, "")
    is_ours = path.startswith(get_script_prefix()) and len(path) <= _LONGEST
    # Two slashes would begin another host.
    return path if is_ours and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def with_way_back(url: str, path: str) -> str:
    return f"{url}?{urlencode({PARAMETER: path})}" if path else url
