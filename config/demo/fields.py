"""The example companies' own fields, and what they hold."""

from typing import Any

from customers.domain.custom_field_changes import add_field
from tenants.models import User

CONTRACTS = ("frame", "single", "")
PLACES = ("office", "office", "home", "customer")


def add_fields(*, actor: User) -> None:
    add_field(
        actor=actor,
        target="customer",
        label="Contract",
        kind="choice",
        choices=[["frame", "Frame agreement"], ["single", "Single orders"]],
        help="What our work for them is based on.",
    )
    add_field(
        actor=actor,
        target="project",
        label="Cost centre",
        is_printed=True,
        help="As the customer's bookkeeping calls it.",
        translations={"fi": "Kustannuspaikka", "sv": "Kostnadsställe", "de": "Kostenstelle"},
    )
    add_field(
        actor=actor,
        target="time_entry",
        label="Place",
        kind="choice",
        choices=[["office", "Office"], ["home", "Home office"], ["customer", "At the customer's"]],
        default="office",
    )
    add_field(actor=actor, target="document", label="Campaign", help="For our own statistics.")


def of_customer(number: int) -> dict[str, Any]:
    return {"contract": CONTRACTS[number % len(CONTRACTS)]}


def of_project(number: int) -> dict[str, Any]:
    """Every third customer has none."""
    return {"cost-centre": "" if number % 3 == 0 else f"{4000 + number * 10}"}


def of_hours(number: int) -> dict[str, Any]:
    return {"place": PLACES[number % len(PLACES)]}
