"""What is looked up before anything is written: version, people, units, countries, tax rules."""

from integrations.sandbox.web import Response
from integrations.systems.sevdesk.sandbox.company import (
    ADDRESS_KEYS,
    CATEGORIES,
    COUNTRIES,
    PAYMENT_METHODS,
    TAX_RULES,
)
from integrations.systems.sevdesk.sandbox.context import Context, now, refused


def version(context: Context) -> Response:
    return context.answer({"version": context.version})


def client(context: Context) -> Response:
    company = context.company
    return context.answer(
        [
            {
                "id": company.id,
                "objectName": "SevClient",
                "name": company.name,
                "smallSettlement": company.is_small,
            }
        ]
    )


def users(context: Context) -> Response:
    return context.answer([{"objectName": "SevUser", **user} for user in context.company.users])


def countries(context: Context) -> Response:
    code = (context.one("code") or "").lower()
    return context.answer(
        [
            {"id": number, "objectName": "StaticCountry", "code": known, "name": name}
            for number, (known, name) in COUNTRIES.items()
            if code in ("", known)
        ]
    )


def unities(context: Context) -> Response:
    return context.answer(
        [
            {
                "id": number,
                "objectName": "Unity",
                "name": code.removeprefix("UNITY_").title(),
                "translationCode": code,
            }
            for code, number in context.company.unities.items()
        ]
    )


def check_accounts(context: Context) -> Response:
    return context.answer(context.company.check_accounts)


def payment_methods(context: Context) -> Response:
    return context.answer(
        [
            {"id": number, "objectName": "PaymentMethod", "name": name}
            for number, name in PAYMENT_METHODS.items()
        ]
    )


def tax_rules(context: Context) -> Response:
    if context.version != "2.0":
        raise refused(400, "TaxRule is not available in this bookkeeping system version")
    return context.answer(
        [
            {"id": rule, "objectName": "TaxRule", "name": name}
            for rule, (name, _rates) in TAX_RULES.items()
            if (rule == "11") == context.company.is_small or rule == "1"
        ]
    )


def categories(context: Context) -> Response:
    found = CATEGORIES.get(context.one("objectType") or "", {})
    return context.answer(
        [{"id": number, "objectName": "Category", "name": name} for number, name in found.items()]
    )


def address_keys(context: Context) -> Response:
    return context.answer(
        [
            {"id": number, "objectName": "CommunicationWayKey", "name": name}
            for number, name in ADDRESS_KEYS.items()
        ]
    )


def sequence(context: Context) -> Response:
    """Reading does not reserve the number."""
    kind = context.one("type") or ""
    known = context.company.sequences.get(kind)
    owner = context.one("objectType")
    if known is None or owner != ("Invoice" if kind == "RE" else "CreditNote"):
        raise refused(400, "SevSequence not found", code=151)
    return context.answer(
        {
            "id": 31,
            "objectName": "SevSequence",
            "forObject": owner,
            "format": known[0],
            "nextSequence": peek(context, kind),
            "type": kind,
        }
    )


def peek(context: Context, kind: str) -> int:
    row = context.store.get("Sequence", context.slug, _place(kind))
    first = context.company.sequences[kind][1]
    return int(row["next"]) if row else int(first)


def next_number(context: Context, kind: str) -> str:
    """Take the next one that nobody uses."""
    number = peek(context, kind)
    context.store.put("Sequence", context.slug, {"id": _place(kind), "next": number + 1})
    return written(context.company.sequences[kind][0], number)


def use_up(context: Context, kind: str, given: str) -> None:
    """A number that was given and is just the next one counts as taken."""
    number = peek(context, kind)
    if given == written(context.company.sequences[kind][0], number):
        context.store.put("Sequence", context.slug, {"id": _place(kind), "next": number + 1})


def _place(kind: str) -> int:
    return 1 if kind == "RE" else 2


def written(form: str, number: int) -> str:
    today = now()
    return (
        form.replace("%NUMBER", str(number)).replace("%YYYY", today[:4]).replace("%MM", today[5:7])
    )
