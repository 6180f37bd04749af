"""The chart of accounts from a file, and as a row of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core.csv_files import Record, encoding_of, head_of, records, text_of_file
from core.forms import plain_number
from invoicing import book_errors as errors
from invoicing.domain.books.accounts import WRITTEN, save_account
from invoicing.models import Account
from tenants import audit
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

MOST_ROWS = 5000
MOST_BYTES = 2_000_000
COLUMNS = ("number", "name", "kind", "automatic_percent", "is_active")


@dataclass(frozen=True)
class Imported:
    added: int
    changed: int


@transaction.atomic
def import_accounts(content: bytes, *, actor: User | None) -> Imported:
    """Add the accounts of a CSV file, and change those there are. All rows or none.

    Columns by their names, as the list's own file has them; separated by semicolons, commas or
    tabs. An account that the file does not name stays as it is.
    """
    rows = list(_rows(content))
    known = {one.number: one for one in Account.objects.select_for_update()}
    added = changed = 0
    for line, row in rows:
        account = _read(line, row, known)
        is_new = account._state.adding
        try:
            if is_new:
                account.full_clean(exclude=["tenant"])
                account.save(force_insert=True)
                known[account.number] = account
                added += 1
            else:
                account.full_clean(exclude=["tenant"])
                before = Account.objects.get(pk=account.pk)
                if any(getattr(before, name) != getattr(account, name) for name in WRITTEN):
                    save_account(account, actor=actor)
                    changed += 1
        except ValidationError as invalid:
            raise errors.RowUnreadable(line=line, reason=" ".join(invalid.messages)) from None
    if added or changed:
        audit.log(
            "books.accounts_imported",
            Tenant.objects.get(pk=current_tenant_id()),
            actor=actor,
            added=added,
            changed=changed,
        )
    return Imported(added, changed)


def _table(content: bytes) -> list[Record]:
    if len(content) > MOST_BYTES:
        raise errors.FileTooLong(most=MOST_ROWS)
    file = BytesIO(content)
    encoding = encoding_of(file)
    head, delimiter = head_of(file, encoding)
    with text_of_file(file, encoding) as text:
        found = [one for one in records(text, delimiter) if one.line >= head.line]
    if len(found) > MOST_ROWS + 1:
        raise errors.FileTooLong(most=MOST_ROWS)
    return found


def _rows(content: bytes) -> Iterable[tuple[int, dict[str, str]]]:
    found, names = _table(content), _column_names()
    head = [names.get(cell.strip().casefold(), "") for cell in found[0].cells]
    if "number" not in head or "name" not in head:
        raise errors.ColumnsMissing
    seen: set[str] = set()
    for record in found[1:]:
        if record.broken:
            raise errors.RowUnreadable(line=record.line, reason=_("Its quotation marks are odd."))
        row = {
            name: cell.strip().removeprefix("'")
            for name, cell in zip(head, record.cells, strict=False)
            if name
        }
        if not any(row.values()):
            continue
        if row.get("number") in seen:
            raise errors.RowUnreadable(
                line=record.line, reason=_("The account %s is there twice.") % row["number"]
            )
        seen.add(row.get("number", ""))
        yield record.line, row


def _column_names() -> dict[str, str]:
    """What a column may be called: in English, and in the reader's language."""
    return {name: name for name in COLUMNS} | {
        word.casefold(): name for name, word in column_words().items()
    }


def column_words() -> dict[str, str]:
    return {
        "number": _("Number"),
        "name": _("Name"),
        "kind": _("Kind"),
        "automatic_percent": _("Computes VAT itself (%)"),
        "is_active": _("Active"),
    }


def _read(line: int, row: Mapping[str, str], known: Mapping[str, Account]) -> Account:
    number = row.get("number", "")
    account = known.get(number) or Account(number=number)
    account.name = row.get("name") or account.name
    if typed := row.get("kind", ""):
        kinds = {str(kind.value): kind for kind in Account.Kind}
        kinds |= {str(kind.label).casefold(): kind for kind in Account.Kind}
        if typed.casefold() not in kinds:
            known_kinds = ", ".join(str(kind.label) for kind in Account.Kind)
            raise errors.RowUnreadable(line=line, reason=_("The kind is one of: %s.") % known_kinds)
        account.kind = kinds[typed.casefold()]
    elif account._state.adding:
        raise errors.RowUnreadable(line=line, reason=_("A new account needs a kind."))
    if "automatic_percent" in row:
        account.automatic_percent = _percent(line, row["automatic_percent"])
    if typed := row.get("is_active", ""):
        yes = {"1", "true", "yes", _("yes").casefold(), "x"}
        no = {"0", "false", "no", _("no").casefold()}
        if typed.casefold() not in yes | no:
            raise errors.RowUnreadable(line=line, reason=_("Active is yes or no."))
        account.is_active = typed.casefold() in yes
    return account


def _percent(line: int, typed: str) -> Decimal | None:
    if not typed:
        return None
    try:
        return Decimal(plain_number(typed))
    except InvalidOperation:
        raise errors.RowUnreadable(line=line, reason=_("%s is no percentage.") % typed) from None


def account_cells(account: Account) -> Sequence[Any]:
    """A row of the list's file, which can be read in again."""
    return [
        account.number,
        account.name,
        account.get_kind_display(),
        account.automatic_percent,
        _("yes") if account.is_active else _("no"),
    ]
