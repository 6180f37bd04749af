"""camt.053 of every common version, with all that banks put into it; and files meant to hurt."""

import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO, RawIOBase
from time import monotonic
from typing import Any

import pytest

from invoicing import bank_errors as errors
from invoicing.domain.banking.camt import looks_like_xml, read_camt
from invoicing.domain.banking.entries import Entry, StatementHead
from tests.banking.files import DAY, OWN_IBAN, THEIR_IBAN, camt, entry, statement

BOMB = "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "lol">' for n in range(10)
)


def read(content: bytes) -> list[Entry]:
    return [part for part in read_camt(BytesIO(content)) if isinstance(part, Entry)]


def heads(content: bytes) -> list[StatementHead]:
    return [part for part in read_camt(BytesIO(content)) if isinstance(part, StatementHead)]


def only(content: bytes) -> Entry:
    (found,) = read(content)
    return found


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08", "10", "12"])
def test_every_version_says_the_same(version: str) -> None:
    line = entry(
        "125.50", version="08" if version >= "08" else "02", name="Asiakas Oy", iban=THEIR_IBAN,
        reference="2600013", text="Kiitos", end_to_end="E2E-1", ref="A1",
    )  # fmt: skip
    assert only(camt(line, version=version)) == Entry(
        booking_date=DAY,
        value_date=DAY,
        amount=Decimal("125.50"),
        currency="EUR",
        name="Asiakas Oy",
        iban=THEIR_IBAN,
        reference="2600013",
        text="Kiitos",
        end_to_end_id="E2E-1",
        bank_reference="A1",
        line=3,
    )


def test_the_head_of_a_statement() -> None:
    (head,) = heads(camt(entry(), opening="1000.00", closing="1125.50", number=12))
    assert head == StatementHead(
        account=OWN_IBAN,
        currency="EUR",
        number="12",
        first_date=DAY,
        last_date=DAY,
        opening_balance=Decimal("1000.00"),
        closing_balance=Decimal("1125.50"),
    )


def test_several_statements_in_one_file() -> None:
    content = camt(
        statements=[
            statement([entry("1.00")], id="A", number=1),
            statement([], id="B", number=2),
            statement([entry("2.00"), entry("-3.00", role="Cdtr", name="Vuokra Oy")], iban="FI00"),
        ]
    )
    said = list(read_camt(BytesIO(content)))
    kinds = [one.account if isinstance(one, StatementHead) else str(one.amount) for one in said]
    assert kinds == [OWN_IBAN, "1.00", OWN_IBAN, "FI00", "2.00", "-3.00"]


def test_an_account_without_iban() -> None:
    content = camt(entry()).replace(
        f"<IBAN>{OWN_IBAN}</IBAN>".encode(), b"<Othr><Id>123 456</Id></Othr>"
    )
    assert heads(content)[0].account == "123456"


def detail(amount: str, *, inside: str = "<Amt Ccy='EUR'>{}</Amt>", **said: str) -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{said.get('end_to_end', 'NOTPROVIDED')}</EndToEndId>"
        f"{said.get('refs', '')}</Refs>{inside.format(amount)}"
        f"<RltdPties><Dbtr><Nm>{said.get('name', '')}</Nm></Dbtr></RltdPties>"
        f"<RmtInf><Strd><CdtrRefInf><Ref>{said.get('reference', '')}</Ref></CdtrRefInf></Strd>"
        f"</RmtInf></TxDtls>"
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<Amt Ccy='EUR'>{}</Amt>",
        "<AmtDtls><TxAmt><Amt Ccy='EUR'>{}</Amt></TxAmt></AmtDtls>",
        "<AmtDtls><InstdAmt><Amt Ccy='EUR'>{}</Amt></InstdAmt></AmtDtls>",
    ],
)
def test_a_batch_is_split_into_its_transactions(inside: str) -> None:
    details = detail("100", inside=inside, name="A", reference="13", refs="<TxId>T1</TxId>")
    details += detail("25.5", inside=inside, name="B", reference="26", refs="<TxId>T2</TxId>")
    found = read(camt(entry("125.50", details=details, ref="BATCH")))
    assert [(one.name, one.amount, one.reference, one.bank_reference) for one in found] == [
        ("A", Decimal("100"), "13", "BATCH/T1"),
        ("B", Decimal("25.5"), "26", "BATCH/T2"),
    ]


def test_a_batch_whose_parts_do_not_make_it_up_stays_one_line() -> None:
    details = detail("100", name="A") + detail("20", name="B")
    assert only(camt(entry("125.50", details=details, info="Many"))).amount == Decimal("125.50")
    without = detail("", inside="", name="A") + detail("", inside="", name="B")
    assert only(camt(entry("125.50", details=without))).amount == Decimal("125.50")


