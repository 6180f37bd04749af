"""Somebody who reads pages and sends their forms, over HTTP only."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import requests

TIMEOUT = 60


@dataclass
class Form:
    """A form as a browser would send it without anything changed in it."""

    action: str
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def filled_in(self, **values: str) -> list[tuple[str, str]]:
        others = [(name, value) for name, value in self.values if name not in values]
        return [*others, *values.items()]


class FormReader(HTMLParser):
    """Collects the forms of a page; what stands in a `<template>` belongs to no form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.templates = 0
        self.select = ""
        self.textarea: list[str] | None = None
        self.textarea_name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "template":
            self.templates += 1
        if self.templates:
            return
        if tag == "form":
            self.open = Form(values.get("action", ""))
            self.forms.append(self.open)
        elif self.open is not None:
            self._control(tag, values)

    def _control(self, tag: str, values: dict[str, str]) -> None:
        assert self.open is not None
        name = values.get("name", "")
        if tag == "button":
            self.open.buttons.append(values)
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in values:
            self.open.values.append((self.select, values.get("value", "")))
        elif tag == "textarea":
            self.textarea, self.textarea_name = [], name
        elif tag == "input" and name and values.get("type") not in ("submit", "button", "file"):
            ticks = values.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in values:
                self.open.values.append((name, values.get("value", "on" if ticks else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        elif tag == "form" and not self.templates:
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.textarea is not None:
            if self.open is not None and not self.templates:
                self.open.values.append((self.textarea_name, "".join(self.textarea)))
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.textarea.append(data)


class Accountant:
    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "en"
        self.page = requests.Response()

    def open(self, path: str, *, status: int = 200) -> requests.Response:
        self.page = self.session.get(urljoin(self.address, path), timeout=TIMEOUT)
        assert self.page.status_code == status, (self.page.url, self.page.status_code)
        return self.page

    @property
    def forms(self) -> list[Form]:
        reader = FormReader()
        reader.feed(self.page.text)
        return reader.forms

    def form(self, action: str) -> Form:
        """The form whose address, or the address of one of its buttons, fits."""
        for form in self.forms:
            addresses = [form.action, *(button.get("formaction", "") for button in form.buttons)]
            if any(re.fullmatch(action, address) for address in addresses):
                return form
        raise AssertionError(f"no form for {action} on {self.page.url}")

    def send(self, path: str, values: list[tuple[str, str]]) -> requests.Response:
        """Post it as the browser does from this page; follow to where that leads."""
        self.page = self.session.post(
            urljoin(self.page.url, path),
            data=values,
            headers={"Referer": self.page.url},
            timeout=TIMEOUT,
        )
        assert self.page.status_code == 200, (self.page.url, self.page.status_code, self.page.text)
        return self.page

    def sign_in(self, email: str, password: str) -> Self:
        self.open("/accounts/login/")
        form = self.form("/accounts/login/")
        self.send(form.action, form.filled_in(login=email, password=password))
        assert "/accounts/" not in self.page.url, "the sign-in was refused"
        return self
