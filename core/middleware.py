"""What htmx needs of every answer, in one place."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

type GetResponse = Callable[[HttpRequest], HttpResponse]


def htmx_answers(get_response: GetResponse) -> GetResponse:
    """Carry messages as toasts, and send a browser whose session has ended to the sign-in page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # One URL answers with a page or with a part of it; a browser's cache must not mix them.
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        if "HX-Request" not in request.headers:
            return response
        if 300 <= response.status_code < 400:
            return _leave_for_sign_in(request, response)
        if not {"HX-Redirect", "HX-Refresh"} & set(response.headers):
            _add_toasts(request, response)
        return response

    return middleware


def _leave_for_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Without this the sign-in page would be swapped into a table cell."""
    if not response["Location"].startswith(str(settings.LOGIN_URL)):
        return response
    gone = HttpResponse(status=204)
    # Back to the page in the browser's address bar, not to the fragment that was asked for.
    here = request.headers.get("HX-Current-URL", "/")
    path = "/" + here.partition("//")[2].partition("/")[2]
    gone["HX-Redirect"] = f"{settings.LOGIN_URL}?{urlencode({'next': path})}"
    return gone


def _add_toasts(request: HttpRequest, response: HttpResponse) -> None:
    toasts = [{"tone": m.level_tag, "text": str(m.message)} for m in get_messages(request)]
    if not toasts:
        return
    events: dict[str, object] = {}
    if trigger := response.headers.get("HX-Trigger"):
        if trigger.startswith("{"):
            events = json.loads(trigger)
        else:
            events = {name.strip(): True for name in trigger.split(",")}
    # ASCII, because headers carry nothing else; the browser's JSON reads the escapes.
    response["HX-Trigger"] = json.dumps({**events, "toasts": {"toasts": toasts}})
