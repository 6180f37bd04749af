"""What a load balancer asks before it sends people here."""

import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client

HEALTH = "/health/"


@pytest.mark.django_db
def test_a_server_that_can_work_says_so(client: Client) -> None:
    answer = client.get(HEALTH)

    assert (answer.status_code, answer.json()) == (200, {"database": "reachable"})
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_it_is_asked_by_address_and_without_tls(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["laskut.example"]
    settings.SECURE_SSL_REDIRECT = True

    answer = Client().get(HEALTH, headers={"host": "10.0.0.7:8000"})

    assert answer.status_code == 200


@pytest.mark.django_db
def test_without_a_database_it_is_503_and_the_reason_stays_in_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gone = connection.copy()
    gone.settings_dict |= {"HOST": "/nowhere", "PASSWORD": "a-secret"}
    monkeypatch.setattr("config.health.connection", gone)

    with caplog.at_level(logging.ERROR, logger="config.health"):
        answer = client.get(HEALTH)

    assert (answer.status_code, answer.json()) == (503, {"database": "unreachable"})
    assert "/nowhere" in caplog.text
    assert "a-secret" not in caplog.text


@pytest.mark.django_db
def test_nothing_can_be_sent_to_it(client: Client) -> None:
    assert client.post(HEALTH).status_code == 405
