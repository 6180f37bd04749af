"""What the company has in sevDesk, read once and kept for a day: it changes rarely.

The bookkeeping version is part of it. Companies are moved from the old to the new one without
notice, so whoever is refused because of the tax asks for it afresh.
"""

import hashlib
from dataclasses import asdict
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from integrations.ports import Access, Rejected
from integrations.systems.sevdesk import assumptions
from integrations.systems.sevdesk.client import Client, Refused, unreadable
from integrations.systems.sevdesk.mapping import Register

SECONDS = 24 * 3600
OLD, NEW = "1.0", "2.0"
VERSION_PATH = "/Tools/bookkeepingSystemVersion"


class Registers:
    def __init__(self, access: Access, client: Client) -> None:
        self._client = client
        # Another token or another environment must not find the old one's ids.
        identity = f"{access.base_url}\n{access.credentials.get('token', '')}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
        self._key = f"sevdesk:{access.key}:{digest}"

    def read(self, *, afresh: bool = False) -> Register:
        kept = None if afresh else cache.get(self._key)
        if kept is not None:
            return Register(**kept)
        register = self._ask()
        cache.set(self._key, asdict(register), SECONDS)
        return register

    def _ask(self) -> Register:
        version = str(self._client.one(VERSION_PATH, needs="version")["version"])
        if version not in (OLD, NEW):
            raise unreadable()
        users = self._client.listed("/SevUser")
        unities = self._client.listed("/Unity", {"limit": "1000"})
        own = self._own()
        names = {str(user["id"]): _name(user) for user in users}
        return Register(
            version=version,
            is_small=str(own.get("smallSettlement")) in ("1", "True", "true"),
            company_id=str(own.get("id") or ""),
            company=str(own.get("name") or "") or next(iter(names.values()), ""),
            users=names,
            unities={
                str(one["translationCode"]): str(one["id"])
                for one in unities
                if one.get("translationCode")
            },
            unity_names={
                str(one["id"]): str(one.get("name") or one.get("translationCode") or one["id"])
                for one in unities
            },
        )

    def _own(self) -> dict[str, Any]:
        """The company itself. The documentation does not name the address, so it may be missing."""
        try:
            return self._client.one(assumptions.COMPANY_PATH)
        except Refused:
            return {}

    def country(self, code: str) -> str:
        """The id of a country by its ISO code; the first one, for some are there twice."""
        key = f"{self._key}:{code}"
        kept = cache.get(key)
        if kept:
            return str(kept)
        for row in self._client.listed("/StaticCountry", {"code": code.lower()}):
            if str(row.get("code") or "").lower() == code.lower():
                cache.set(key, str(row["id"]), SECONDS)
                return str(row["id"])
        raise Rejected(_("sevDesk does not know the country “%(country)s”.") % {"country": code})


def _name(user: dict[str, Any]) -> str:
    return str(user.get("fullname") or user.get("username") or user.get("email") or user["id"])