def test_a_batch_in_another_currency_stays_one_line() -> None:
    sek = "<Amt Ccy='SEK'>{}</Amt>"
    details = detail("100", inside=sek) + detail("25.5", inside=sek)
    assert only(camt(entry("125.50", details=details))).amount == Decimal("125.50")


def test_charges_taken_off_a_batch_are_a_line_of_their_own() -> None:
    details = detail("100") + detail("50")
    before = "<Chrgs><Amt Ccy='EUR'>3.00</Amt></Chrgs>"
    found = read(camt(entry("147.00", details=details, before=before)))
    assert [one.amount for one in found] == [Decimal("100"), Decimal("50"), Decimal("-3.00")]
    assert sum(one.charges for one in found) == 0


def test_a_detail_with_a_direction_of_its_own() -> None:
    back = detail("5").replace("<RltdPties>", "<CdtDbtInd>DBIT</CdtDbtInd><RltdPties>")
    found = read(camt(entry("95.00", details=detail("100") + back)))
    assert [one.amount for one in found] == [Decimal("100"), Decimal("-5")]


@pytest.mark.parametrize(
    "charges",
    [
        "<Chrgs><Amt Ccy='EUR'>4.00</Amt></Chrgs><Chrgs><Amt Ccy='EUR'>1.00</Amt></Chrgs>",
        "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>5.00</TtlChrgsAndTaxAmt></Chrgs>",
        "<Chrgs><Rcrd><Amt Ccy='EUR'>5.00</Amt></Rcrd></Chrgs>",
    ],
)
def test_charges_of_every_version(charges: str) -> None:
    assert only(camt(entry("120.50", before=charges))).charges == 5


def test_what_was_sent_in_another_currency() -> None:
    sent = "<AmtDtls><InstdAmt><Amt Ccy='USD'>140.00</Amt></InstdAmt></AmtDtls>"
    found = only(camt(entry("125.50", detail=sent)))
    assert (found.amount, found.sent_amount, found.sent_currency) == (
        Decimal("125.50"), Decimal("140.00"), "USD",
    )  # fmt: skip


def test_a_reversal_names_who_had_paid() -> None:
    found = only(camt(entry("-125.50", reversal=True, name="Asiakas Oy", iban=THEIR_IBAN)))
    assert (found.amount, found.is_reversal, found.name, found.iban) == (
        Decimal("-125.50"), True, "Asiakas Oy", THEIR_IBAN,
    )  # fmt: skip
    assert not only(camt(entry("-125.50", role="Cdtr", name="Vuokra"))).is_reversal


def test_a_returned_direct_debit_is_a_reversal() -> None:
    reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    found = only(camt(entry("-10.00", name="Kunde", detail=reason)))
    assert (found.is_reversal, found.name, found.text) == (True, "Kunde", "AC04")


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
@pytest.mark.parametrize("version", ["02", "08"])
def test_only_what_is_booked_counts(status: str, version: str) -> None:
    assert read(camt(entry(status=status, version=version), version=version)) == []


def test_texts_are_put_together() -> None:
    more = "<AddtlTxInf>LASTSCHRIFT</AddtlTxInf>"
    line = entry(text="Rechnung 2026-0001", info="GUTSCHRIFT", reference="RF18 539007547034")
    found = only(camt(line.replace("</RmtInf>", "</RmtInf>" + more)))
    assert found.text == "Rechnung 2026-0001 LASTSCHRIFT GUTSCHRIFT"
    assert found.reference == "RF18 539007547034"


def test_an_entry_without_details_keeps_its_text() -> None:
    found = only(camt(entry("12.00", has_details=False, info="KORKO", ref="X")))
    assert (found.text, found.bank_reference, found.name) == ("KORKO", "X", "")


def test_the_ultimate_debtor_stands_in() -> None:
    line = entry("1.00", role="UltmtDbtr", name="Emo Oy")
    assert only(camt(line)).name == "Emo Oy"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"])
def test_encodings_that_banks_use(encoding: str) -> None:
    content = camt(entry(name="Käyttäjä Öy"), encoding=encoding)
    assert looks_like_xml(content[:200])
    assert only(content).name == "Käyttäjä Öy"


def refusal(content: bytes) -> errors.StatementRefused:
    with pytest.raises(errors.StatementRefused) as refused:
        read(content)
    assert "%" not in str(refused.value)
    return refused.value


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE Document>",
        f"<!DOCTYPE Document [{BOMB}]>",
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
    ],
)
def test_document_types_and_entities_are_refused(declared: str) -> None:
    content = camt(entry(name="&a9;")).replace(b"&amp;a9;", b"&a9;")
    hostile = content.replace(b"\n<Document", f"\n{declared}<Document".encode())
    began = monotonic()
    assert type(refusal(hostile)) is errors.XmlIsHostile
    assert monotonic() - began < 1


