"""What of requests and answers may be kept: only what a list names, and never a secret.

A field that no list names is kept as `•••`. Numbers, days and truth values tell nothing that opens
a door and are kept; so is the text of fields in `SHOWN`. In all of it whatever is known to be
secret, also as base64, in hexadecimal or as in an address, is hidden, and so is what looks like a
token.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from lxml import etree

HIDDEN = "•••"
KEPT_CHARACTERS = 4_000
PLAIN_CHARACTERS = 300
DEEPEST = 30
# A shorter one would hide half of every text.
SHORTEST_SECRET = 4

# Compared without case and punctuation. Words that say what was asked and what came of it; none
# that names credentials.
WORDS = """
    account accountnumber action amount bankreferencecode category channel city code comment
    companyname contenttype country countrycode creditnote creditnotenumber currency customer
    customerid customernumber date deliverydate description detail details document documentdate
    documentid documentnumber documenttype duedate einvoicing error errorcode errordescription
    errordetails errorid errormessage errors exception externalid field fields filename finalize
    format header headertext i18nkey id index invoice invoicechannel invoicedate invoiceid
    invoicenumber invoicestatus invoicetype issue issuelist issues kind language limit marker
    message messages method name netvisorkey notes number objectname offset operation
    orderreference organizationid originalinvoicenumber page pagesize partner partnerid
    partnername path paymentmethod phase position postcode priceis product productcode productid
    productidentifier productname productnumber quantity reason reference referenceid
    referencenumber referencetype remark result size source startdate state status statuscode
    statustext street subtype summary taxname taxrule taxtype text title total totals traceid
    type types unit uri validation version violations voucherdate vouchernumber voucherstatus
    vouchertype warning warnings xrechnung zip
