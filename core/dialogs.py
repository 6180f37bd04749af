"""What a page opened as a dialog answers when it is done."""

import json

from django.http import HttpResponse


def close_dialog(changed: str = "list:changed") -> HttpResponse:
    """Close it and tell the page behind what to fetch again."""
    events = {"dialog:close": True, changed: True}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
