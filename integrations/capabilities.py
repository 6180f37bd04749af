"""What each capability means to an accountant, and whether a system keeps what it claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.ports import Adapter, Can, System


@dataclass(frozen=True)
class Capability:
    """`does` is said of a system that can, `does_not` of one that cannot."""

    key: Can
    does: Any
    does_not: Any
    is_there: bool = True

    @property
    def words(self) -> Any:
        return self.does if self.is_there else self.does_not


_WORDS: tuple[tuple[Can, Any, Any], ...] = (
    (
        Can.DRAFT,
        _("Invoices can stay there unfinished, for somebody there to look at."),
        _("Invoices are finished there at once."),
    ),
    (
        Can.FINAL,
        _("Invoices are finished there."),
        _("Invoices arrive unfinished; somebody there finishes them."),
    ),
    (
        Can.APPEND,
        _("Lines can be added to an invoice that is unfinished there."),
        _("Each of our invoices becomes one of its own there."),
    ),
    (
        Can.OWN_NUMBER,
        _("Invoices have our number there."),
        _("Invoices do not have our number there as their own."),
    ),
    (
        Can.GIVES_NUMBER,
        _("It gives numbers of its own, which are read back."),
        _("It gives no numbers of its own."),
    ),
    (
        Can.ATTACH,
        _("Our PDF goes with them."),
        _("Our PDF stays here."),
    ),
    (
        Can.SEND,
        _("It sends them to the customer."),
        _("It sends nothing to customers; that is done from here."),
    ),
    (
        Can.CREDIT_NOTES,
        _("Credit notes are carried over."),
        _("Credit notes are not carried over; they are entered there by hand."),
    ),
    (
        Can.PAYMENTS,
        _("What was paid there comes back."),
        _("What was paid there does not come back."),
    ),
    (
        Can.CUSTOMERS,
        _("Customers it lacks can be added from here."),
        _("Customers it lacks are added there by hand."),
    ),
    (
        Can.PRODUCTS,
        _("Lines name products of its register."),
        _("Lines name no products of its register."),
    ),
    (
        Can.FILES,
        _("Invoices can be handed over as files and entered there by hand."),
        _("There are no files to hand over; everything goes over the interface."),
    ),
)
assert [can for can, _does, _does_not in _WORDS] == list(Can)


def capabilities_of(system: System, settings: Mapping[str, str] | None = None) -> list[Capability]:
    """All of them, in the order of `Can`; with settings, those of a connection that has them."""
    able = system.can if settings is None else system.abilities(settings)
    return [Capability(can, does, not_, can in able) for can, does, not_ in _WORDS]


# What an adapter has to have for what its system claims.
METHODS: dict[Can, Sequence[str]] = {
    Can.APPEND: ("list_drafts",),
    Can.PAYMENTS: ("read_settlements",),
    Can.FILES: ("package",),
    Can.PRODUCTS: ("list_products", "search_products", "create_product"),
}


def broken_claims(system: System, adapter: Adapter) -> list[str]:
    """Where claims and code differ; nothing for a system that is as it says."""
    found = []
    for can, names in METHODS.items():
        has = [name for name in names if callable(getattr(adapter, name, None))]
        if can in system.can:
            found += [f"{can} without {name}" for name in names if name not in has]
        else:
            found += [f"{name} without {can}" for name in has]
    asks = callable(getattr(adapter, "document_choices", None))
    if asks != bool(system.document_fields):
        found.append("document_fields and document_choices do not go together")
    if system.needs_pdf and Can.ATTACH not in system.can:
        found.append("needs a PDF that it cannot attach")
    if not {Can.DRAFT, Can.FINAL, Can.FILES} & system.can:
        found.append("documents can be neither unfinished nor finished")
    if Can.APPEND in system.can and Can.DRAFT not in system.can:
        found.append("appends to drafts that it cannot have")
    keys = [field.key for field in system.document_fields]
    if len(set(keys)) != len(keys):
        found.append("two document fields have the same key")
    return found
