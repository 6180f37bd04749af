import time
from typing import Any

import pytest
import requests

from integrations.sandbox.faults import BadFault, FaultBook, parse
from tests.integrations.sandbox.conftest import Remote, errors_of, invoice


def post_invoice(remote: Remote, **options: Any) -> requests.Response:
    return remote.call("POST", "/invoices", json=invoice(), **options)


def test_the_next_requests_are_refused_as_told(remote: Remote) -> None:
    remote.break_it(
        "refuse",
        method="POST",
        path="/invoices",
        times=2,
        message="CLOSED_FISCAL_PERIOD",
        field="date",
    )

    assert remote.get("/status").status_code == 200
    for _ in range(2):
        assert errors_of(post_invoice(remote)) == [("date", "CLOSED_FISCAL_PERIOD")]
    assert remote.count() == 0
    assert post_invoice(remote).status_code == 200


def test_a_refusal_may_have_another_status(remote: Remote) -> None:
    remote.break_it("refuse", path="/invoices/*/approve", status=403)
    number = remote.create()["id"]

    assert errors_of(remote.approve(number), 403) == [("", "REFUSED_BY_SANDBOX")]
    assert remote.approve(number).status_code == 200


@pytest.mark.parametrize(("kind", "stored"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_time_out_before_or_after_storing(remote: Remote, kind: str, stored: int) -> None:
    remote.break_it(kind, path="/invoices")

    with pytest.raises(requests.ReadTimeout):
        post_invoice(remote, timeout=0.3)

    remote.wait_for_fault("Time out")
    assert remote.count() == stored
    assert post_invoice(remote).status_code == 200


def test_a_request_that_arrives_twice_is_done_twice(remote: Remote) -> None:
    remote.break_it("repeat", method="POST", path="/invoices")
    assert post_invoice(remote).status_code == 200
    assert remote.count() == 2


def test_an_answer_that_comes_twice_is_taken_for_no_other_request_s(remote: Remote) -> None:
    remote.break_it("answer_twice", path="/status")
    with requests.Session() as session:
        first = session.get(f"{remote.url}/_sandbox/faults", timeout=5)
        assert first.json()["faults"][0]["kind"] == "answer_twice"
    assert remote.get("/status").status_code == 200
    assert post_invoice(remote).status_code == 200
    assert remote.count() == 1


def test_some_of_a_hundred_requests_and_the_same_ones_again() -> None:
    def met(seed: int) -> list[int]:
        faults = FaultBook(token_path="/token")
        faults.add({"kind": "drop_after", "times": "always", "chance": "20", "seed": seed})
        return [number for number in range(1000) if faults.take("GET", "/") is not None]

    assert 150 < len(met(1)) < 250
    assert met(1) == met(1)
    assert met(1) != met(2)
    with pytest.raises(BadFault, match="chance is a number from 0 to 100"):
        FaultBook(token_path="/token").add({"kind": "slow", "chance": "all"})


def test_a_time_out_ends_by_closing_the_connection(remote: Remote) -> None:
    remote.break_it("timeout_after", path="/invoices", seconds=0.2)
    started = time.monotonic()

    with pytest.raises(requests.ConnectionError):
        post_invoice(remote)

    assert time.monotonic() - started >= 0.2
    assert remote.count() == 1


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection(remote: Remote, kind: str, stored: int) -> None:
    remote.break_it(kind, method="POST")

    with pytest.raises(requests.ConnectionError):
        post_invoice(remote)

    assert remote.count() == stored


@pytest.mark.parametrize(("kind", "stored"), [("error_before", 0), ("error_after", 1)])
@pytest.mark.parametrize(
    ("body", "starts", "content_type"),
    [
        ("json", '{"errors": [{"status": 503', "application/json;charset=UTF-8"),
        ("html", "<html>", "text/html"),
        ("empty", "", None),
    ],
)
def test_a_server_error_with_any_body(  # noqa: PLR0917 (pytest names them)
    remote: Remote, kind: str, stored: int, body: str, starts: str, content_type: str | None
) -> None:
    remote.break_it(kind, path="/invoices", status=503, body=body)

    answer = post_invoice(remote)

    assert (answer.status_code, answer.headers.get("Content-Type")) == (503, content_type)
    assert answer.text.startswith(starts)
    assert bool(answer.text) == (body != "empty")
    assert remote.count() == stored


def test_a_server_error_is_500_unless_told_otherwise(remote: Remote) -> None:
    remote.break_it("error_before")

    assert errors_of(remote.get("/status"), 500) == [("", "Internal Server Error")]


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), (0, "0"), ("none", None)])
def test_too_many_requests_say_when_to_come_back_or_not(
    remote: Remote, retry_after: int | str, header: str | None
) -> None:
    remote.break_it("rate_limit", method="GET", path="/businesspartners*", retry_after=retry_after)

    answer = remote.get("/businesspartners")

    assert errors_of(answer, 429) == [("", "Too Many Requests")]
    assert answer.headers.get("Retry-After") == header
    assert remote.get("/businesspartners").status_code == 200


