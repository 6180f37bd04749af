"""What a page opened as a dialog answers when it is done."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from core.errors import DomainError


def close_dialog(changed: str = "list:changed", detail: Any = True) -> HttpResponse:
    """Close it and tell the page behind what to fetch again."""
    events = {"dialog:close": True, changed: detail}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


def refuse_in_list(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """A button of a row did not do it: say why, and have the list fetched again, which is out of
    date or would not have offered this."""
    messages.error(request, str(refusal))
    return HttpResponse(status=422, headers={"HX-Reswap": "none", "HX-Trigger": "list:changed"})
