"""What an example company consists of, as data; `loading` turns it into rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import count

from stdnum.util import get_cc_module

from tenants.roles import Role

EVERY_WEEKDAY = frozenset(range(5))


@dataclass(frozen=True)
class Person:
    """`projects` maps project keys to how much of the working time they take."""

    name: str
    role: Role
    projects: Mapping[str, int] = field(default_factory=dict)
    email: str = ""
    weekdays: frozenset[int] = EVERY_WEEKDAY
    rate: str = ""
    # Shares of the day that are not for customers: meetings, sales, the office.
    internal: float = 0.1
    # In which order they come to lock: 0 locks every week, 1 every month, 2 forgets the last one.
    locks: int = 1
    days_behind: int = 0


@dataclass(frozen=True)
class Customer:
    key: str
    name: str
    street: str
    postal_code: str
    city: str
    contact: str = ""
    country: str = ""
    language: str = ""
    currency: str = "EUR"
    term: int | None = None
    tax: str = ""
    rate: str = ""
    is_linked: bool = True
    by_project: bool = True
    is_internal: bool = False
    buyer_reference: str = ""


@dataclass(frozen=True)
class Project:
    key: str
    customer: str
    name: str
    manager: str
    tasks: Mapping[str, int]
    rate: str = ""
    member_rates: Mapping[str, str] = field(default_factory=dict)
    own_task: tuple[str, str] | None = None  # name and rate
    order_reference: str = ""


@dataclass(frozen=True)
class Charge:
    """Billed each month on that day beside the hours; without a project it is the customer's."""

    customer: str
    day: int
    price: str
    text: str = ""
    kind: str = "expense"
    project: str = ""
    quantity: str = "1"
    unit: str = "C62"
    destination: str = ""
    person: str = ""
    is_billable: bool = True


@dataclass(frozen=True)
class ServiceOrder:
    """`until`: new, scheduled, in_progress, done, checked or cancelled; then `report` says why.

    A part is its text, quantity, unit and price; what is checked long ago gets invoiced.
    """

    project: str
    title: str
    person: str
    days_ago: int
    until: str
    hour: int = 9
    description: str = ""
    contact: str = ""
    phone: str = ""
    minutes: Sequence[int] = ()
    parts: Sequence[tuple[str, str, str, str]] = ()
    report: str = ""


@dataclass(frozen=True)
class Component:
    """`price` until the end of the year, then `next_price`; `beyond` what is included."""

    text: str
    price: str
    period: str = "month"
    due_at: str = "start"
    quantity: str = "1"
    unit: str = "C62"
    next_price: str = ""
    included: str = ""
    destination: str = ""
    beyond: str = ""


@dataclass(frozen=True)
class Subscriber:
    """From so many days after the first month's start; own terms are of the first component."""

    customer: str
    days_in: int = 0
    quantity: str = ""
    price: str = ""


@dataclass(frozen=True)
class Package:
    name: str
    number: str
    components: Sequence[Component]
    subscribers: Sequence[Subscriber]


@dataclass(frozen=True)
class Usage:
    """Destination, price of one, and how much a day at most."""

    customer: str
    file: str
    destinations: Sequence[tuple[str, str, int]]


@dataclass(frozen=True)
class Task:
    """`texts` are what people write about it."""

    name: str
    texts: Sequence[str]
    is_billable: bool = True


@dataclass(frozen=True)
class TaxRate:
    name: str
    category: str
    percent: str
    revenue_account: str
    tax_account: str = ""
    reason: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    is_default: bool = False
    code: str = ""


@dataclass(frozen=True)
class Company:
    slug: str
    details: Mapping[str, object]
    domain: str
    rate: str
    minutes_a_day: int
    writes_times: bool
    people: Sequence[Person]
    customers: Sequence[Customer]
    projects: Sequence[Project]
    tasks: Sequence[Task]
    internal_texts: Sequence[str]
    tax_rates: Sequence[TaxRate]
    # A line that is invoiced each month without any hours: customer key, text, net price.
    subscription: tuple[str, str, Decimal]
    # Why an hour too many is credited, and why one of those without hours is cancelled.
    corrections: tuple[str, str]
    # What a mail server said of an address, and what a customer asks.
    bounce: str
    question: str
    # What a customer objects to.
    dispute: str
    seed: int
    # Where the account is, and what moves on it besides invoices: name, text, amount.
    bank: str
    movements: Sequence[tuple[str, str, str]]
    # How many months it has behind it.
    months: int = 3
    # Quotations come with their PDFs, which take half as long as all the rest of a small company.
    has_quotations: bool = True
    charges: Sequence[Charge] = ()
    orders: Sequence[ServiceOrder] = ()
    packages: Sequence[Package] = ()
    usage: Sequence[Usage] = ()
    # Name, colour, and on which share of the billable hours.
    tags: Sequence[tuple[str, str, float]] = ()


@cache
def vat_number(country: str, start: int, width: int) -> str:
    """The first number from `start` on whose check digits are right; belongs to nobody known."""
    module = get_cc_module(country, "vat")
    assert module is not None
    for number in count(start):
        text = f"{number:0{width}d}"
        if country == "SE":
            text += "01"
        if module.is_valid(text):
            return text
    raise AssertionError


def business_ids(country: str, start: int) -> tuple[str, str]:
    """Business id and VAT id of a made-up company."""
    if country == "FI":
        digits = vat_number("FI", start * 10, 8)
        return f"{digits[:7]}-{digits[7]}", f"FI{digits}"
    width = {"DE": 9, "DK": 8, "SE": 10}[country]
    first = start * 10 ** (width - 7)
    number = vat_number(country, first, width)
    register = {
        "DE": f"HRB {start % 90000 + 1000}",
        "DK": number,
        "SE": f"{number[:6]}-{number[6:10]}",
    }
    return register[country], f"{country}{number}"


def iban(country: str, account: str) -> str:
    """The account number with its two check digits in front."""
    digits = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"
