"""What reports of errors tell: where it broke, and nothing that was typed or that opens a door."""

from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

HIDDEN = "********************"
# Where credentials of other systems, their keys and their answers pass through.
SECRETIVE = ("integrations", "requests", "urllib3", "http")


class ReticentFilter(SafeExceptionReporterFilter):
    """Also while developing: a report is copied into an issue sooner than one thinks."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.POST, HIDDEN)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> Any:
        module = str(tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if module in SECRETIVE:
            return [(name, HIDDEN) for name in tb_frame.f_locals]
        return super().get_traceback_frame_variables(request, tb_frame)
