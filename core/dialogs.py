"""What a page opened as a dialog answers when it is done."""

import json
from typing import Any

from django.http import HttpResponse


def close_dialog(changed: str = "list:changed", detail: Any = True) -> HttpResponse:
    """Close it and tell the page behind what to fetch again."""
    events = {"dialog:close": True, changed: detail}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
