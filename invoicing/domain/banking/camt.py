"""camt.053, the account statement of ISO 20022, read as it streams by.

Only one entry at a time is held, so that memory does not follow the size of the file. A document
type is refused before anything else: without one there are no entities to expand or to fetch.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO
from xml.parsers import expat

from invoicing import bank_errors as errors
from invoicing.domain.banking.camt_details import Detail, detail_of, entry_of, lines_of
from invoicing.domain.banking.entries import Entry, StatementHead
from invoicing.domain.banking.nodes import Node

_CHUNK = 1 << 16
_SPACE = "urn:iso:std:iso:20022:tech:xsd:"
DEEPEST = 40
LONGEST_TEXT = 20_000
# What one entry without its transactions, or the head of a statement, is made of at most.
MOST_NODES = 20_000
_BROKEN_TEXT = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
        expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    }
)
_ENDS_EARLY = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    }
)
_INVALID = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]


def looks_like_xml(start: bytes) -> bool:
    """By its first bytes, in whatever of the usual encodings."""
    plain = start.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip(b"\xff\xfe\r\n\t ")
    return plain.startswith(b"<")


def read_camt(file: BinaryIO) -> "Iterator[StatementHead | Entry]":
    """Each statement's head, followed by its booked entries. Raises StatementRefused."""
    file.seek(0)
    reading = _Reading()
    while chunk := file.read(_CHUNK):
        reading.feed(chunk)
        yield from reading.taken()
    reading.close()
    yield from reading.taken()


@dataclass
class _Reading:
    stack: list[Node] = field(default_factory=list)
    ready: deque[StatementHead | Entry] = field(default_factory=deque)
    details: list[Detail] = field(default_factory=list)
    head_given: bool = False
    nodes: int = 0
    fed: int = 0

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._no_doctype
        self.parser.EntityDeclHandler = self._no_doctype
        self.parser.ExternalEntityRefHandler = self._no_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, is_last=False)

    def close(self) -> None:
        self._parse(b"", is_last=True)

    def taken(self) -> Iterator[StatementHead | Entry]:
        while self.ready:
            yield self.ready.popleft()

    def _parse(self, chunk: bytes, *, is_last: bool) -> None:
        before, self.fed = self.fed, self.fed + len(chunk)
        try:
            self.parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            raise self._refusal(error, chunk, self.parser.ErrorByteIndex - before) from None
        except (ValueError, LookupError):
            # An encoding that Python does not know, or one of several bytes a letter.
            raise errors.XmlHasBrokenText(line=1) from None

    def _refusal(self, error: expat.ExpatError, chunk: bytes, at: int) -> errors.StatementRefused:
        line = error.lineno
        if error.code in _ENDS_EARLY:
            return errors.XmlIsTruncated(line=line)
        if error.code in _BROKEN_TEXT:
            return errors.XmlHasBrokenText(line=line)
        if error.code == _INVALID and 0 <= at < len(chunk) and chunk[at] >= 0x80:
            return errors.XmlHasBrokenText(line=line)
        return errors.XmlIsBroken(line=line)

    # --- handlers ---

    def _no_doctype(self, *_declared: object) -> int:
        raise errors.XmlIsHostile(line=self.parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _blank, local = name.rpartition(" ")
        if not self.stack:
            _check_root(space, local)
        self.nodes += 1
        if len(self.stack) >= DEEPEST or self.nodes > MOST_NODES:
            raise errors.XmlIsTooDeep(line=self.parser.CurrentLineNumber)
        if local == "Ntry":
            if not any(node.name == "Stmt" for node in self.stack):
                raise errors.EntryOutsideStatement(line=self.parser.CurrentLineNumber)
            self._give_head()
            self.details = []
        node = Node(local, self.parser.CurrentLineNumber, attributes.get("Ccy", ""))
        self.stack.append(node)

    def _text(self, text: str) -> None:
        node = self.stack[-1]
        node.length += len(text)
        if node.length > LONGEST_TEXT and text.strip():
            raise errors.XmlIsTooDeep(line=self.parser.CurrentLineNumber)
        if node.length <= LONGEST_TEXT:
            node.texts.append(text)

    def _end(self, _name: str) -> None:
        node = self.stack.pop()
        parent = self.stack[-1] if self.stack else None
        if node.name == "Ntry":
            self._give_entry(node)
        elif node.name == "TxDtls":
            entry = next((one for one in reversed(self.stack) if one.name == "Ntry"), None)
            if entry is not None:
                self.details.append(detail_of(node, entry))
            self.nodes = 0
        elif node.name == "Stmt":
            self._give_head(node)
            self.head_given = False
        elif parent is not None and parent.name not in ("Document", "BkToCstmrStmt"):
            parent.children.append(node)

    def _give_head(self, statement: Node | None = None) -> None:
        if self.head_given:
            return
        statement = statement or next(
            (node for node in reversed(self.stack) if node.name == "Stmt"), None
        )
        if statement is not None:
            self.ready.append(_head_of(statement))
            statement.children.clear()
            self.head_given, self.nodes = True, 0

    def _give_entry(self, node: Node) -> None:
        found, self.details, self.nodes = self.details, [], 0
        entry = entry_of(node)
        if entry is not None:
            self.ready.extend(lines_of(entry, found))


def _check_root(space: str, local: str) -> None:
    kind = space.removeprefix(_SPACE)
    if local != "Document" or kind == space:
        raise errors.NoStatement(found=f"<{local[:40]}>")
    if not kind.startswith("camt.053."):
        refusal = errors.OtherCamt if kind.startswith("camt.05") else errors.NoStatement
        raise refusal(found=kind[:40])


def _head_of(statement: Node) -> StatementHead:
    account = statement.find("Acct")
    number = statement.words("LglSeqNb") or statement.words("ElctrncSeqNb")
    head = StatementHead(
        account=account.words("Id", "IBAN") or account.words("Id", "Othr", "Id") if account else "",
        currency=account.words("Ccy") if account else "",
        number=(number or statement.words("Id"))[:40],
        first_date=_moment(statement.words("FrToDt", "FrDtTm")),
        last_date=_moment(statement.words("FrToDt", "ToDtTm")),
    )
    if not head.account:
        raise errors.StatementWithoutAccount(line=statement.line)
    head.account = "".join(head.account.split()).upper()[:34]
    for balance in statement.all("Bal"):
        _take_balance(head, balance)
    return head


def _take_balance(head: StatementHead, balance: Node) -> None:
    kind = balance.words("Tp", "CdOrPrtry", "Cd")
    amount = balance.find("Amt")
    if amount is None or kind not in ("OPBD", "PRCD", "CLBD"):
        return
    value = amount.amount()
    if balance.words("CdtDbtInd") == "DBIT":
        value = -value
    day = balance.day("Dt")
    head.currency = head.currency or amount.currency
    if kind == "CLBD":
        head.closing_balance = value
        head.last_date = head.last_date or day
    elif head.opening_balance is None:
        head.opening_balance = value
        head.first_date = head.first_date or day


def _moment(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
