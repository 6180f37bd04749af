"""What one call works with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.sandbox.app import Call
from integrations.sandbox.store import Document, Store
from integrations.systems.netvisor.sandbox import schema
from integrations.systems.netvisor.sandbox.answers import HELSINKI, wrong
from integrations.systems.netvisor.sandbox.company import Company


@dataclass
class Context:
    call: Call
    store: Store
    company: Company

    @property
    def slug(self) -> str:
        return self.company.slug

    @property
    def now(self) -> str:
        return datetime.now(HELSINKI).replace(tzinfo=None).isoformat(timespec="milliseconds")

    @property
    def locked_until(self) -> str:
        changed = self.store.get("lock", self.slug, 1)
        return str(changed["until"]) if changed else self.company.locked_until.isoformat()

    def one(self, name: str) -> str:
        for key, values in self.call.request.query.items():
            if key.lower() == name:
                return values[-1].strip()
        return ""

    def body(self, root: str, shape: schema.Shape) -> schema.Element:
        content_type = self.call.request.header("Content-Type")
        return schema.read(self.call.request.body, content_type, root, shape)

    def stored(self, kind: str, key: str) -> Document | None:
        if not key.isdecimal() or len(key) > 12:
            return None
        return self.store.get(kind, self.slug, int(key))

    def get(self, kind: str, key: str, name: str) -> Document:
        found = self.stored(kind, key)
        if found is None or found.get("deleted"):
            raise wrong(f"{name} not found with Netvisor identifier: {key}")
        return found

    def change(self, kind: str, document: Document, **fields: Any) -> None:
        self.store.put(kind, self.slug, {**document, **fields, "changed": self.now})

    def numbered(self, number: str) -> list[Document]:
        return self.store.find(
            "invoice", self.slug, [("json_extract(body, '$.number') = ?", number)]
        )
