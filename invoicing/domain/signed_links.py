"""Links that people without a sign-in open: signed, with a key that the row they lead to knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.utils import timezone

from core.root_urls import root_reverse
from invoicing import errors
from tenants.models import Tenant
from tenants.scope import tenant_scope


@dataclass(frozen=True)
class Vouched:
    """What the signature vouches for. Whether the row still knows the key is for the caller."""

    tenant: Tenant
    pk: int
    key: str


@dataclass(frozen=True)
class SignedLink:
    """A kind of link: the salt of its signature, and the page it opens."""

    salt: str
    view: str

    def token(self, tenant_id: int | None, pk: int, key: str) -> str:
        return signing.dumps([tenant_id, pk, key], salt=self.salt)

    def address(self, token: str) -> str:
        """The whole of it, as it is sent."""
        return f"{settings.BASE_URL.rstrip('/')}{root_reverse(self.view, token)}"

    @contextmanager
    def opened(self, token: str) -> Iterator[Vouched]:
        """Open the company's scope and clock; raises LinkInvalid.

        Nothing is believed before the signature is checked, and then only which row to look at.
        """
        tenant_id, pk, key = self._read(token)
        tenant = Tenant.objects.filter(pk=tenant_id, is_active=True).first()
        if tenant is None:
            raise errors.LinkInvalid
        with tenant_scope(tenant.pk), timezone.override(tenant.time_zone):
            yield Vouched(tenant, pk, key)

    def _read(self, token: str) -> tuple[int, int, str]:
        try:
            told = signing.loads(token, salt=self.salt)
        except signing.BadSignature:
            raise errors.LinkInvalid from None
        match told:
            case [int(tenant_id), int(pk), str(key)]:
                return tenant_id, pk, key
        raise errors.LinkInvalid
