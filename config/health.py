"""`/health/` for load balancers and containers: may this server be sent requests?

A middleware, and the first one: the asker names a host we do not know, speaks plain HTTP behind
the proxy that ends TLS, and has no session.
"""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.middleware import GetResponse

PATH = "/health/"
logger = logging.getLogger(__name__)


def health(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH:
            return answer(request)
        return get_response(request)

    return middleware


def answer(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    reachable = database_answers()
    return JsonResponse(
        {"database": "reachable" if reachable else "unreachable"},
        status=200 if reachable else 503,
        headers={"Cache-Control": "no-store"},
    )


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        # Why is for the log; the answer is for anybody.
        logger.exception("The database cannot be reached")
        return False
    return True
