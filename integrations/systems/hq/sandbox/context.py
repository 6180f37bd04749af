"""What one call works with."""

from dataclasses import dataclass
from typing import Any

from integrations.sandbox.app import Call
from integrations.sandbox.store import Document, Store, decoded
from integrations.systems.hq.sandbox.checks import refused
from integrations.systems.hq.sandbox.data import FIRST, Behaviour, Tenant, now


@dataclass
class Context:
    call: Call
    store: Store
    tenant: Tenant
    behaviour: Behaviour

    def all(self, kind: str) -> list[Document]:
        """To be looked at, and not changed."""
        return [decoded(text) for text in self.store.texts(kind, self.tenant.slug, order="id")]

    def get(self, kind: str, text: Any) -> Document:
        number = int(text) if str(text).isdecimal() and len(str(text)) < 11 else 0
        found = self.store.get(kind, self.tenant.slug, number)
        if found is None:
            raise refused(404, "The entity does not exist.")
        if kind in ("invoice", "document"):
            self.call.documents.append(subject(kind, number))
        return found

    def add(self, kind: str, fields: Document) -> Document:
        number = self.store.next_number(kind, self.tenant.slug, FIRST[kind])
        at = now()
        made = {"id": number, **fields, "createdOn": at, "updatedOn": at, "created": at}
        self.store.put(kind, self.tenant.slug, made)
        if kind in ("invoice", "document"):
            self.call.documents.append(subject(kind, number))
        return made

    def save(self, kind: str, document: Document) -> Document:
        document["updatedOn"] = now()
        self.store.put(kind, self.tenant.slug, document)
        return document

    def next(self, kind: str) -> int:
        return self.store.next_number(kind, self.tenant.slug, FIRST[kind])


def subject(kind: str, number: int) -> int:
    """Documents of both finance modules share the log of requests."""
    return number * 2 + (kind == "document")
