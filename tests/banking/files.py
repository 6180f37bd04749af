"""Statements of banks, as files."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

OWN_IBAN = "FI2112345600000785"
THEIR_IBAN = "FI5810171000000122"
DAY = date(2026, 11, 20)


def entry(amount: str = "125.50", **said: Any) -> str:
    """One `Ntry` with one transaction; what is not said is left out, as banks do."""
    is_v8 = said.pop("version", "02") == "08"
    direction = "DBIT" if amount.startswith("-") else "CRDT"
    plain = amount.removeprefix("-")
    currency = said.get("currency", "EUR")
    day = said.get("day", DAY)
    role = said.get("role", "Dbtr")
    status = said.get("status", "BOOK")
    name = escape(said.get("name", ""))
    party = f"<Pty><Nm>{name}</Nm></Pty>" if is_v8 else f"<Nm>{name}</Nm>"
    iban = said.get("iban", "")
    reference, text = said.get("reference", ""), escape(said.get("text", ""))
    detail = [
        f"<Refs><EndToEndId>{said.get('end_to_end', 'NOTPROVIDED')}</EndToEndId></Refs>",
        said.get("detail", ""),
        "<RltdPties>",
        f"<{role}>{party}</{role}>" if name else "",
        f"<{role}Acct><Id><IBAN>{iban}</IBAN></Id></{role}Acct>" if iban else "",
        "</RltdPties><RmtInf>",
        f"<Ustrd>{text}</Ustrd>" if text else "",
        f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else "",
        "</RmtInf>",
    ]
    details = said.get("details") or f"<TxDtls>{''.join(detail)}</TxDtls>"
    return "".join(
        [
            f'<Ntry><Amt Ccy="{currency}">{plain}</Amt><CdtDbtInd>{direction}</CdtDbtInd>',
            "<RvslInd>true</RvslInd>" if said.get("reversal") else "",
            f"<Sts><Cd>{status}</Cd></Sts>" if is_v8 else f"<Sts>{status}</Sts>",
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>",
            f"<AcctSvcrRef>{said['ref']}</AcctSvcrRef>" if "ref" in said else "",
            said.get("before", ""),
            f"<NtryDtls>{details}</NtryDtls>" if said.get("has_details", True) else "",
            f"<AddtlNtryInf>{escape(said['info'])}</AddtlNtryInf>" if "info" in said else "",
            "</Ntry>",
        ]
    )


def statement(entries: Sequence[str], **said: Any) -> str:
    opening = Decimal(said.get("opening", "1000.00"))
    iban, currency = said.get("iban", OWN_IBAN), said.get("currency", "EUR")
    closing = said.get("closing")
    return "".join(
        [
            f"<Stmt><Id>{said.get('id', 'S1')}</Id><ElctrncSeqNb>{said.get('number', 7)}",
            f"</ElctrncSeqNb><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>",
            f"<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{opening}",
            f"</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{DAY}</Dt></Dt></Bal>",
            f"<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{closing}"
            f"</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{DAY}</Dt></Dt></Bal>"
            if closing
            else "",
            *entries,
            "</Stmt>",
        ]
    )


def camt(
    *entries: str, version: str = "02", encoding: str = "UTF-8", kind: str = "053", **said: Any
) -> bytes:
    """A file of one statement with these entries, or of these `statements`."""
    whole = "".join(said.pop("statements", None) or [statement(entries, **said)])
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<Document xmlns="{space}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T08:00:00</CreDtTm></GrpHdr>\n"
        f"{whole}\n</BkToCstmrStmt></Document>\n"
    )
    return text.encode(encoding)
