"""Whose request it is: the headers of section 2, checked as strictly as they are told."""

import hashlib
import hmac
import time
from datetime import UTC, datetime
from http import HTTPStatus

from integrations.sandbox.app import Call, Refused
from integrations.sandbox.store import Store
from integrations.sandbox.web import Response
from integrations.systems.netvisor.sandbox.answers import failed, refused
from integrations.systems.netvisor.sandbox.company import (
    COMPANIES,
    PARTNER_ID,
    PARTNER_KEY,
    Company,
)

SKEW_SECONDS = 5 * 60
NO_KEYS = "Integration keys are not valid. Please check the keys specific to the user and partner."
AUTHENTICATION = "x-netvisor-authentication-"
NEEDED = (
    f"{AUTHENTICATION}sender", f"{AUTHENTICATION}customerid", f"{AUTHENTICATION}partnerid",
    f"{AUTHENTICATION}timestamp", f"{AUTHENTICATION}timestampunix",
    f"{AUTHENTICATION}transactionid", "x-netvisor-interface-language",
    "x-netvisor-organisation-id", f"{AUTHENTICATION}machashcalculationalgorithm",
    f"{AUTHENTICATION}usehttpresponsestatuscodes", f"{AUTHENTICATION}mac",
)  # fmt: skip


def organisation_of(call: Call) -> str:
    return call.request.header("X-Netvisor-Organisation-ID")


def company_of(store: Store, call: Call, closed: set[str], used: set[str]) -> Company:
    """Raises Refused; a request that gets through has used up its transaction id.

    `used` are those of refused requests as well, whose writing is rolled back.
    """
    given = {name: call.request.header(name) for name in NEEDED}
    missing = [name for name in NEEDED if not given[name]]
    if missing:
        raise _no(call, f"the header {missing[0]} is missing")
    if given["x-netvisor-interface-language"] not in ("FI", "SE", "EN"):
        raise _no(call, "the language is none of FI, SE, EN")
    if given[f"{AUTHENTICATION}machashcalculationalgorithm"] != "HMACSHA256":
        raise _no(call, "the algorithm is not HMACSHA256")
    _check_clock(call, given)
    company = next(
        (
            one
            for one in COMPANIES.values()
            if one.business_id == given["x-netvisor-organisation-id"]
        ),
        None,
    )
    if company is None or given[f"{AUTHENTICATION}customerid"] != company.customer_id:
        raise _no(call, "the customer id is not the organisation's")
    if given[f"{AUTHENTICATION}partnerid"] != PARTNER_ID:
        raise _no(call, "the partner is not known")
    _check_signature(call, given, company)
    if company.slug in closed:
        raise refused("Organisation is closed or access to it has ended.", "AUTHENTICATION_FAILED")
    _check_unique(store, given, used)
    call.company, call.client = company.slug, PARTNER_ID
    return company


def _check_clock(call: Call, given: dict[str, str]) -> None:
    try:
        at = datetime.strptime(given[f"{AUTHENTICATION}timestamp"], "%Y-%m-%d %H:%M:%S.%f").replace(
            tzinfo=UTC
        )
        unix = int(given[f"{AUTHENTICATION}timestampunix"])
    except ValueError:
        raise _no(call, "a timestamp is malformed") from None
    if len(given[f"{AUTHENTICATION}timestamp"].rpartition(".")[2]) != 3:
        raise _no(call, "the timestamp has not three decimals")
    if abs(unix - time.time()) > SKEW_SECONDS:
        raise _no(call, "the clock differs by more than five minutes")
    if abs(at.timestamp() - unix) > 1:
        raise _no(call, "the two timestamps differ")


def _check_signature(call: Call, given: dict[str, str], company: Company) -> None:
    host = call.request.header("Host")
    signed = [
        f"http://{host}{call.request.target}",
        given[f"{AUTHENTICATION}sender"],
        company.customer_id,
        given[f"{AUTHENTICATION}timestamp"],
        given["x-netvisor-interface-language"],
        company.business_id,
        given[f"{AUTHENTICATION}transactionid"],
        given[f"{AUTHENTICATION}timestampunix"],
        company.customer_key,
        PARTNER_KEY,
    ]
    secret = f"{company.customer_key}&{PARTNER_KEY}".encode("iso-8859-15")
    right = hmac.digest(secret, "&".join(signed).encode("iso-8859-15"), hashlib.sha256).hex()
    if not hmac.compare_digest(right, given[f"{AUTHENTICATION}mac"].lower()):
        raise _no(call, "the MAC is wrong")


def _check_unique(store: Store, given: dict[str, str], used: set[str]) -> None:
    """Across all companies of the partner."""
    given_id = f"{PARTNER_ID}:{given[f'{AUTHENTICATION}transactionid']}"
    if given_id in used or store.token(given_id) is not None:
        raise refused("Request is not unique.", "REQUEST_NOT_UNIQUE")
    used.add(given_id)
    store.put_token(given_id, "", {})


def _no(call: Call, why: str) -> Refused:
    """The service says nothing more; the log here does."""
    call.notes.append(f"Refused because {why}.")
    return Refused(failed("AUTHENTICATION_FAILED", NO_KEYS))


def as_wanted(call: Call, answer: Response) -> Response:
    """Without the header that asks for codes, failures are 200, too."""
    wants = call.request.header(f"{AUTHENTICATION}usehttpresponsestatuscodes") == "1"
    if wants or answer.status < HTTPStatus.BAD_REQUEST:
        return answer
    return Response(200, answer.body, answer.content_type, answer.headers)
