"""Where systems tell of what happened there, and asking them to."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from integrations.domain import hearing
from integrations.ports import BadSignature
from integrations.tasks import listen_to_system

MOST_BYTES = 64_000


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def system_events(request: HttpRequest, token: str) -> HttpResponse:
    """Answers without a word: who has no business here learns nothing.

    An address that is nobody's is 404. A bad signature is 400, which senders do not repeat; what
    is none of our concern is taken and forgotten.
    """
    listener = hearing.listener_of(token)
    if listener is None:
        return HttpResponse(status=404)
    if request.method == "HEAD":
        return HttpResponse(status=200)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        event = listener.read(headers, body)
    except BadSignature:
        return HttpResponse(status=400)
    if event is not None and listener.is_active:
        hearing.note(listener, event)
    return HttpResponse(status=204)


def listen(tenant_id: int, connection_id: int) -> None:
    """Have the system call us, where it can. By a worker: one subscription for each kind of event
    takes longer than people wait. No transaction may be open."""
    listen_to_system.delay(tenant_id=tenant_id, connection_id=connection_id)
