"""A person at the sandbox's sign-in page."""

import re
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client

CLIENT = {"lexoffice": {"id": "laskuri", "secret": "laskuri-sandbox"}}


def consent(url: str, organisation: str = "nordlicht") -> str:
    """Where the sandbox leads back to: path and query of ours."""
    page = requests.get(url, timeout=5)
    assert page.status_code == 200, page.text
    answer = requests.post(
        url, data={"organisation": organisation}, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def begin(client: Client, pk: int) -> str:
    """Press the button; the address of the sign-in page."""
    answer = client.post(f"/acme/accounting/{pk}/sign-in/")
    assert answer.status_code == 200
    found = re.fullmatch(r"0; url=(.+)", answer["Refresh"])
    assert found is not None
    return found[1]


def asked(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