def test_a_slow_answer_is_still_right(remote: Remote) -> None:
    remote.break_it("slow", seconds=0.3)
    started = time.monotonic()

    assert post_invoice(remote).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_tokens_expire_in_the_middle_of_a_run(remote: Remote) -> None:
    remote.break_it("expire_tokens", path="/invoices")

    assert remote.get("/status").status_code == 200
    assert errors_of(post_invoice(remote), 401) == [("", "Unauthorized")]
    assert remote.get("/status").status_code == 401

    assert post_invoice(remote.sign_in()).status_code == 200


def test_expiring_tokens_wait_for_a_request_that_has_one(remote: Remote) -> None:
    remote.break_it("expire_tokens")

    remote.sign_in()

    assert remote.get("/status").status_code == 401


def test_revoked_credentials_stay_so_until_cleared(remote: Remote) -> None:
    remote.break_it("revoke")

    for _ in range(3):
        assert errors_of(remote.get("/status"), 401) == [("", "Unauthorized")]
        assert errors_of(remote.ask_token(), 401) == [("", "Unauthorized")]

    assert remote.control("DELETE", "/_sandbox/faults").status_code == 204
    assert remote.get("/status").status_code == 401  # the old token stays dead
    assert remote.sign_in().get("/status").status_code == 200


def test_faults_are_listed_with_what_is_left_and_cleared_one_by_one(remote: Remote) -> None:
    remote.break_it("slow", seconds=0, times=3)
    remote.break_it("error_before", times="always", method="delete")
    remote.get("/status")

    slow, broken = remote.control("GET", "/_sandbox/faults").json()["faults"]

    assert (slow["kind"], slow["times"], slow["hits"]) == ("slow", 2, 1)
    assert (broken["times"], broken["method"], broken["status"]) == (None, "DELETE", 500)
    one = f"/_sandbox/faults/{slow['id']}"
    assert remote.control("DELETE", one).status_code == 204
    assert remote.control("DELETE", one).status_code == 404
    assert [
        fault["id"] for fault in remote.control("GET", "/_sandbox/faults").json()["faults"]
    ] == [broken["id"]]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "is no kind of fault"),
        ({"kind": "explode"}, "is no kind of fault"),
        ({"kind": "slow", "times": 0}, "times is a whole number"),
        ({"kind": "slow", "times": "many"}, "times is a whole number"),
        ({"kind": "slow", "seconds": -1}, "seconds is a number"),
        ({"kind": "slow", "seconds": "nan"}, "seconds is a number"),
        ({"kind": "refuse", "status": 99}, "status is a whole number"),
        ({"kind": "refuse", "method": "FETCH"}, "is no method"),
        ({"kind": "error_before", "body": "xml"}, "is no body"),
        ({"kind": "rate_limit", "retry_after": "soon"}, "retry_after is a whole number"),
        ({"kind": "slow", "colour": "red"}, "A fault has no “colour”."),
        (["slow"], "A fault is an object"),
    ],
)
def test_a_fault_that_makes_no_sense_is_not_set(remote: Remote, fields: Any, sentence: str) -> None:
    answer = remote.control("POST", "/_sandbox/faults", json=fields)

    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert remote.control("GET", "/_sandbox/faults").json()["faults"] == []


def test_control_by_a_page_of_somebody_else_is_refused(remote: Remote) -> None:
    answer = remote.control(
        "POST",
        "/_sandbox/faults",
        json={"kind": "revoke"},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert answer.status_code == 403
    assert remote.get("/status").status_code == 200


def test_a_name_that_only_leads_here_is_refused(remote: Remote) -> None:
    answer = remote.control("GET", "/", headers={"Host": "elsewhere.example"})

    assert answer.status_code == 421


def test_a_reset_begins_anew(remote: Remote) -> None:
    remote.create()
    remote.break_it("error_before", times="always")

    assert remote.control("POST", "/_sandbox/reset").status_code == 204

    assert remote.count() == 0
    assert remote.sign_in().create()["id"] == 8123001
    assert remote.get("/businesspartners/70001").json()["name"] == "Järvikansa Vakuutus Oy"


def test_the_first_fault_that_fits_is_used_and_used_up() -> None:
    book = FaultBook(token_path="/oauth/token")
    book.add(parse("slow,path=/invoices/*,times=1"))
    book.add(parse("error_before,method=PUT,times=1"))

    taken = [book.take("PUT", "/invoices/1/approve"), book.take("PUT", "/invoices/1/approve")]

    assert [fault.kind for fault in taken if fault] == ["slow", "error_before"]
    assert book.take("PUT", "/invoices/1/approve") is None


def test_a_setting_without_a_value_is_no_setting() -> None:
    with pytest.raises(BadFault, match="write name=value"):
        parse("slow,seconds")