"""
SHOWN = frozenset(WORDS.split())

NUMBER = re.compile(r"[+-]?\d{1,18}([.,]\d{1,10})?%?")
DAY = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]{5,15}(Z|[+-]\d\d:?\d\d)?)?|\d{1,2}\.\d{1,2}\.\d{4}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Long, without a blank, of letters and digits: no word of any language.
SHORTEST_TOKEN = 24
TOKEN = re.compile(
    rf"(?<![\w+/=.~-])(?=[\w+/=.~-]*\d)(?=[\w+/=.~-]*[A-Za-z])[\w+/=.~-]{{{SHORTEST_TOKEN},}}"
)
# "key" with a blank and eight letters.
SHORTEST_BEARER = 12
BEARER = re.compile(
    r"\b(bearer|basic|token|apikey|key)(\s*[:=]\s*|\s+)(?=\S{0,99}\d)\S{8,}", re.IGNORECASE
)
# Each place is looked at once or a few times, however an answer is made: strangers write them.
TAG = re.compile(r"<[^<>]*>?")
UNSEEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
UNSEEN_ENDS = {
    name: re.compile(rf"</{name}\b[^<>]*>?", re.IGNORECASE) for name in ("script", "style")
}


class Redaction:
    """Of one connection. `shown` are further names of fields whose text may be kept."""

    def __init__(self, secrets: Iterable[str] = (), shown: Iterable[str] = ()) -> None:
        self._shown = SHOWN | {_plain(name) for name in shown}
        # The longest first: a shorter one may be a part of it.
        self._forms: tuple[str, ...] = ()
        self._shortest = 0
        self._secrets: set[str] = set()
        for secret in secrets:
            self.hide(secret)

    def hide(self, secret: str) -> None:
        """Keep it, in whatever form, out of what is kept from now on."""
        if len(secret) < SHORTEST_SECRET or secret in self._secrets:
            return
        self._secrets.add(secret)
        self._forms = tuple(sorted({*self._forms, *forms_of(secret)}, key=len, reverse=True))
        self._shortest = len(self._forms[-1])

    def text(self, text: str, most: int = KEPT_CHARACTERS) -> str:
        """A text of whatever kind, without secrets and what looks like one."""
        text = storable(text)
        if len(text) >= self._shortest:
            for form in self._forms:
                text = text.replace(form, HIDDEN)
        if len(text) >= SHORTEST_BEARER:
            text = BEARER.sub(lambda found: f"{found[1]}{found[2]}{HIDDEN}", text)
        if len(text) >= SHORTEST_TOKEN:
            text = TOKEN.sub(lambda found: found[0] if UUID.fullmatch(found[0]) else HIDDEN, text)
        return text if len(text) <= most else f"{text[:most]} …"

    def path(self, path: str) -> str:
        return self.text(path, 500)

    def query(self, params: Mapping[str, str]) -> str:
        return "&".join(f"{name}={self._value(name, value)}" for name, value in params.items())

    def body(self, body: bytes | str) -> str:
        """Read as what it looks like: JSON, XML, a form, a page or words."""
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        text = text.strip()
        if not text:
            return ""
        if text[0] in "{[":
            try:
                return self.text(_dump(self._json("", json.loads(text), 0)))
            except (ValueError, RecursionError):
                return self._words(text)
        if text[0] == "<":
            return self._markup(body)
        if re.fullmatch(r"[\w.%+-]+=[^\s&]*(&[\w.%+-]+=[^\s&]*)*", text):
            return self._form(parse_qsl(text, keep_blank_values=True))
        return self._words(text)

    def _form(self, fields: Iterable[tuple[str, str]]) -> str:
        """In a form `code` opens the door: it is no number of an error."""
        return self.text(
            "&".join(
                f"{name}={HIDDEN if _plain(name) == 'code' else self._value(name, value)}"
                for name, value in fields
            )
        )

    def _value(self, name: str, value: str) -> str:
        tells_nothing = NUMBER.fullmatch(value) or DAY.fullmatch(value)
        if tells_nothing or value.lower() in ("", "true", "false") or _plain(name) in self._shown:
            return self.text(value)
        return HIDDEN

    def _json(self, name: str, value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            return HIDDEN
        if isinstance(value, dict):
            return {
                self.text(key, 100): self._json(key, inner, depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [self._json(name, inner, depth + 1) for inner in value]
        if isinstance(value, str):
            return self._value(name, value)
        return value

    def _markup(self, body: bytes | str) -> str:
        raw = body if isinstance(body, bytes) else body.encode()
        if b"<html" in raw[:2000].lower() or b"<!doctype" in raw[:2000].lower():
            return self._words(_without_tags(raw.decode("utf-8", "replace")))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        try:
            root = etree.fromstring(raw, parser)
        except (etree.XMLSyntaxError, ValueError):
            return self._words(_without_tags(raw.decode("utf-8", "replace")))
        for element in root.iter():
            if not isinstance(element.tag, str):
                continue
            if element.text and (text := element.text.strip()):
                element.text = self._value(element.tag, text)
            element.tail = None
            for key, value in element.attrib.items():
                element.set(key, self._value(key, value))
        etree.indent(root)
        return self.text(etree.tostring(root, encoding="unicode"))

    def _words(self, text: str) -> str:
        """A sentence without structure: its beginning."""
        return self.text(" ".join(text.split()), PLAIN_CHARACTERS)


def _without_tags(page: str) -> str:
    """What of a page is to be read."""
    seen, at = [], 0
    while found := UNSEEN.search(page, at):
        seen.append(page[at : found.start()])
        end = UNSEEN_ENDS[found[1].lower()].search(page, found.end())
        at = end.end() if end else len(page)
    return TAG.sub(" ", " ".join([*seen, page[at:]]))


def storable(text: str) -> str:
    """Without what no database keeps: half letters and the letter nought."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def forms_of(secret: str) -> set[str]:
    """How it may stand in a header, an address, a body or an answer that quotes one of them."""
    raw = secret.encode()
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), raw.hex()}
    forms |= {json.dumps(secret)[1:-1], secret.replace("&", "&amp;").replace("<", "&lt;")}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Inside a longer text, as in Basic authorization, it starts at any of three places.
        for before in range(3):
            encoded = encode(b"\0" * before + raw).decode().rstrip("=")
            inner = encoded[(0, 2, 3)[before] :]
            whole = inner if (len(raw) + before) % 3 == 0 else inner[:-1]
            if len(whole) >= SHORTEST_SECRET:
                forms.add(whole)
    return {form for form in forms if len(form) >= SHORTEST_SECRET}


@lru_cache(maxsize=2_000)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rpartition("}")[2].lower())


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
