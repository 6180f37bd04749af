import time

import pytest
import requests

from integrations.systems.procountor.sandbox.auth import RateLimit
from integrations.systems.procountor.sandbox.server import ProcountorSandbox
from tests.integrations.sandbox.conftest import Remote, errors_of


def test_an_api_key_gives_a_token_for_its_company(remote: Remote) -> None:
    answer = remote.ask_token()

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 3600
    session = remote.get("/sessioninfo").json()
    assert (session["companyId"], session["name"]) == (11401, "Kuusi Ohjelmistot Oy")


@pytest.mark.parametrize("field", ["client_id", "client_secret", "api_key"])
def test_wrong_credentials_are_refused(remote: Remote, field: str) -> None:
    answer = remote.ask_token(**{field: "wrong"})

    assert errors_of(answer, 401) == [("", "Unauthorized")]


def test_a_redirect_uri_may_be_sent_but_has_no_query(remote: Remote) -> None:
    assert remote.ask_token(redirect_uri="https://laskuri.example/back").status_code == 200
    assert remote.ask_token(redirect_uri="https://laskuri.example/?a=b").status_code == 400


def test_the_form_is_needed_and_secrets_in_the_address_do_not_count(remote: Remote) -> None:
    form = {"grant_type": "client_credentials", "client_id": "laskuri"}
    url = f"{remote.url}/api/oauth/token"

    assert requests.post(url, json=form, timeout=5).status_code == 400
    in_address = requests.post(url, params=form, data={"scope": "*"}, timeout=5)
    assert in_address.status_code == 400


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer unknown", "Basic abc"])
def test_without_a_known_token_nothing_is_answered(remote: Remote, header: str) -> None:
    answer = remote.call("GET", "/status", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"status": 401, "message": "Unauthorized"}]}


def test_a_token_ends_after_its_time(program: ProcountorSandbox, remote: Remote) -> None:
    program.token_seconds = 1
    remote.sign_in()
    assert remote.get("/status").json()["status"] == "OK"

    time.sleep(1.05)

    assert errors_of(remote.get("/status"), 401) == [("", "Unauthorized")]


@pytest.mark.parametrize(
    ("base", "status"),
    [("/latest/api", 200), ("/supported/api", 200), ("/v2604/api", 200), ("/v1909/api", 404)],
)
def test_a_version_may_stand_in_the_address(remote: Remote, base: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {remote.token}"}

    assert remote.control("GET", f"{base}/status", headers=headers).status_code == status


def test_a_person_lets_an_application_in_and_the_code_works_once(remote: Remote) -> None:
    asked = {
        "response_type": "code",
        "client_id": "laskuri",
        "redirect_uri": "https://laskuri.example/back",
        "state": "s1",
    }
    page = remote.control("GET", "/login", params=asked)
    assert "Let it act for Testiyritys Oy" in page.text

    answer = remote.control(
        "POST", "/login", params=asked, data={"company": "testiyritys"}, allow_redirects=False
    )

    back, _, query = answer.headers["Location"].partition("?")
    code = query.removeprefix("code=").removesuffix("&state=s1")
    assert (answer.status_code, back) == (303, "https://laskuri.example/back")
    by_code = {"grant_type": "authorization_code", "code": code}
    tokens = remote.ask_token(**by_code).json()
    assert remote.ask_token(**by_code).status_code == 401
    again = remote.ask_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    remote.token = again.json()["access_token"]
    assert remote.get("/sessioninfo").json()["name"] == "Testiyritys Oy"


def test_a_login_for_an_unknown_application_is_not_found(remote: Remote) -> None:
    asked = {"response_type": "code", "client_id": "other", "redirect_uri": "https://x.example"}

    assert remote.control("GET", "/login", params=asked).status_code == 404


def test_more_requests_in_a_second_than_allowed_are_put_off(
    program: ProcountorSandbox, remote: Remote
) -> None:
    program.rate_limit = RateLimit(3)
    other = Remote(remote.url, "testiyritys-api-key").sign_in()  # the client is the same

    answers = [remote.get("/status").status_code, other.get("/status").status_code]
    refused = remote.get("/status")

    assert answers == [200, 200]
    assert errors_of(refused, 429) == [("", "Too Many Requests")]
    time.sleep(float(refused.headers["Retry-After"]))
    assert remote.get("/status").status_code == 200


def test_the_rate_is_not_limited_where_it_was_taken_away(
    program: ProcountorSandbox, remote: Remote
) -> None:
    program.rate_limit = RateLimit(3)
    program.limits_rate = False
    assert {remote.get("/status").status_code for _ in range(5)} == {200}
