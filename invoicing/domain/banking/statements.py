"""From a file to rows: the accounts it is of, its statements, and the lines that are new."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from core.identifiers import ibans_in, is_iban
from core.money import CURRENCY_CODES, is_amount_of
from invoicing import bank_errors as errors
from invoicing.domain.banking.camt import read_camt
from invoicing.domain.banking.columns import Column
from invoicing.domain.banking.entries import Entry, Keys, StatementHead
from invoicing.domain.banking.layouts import layout_of
from invoicing.domain.banking.tables import Layout, Table, TableReader, open_table
from invoicing.models import BankAccount, BankLine, BankStatement, StatementImport
from tenants.models import Tenant
from tenants.scope import current_tenant_id

MOST_LINES = 100_000
_STEP = 1000


def account_named_in(table: Table, layout: Layout, file_name: str) -> BankAccount | None:
    """The account that rows, what stands before them, or the file's name say; or the only one."""
    accounts: list[BankAccount] = list(BankAccount.objects.filter(is_active=True))
    if len(accounts) == 1 and Column.ACCOUNT not in layout.columns:
        return None if _other_iban(accounts[0], table.preamble, file_name) else accounts[0]
    said = [table.preamble, file_name]
    for record in islice(table.rows(), 1):
        for place in layout.columns.get(Column.ACCOUNT, ()):
            said += record.cells[place : place + 1]
    plain = "".join("".join(said).split()).upper()
    named = [one for one in accounts if one.number in plain]
    return named[0] if len(named) == 1 else None


def _other_iban(account: BankAccount, *said: str) -> str:
    """The IBAN that is said instead of the account's own. One without an IBAN may have any."""
    if not is_iban(account.number):
        return ""
    named = [iban for text in said for iban in ibans_in(text)]
    return "" if account.number in named else next(iter(named), "")


def write_lines(source: StatementImport, file: BinaryIO) -> list[dict[str, str]]:
    """Keep statements and lines; answers with the accounts of the file that are not known.

    Whoever imports for the same company at the same time waits: two files that overlap would
    otherwise wait for each other's lines.
    """
    accounts = {
        (one.number, one.currency): one
        for one in BankAccount.objects.select_for_update(no_key=True).order_by("pk")
    }
    if source.format == StatementImport.Format.CSV:
        parts = _of_table(source, file, accounts)
    else:
        parts = read_camt(file)
    writing = _Writing(source, accounts)
    for part in parts:
        writing.take(part)
    writing.finish()
    return list(writing.unknown.values())


def _of_table(
    source: StatementImport, file: BinaryIO, accounts: dict[tuple[str, str], BankAccount]
) -> Iterator[StatementHead | Entry]:
    assert source.layout is not None
    assert source.question is not None
    account = BankAccount.objects.get(pk=source.question["account"])
    table = open_table(file)
    if other := _other_iban(account, table.preamble, source.file_name):
        raise errors.OtherAccount(theirs=other, ours=account.number)
    reader = TableReader(table=table, layout=layout_of(source.layout), currency=account.currency)
    yield StatementHead(account=account.number, currency=account.currency)
    named = ""
    for own, entry in reader.entries():
        if own and named and own != named:
            raise errors.SeveralAccounts(line=entry.line, first=named, second=own)
        if own and not named and (other := _other_iban(account, own)):
            raise errors.OtherAccount(theirs=other, ours=account.number)
        named = own or named
        if entry.currency != account.currency:
            raise errors.OtherAccountCurrency(
                line=entry.line, theirs=entry.currency, ours=account.currency
            )
        yield entry
    source.skipped_count = reader.skipped


class _Writing:
    def __init__(
        self, source: StatementImport, accounts: dict[tuple[str, str], BankAccount]
    ) -> None:
        self.source, self.accounts = source, accounts
        self.unknown: dict[str, dict[str, str]] = {}
        self.statement: BankStatement | None = None
        self.keys: dict[int, Keys] = defaultdict(Keys)
        self.rows: list[BankLine] = []
        self.count = 0
        self.head: StatementHead | None = None

    def take(self, part: StatementHead | Entry) -> None:
        if isinstance(part, StatementHead):
            self._close()
            self.head = part
        else:
            self._add(part)

    def _account_of(self, head: StatementHead, entry: Entry) -> BankAccount | None:
        currency = head.currency or entry.currency
        if currency not in CURRENCY_CODES:
            raise errors.CurrencyUnknown(line=entry.line, currency=currency[:10])
        if found := self.accounts.get((head.account, currency)):
            return found
        tenant = Tenant.objects.get(pk=current_tenant_id())
        if "".join(tenant.iban.split()).upper() == head.account:
            # The company's own account, as its documents name it.
            # Two first files may come at the same moment.
            made: BankAccount
            made, _is_new = BankAccount.objects.get_or_create(
                number=head.account,
                currency=currency,
                defaults={"name": head.account, "ledger_account": tenant.bank_account},
            )
            self.accounts[head.account, currency] = made
            return made
        self.unknown[head.account] = {"number": head.account, "currency": currency}
        return None

    def _add(self, entry: Entry) -> None:
        assert self.head is not None  # both readers begin with one
        self.count += 1
        if self.count > MOST_LINES:
            raise errors.TooManyLines(limit=MOST_LINES)
        if self.statement is None:
            account = self._account_of(self.head, entry)
            if account is None:
                return
            self.statement = self._new_statement(self.head, account)
        account = self.statement.account
        if entry.currency != account.currency:
            raise errors.OtherAccountCurrency(
                line=entry.line, theirs=entry.currency, ours=account.currency
            )
        if not is_amount_of(entry.amount, entry.currency):
            raise errors.EntryWithoutAmount(line=entry.line, text=f"{entry.amount:f}")
        statement = self.statement
        statement.line_count += 1
        statement.line_total += entry.amount
        statement.first_date = min(statement.first_date or entry.booking_date, entry.booking_date)
        statement.last_date = max(statement.last_date or entry.booking_date, entry.booking_date)
        self.rows.append(self._row(entry, statement, account))
        if len(self.rows) >= _STEP:
            self._flush()

    def _new_statement(self, head: StatementHead, account: BankAccount) -> BankStatement:
        self.keys[account.pk].begin_statement()
        statement: BankStatement = BankStatement.objects.create(
            source=self.source,
            account=account,
            number=head.number,
            first_date=head.first_date,
            last_date=head.last_date,
            opening_balance=head.opening_balance,
            closing_balance=head.closing_balance,
        )
        return statement

    def _row(self, entry: Entry, statement: BankStatement, account: BankAccount) -> BankLine:
        facts: dict[str, Any] = {
            name: getattr(entry, name)
            for name in (
                "booking_date", "value_date", "amount", "currency", "name", "iban", "reference",
                "text", "end_to_end_id", "bank_reference", "charges", "sent_amount",
                "sent_currency", "is_reversal",
            )
        }  # fmt: skip
        return BankLine(
            source=self.source,
            statement=statement,
            account=account,
            key=self.keys[account.pk].key_of(entry),
            position=self.count,
            **facts,
        )

    def _flush(self) -> None:
        # Those that are there already are left out.
        if self.rows:
            BankLine.objects.bulk_create(self.rows, ignore_conflicts=True)
        self.rows.clear()

    def _close(self) -> None:
        self._flush()
        if self.statement is not None:
            self.statement.save()
        self.statement = None

    def finish(self) -> None:
        self._close()
        if not self.count:
            raise errors.NoLines
        new = BankLine.objects.filter(source=self.source).count()
        self.source.new_count, self.source.repeated_count = new, self.count - new