def test_an_entity_that_nobody_declared() -> None:
    content = camt(entry(name="X")).replace(b">X<", b">&lol;<")
    assert type(refusal(content)) is errors.XmlIsBroken


WHOLE = camt(*(entry(f"{n}.00", name="Asiakas Oy", ref=f"R{n}") for n in range(1, 4)))


@pytest.mark.parametrize("share", [n / 20 for n in range(20)])
def test_a_file_cut_anywhere_is_refused(share: float) -> None:
    found = refusal(WHOLE[: int(len(WHOLE) * share)])
    assert isinstance(found, errors.XmlIsTruncated | errors.XmlIsBroken)


def test_nothing_of_a_cut_file_passes_for_whole() -> None:
    assert type(refusal(WHOLE[: -len("</Document>\n")])) is errors.XmlIsTruncated


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html><body>Login</body></html>", errors.NoStatement),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"/>', errors.NoStatement),
        (camt(entry(), kind="054"), errors.OtherCamt),
        (camt(entry(), kind="052"), errors.OtherCamt),
        (camt(entry(name="Käyttäjä")).replace("ä".encode(), b"\xe4"), errors.XmlHasBrokenText),
        (camt(entry()).replace(b'"UTF-8"', b'"klingon"'), errors.XmlHasBrokenText),
        (camt(entry()).replace(b'"UTF-8"', b'"UTF-16"'), errors.XmlHasBrokenText),
        (camt(entry(name="a\x0bb")), errors.XmlIsBroken),
        (camt(entry()).replace(b"</Stmt>", b"</Stm>"), errors.XmlIsBroken),
        (camt(entry("12,50")), errors.EntryWithoutAmount),
        (camt(entry("")), errors.EntryWithoutAmount),
        (camt(entry("1e9")), errors.EntryWithoutAmount),
        (camt(entry("9" * 30)), errors.EntryWithoutAmount),
        (camt(entry("1")).replace(b"CRDT</CdtDbtInd><Sts", b"X</CdtDbtInd><Sts"),
         errors.EntryWithoutDirection),
        (camt(entry("1", day="2026-13-01")), errors.EntryWithoutDate),
        (camt(entry("1", day="0001-01-01")), errors.EntryWithoutDate),
        (camt(entry("1", currency="XXX")), errors.CurrencyUnknown),
        (camt(entry()).replace(f"<IBAN>{OWN_IBAN}</IBAN>".encode(), b""),
         errors.StatementWithoutAccount),
        (camt(entry(name="n" * 30_000)), errors.XmlIsTooDeep),
        (camt(entry(detail="<a>" * 60 + "</a>" * 60)), errors.XmlIsTooDeep),
        (camt(entry(detail="<a/>" * 30_000)), errors.XmlIsTooDeep),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_taken_is_said(content: bytes, expected: type) -> None:
    assert type(refusal(content)) is expected


class Endless(RawIOBase):
    """A large file that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts, self.rest = parts, b""

    def seek(self, *_where: int) -> int:
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size and (more := next(self.parts, b"")):
            self.rest += more
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


def test_memory_does_not_follow_the_size() -> None:
    start, end = camt("@").split(b"@")
    one = entry("1.00", name="Asiakas Oy", text="Rechnung " * 20, reference="2600013").encode()

    def peak(count: int) -> tuple[int, int]:
        def parts() -> Iterator[bytes]:
            yield start
            for _ in range(count):
                yield one
            yield end

        file: Any = Endless(parts())
        tracemalloc.start()
        found = sum(isinstance(part, Entry) for part in read_camt(file))
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found, highest

    few, many = peak(500), peak(5_000)
    assert (few[0], many[0]) == (500, 5_000)
    assert many[1] < few[1] * 1.5 + 200_000


def test_a_day_with_a_time_is_that_day() -> None:
    content = camt(entry()).replace(
        f"<BookgDt><Dt>{DAY}</Dt></BookgDt>".encode(),
        b"<BookgDt><DtTm>2026-11-19T23:59:00+02:00</DtTm></BookgDt>",
    )
    assert only(content).booking_date == date(2026, 11, 19)


def test_an_entry_outside_of_a_statement_is_refused() -> None:
    for content in (
        camt(statements=[entry()]),
        camt(statements=[statement([entry()]), entry("2.00")]),
    ):
        with pytest.raises(errors.EntryOutsideStatement, match="belongs to no statement"):
            read(content)


def test_of_a_single_transaction_the_entrys_reference_counts() -> None:
    detail = "<Refs><AcctSvcrRef>D1</AcctSvcrRef></Refs>"
    details = f"<TxDtls>{detail}</TxDtls>"
    assert only(camt(entry(details=details, ref="E1"))).bank_reference == "E1"
    assert only(camt(entry(details=details))).bank_reference == "D1"
