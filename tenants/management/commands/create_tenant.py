from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.money import CURRENCIES
from core.places import COUNTRIES, TIME_ZONES, DocumentLanguage
from tenants.domain.founding import found_company
from tenants.domain.invitations import VALID_FOR, invitation_path

# Language and time zone, unless the command says otherwise.
USUAL = {"FI": ("fi", "Europe/Helsinki"), "DE": ("de", "Europe/Berlin")}


class Command(BaseCommand):
    help = (
        "Make a company with the tax rates, accounts and number series of its country, and"
        " invite its first owner."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the first part of its pages' addresses, for example acme")
        parser.add_argument("--name", required=True, help="as its people call it")
        parser.add_argument("--legal-name", help="as it is registered (the name unless given)")
        parser.add_argument("--country", default="FI", type=str.upper, help="two letters (FI)")
        parser.add_argument("--owner-email", required=True, help="the invitation goes there")
        parser.add_argument("--owner-name", help="(the e-mail address unless given)")
        parser.add_argument("--language", help="of its documents: en, fi, sv or de")
        parser.add_argument("--currency", default="EUR", type=str.upper, help="three letters (EUR)")
        parser.add_argument("--time-zone", help="for example Europe/Helsinki")

    def handle(self, **options: Any) -> None:
        language, time_zone = USUAL.get(options["country"], ("en", ""))
        details = {
            "slug": options["slug"],
            "name": options["name"],
            "legal_name": options["legal_name"] or options["name"],
            "country": options["country"],
            "language": options["language"] or language,
            "currency": options["currency"],
            "time_zone": options["time_zone"] or time_zone,
        }
        _require_known(details)
        try:
            founded = found_company(
                owner_name=options["owner_name"] or options["owner_email"],
                owner_email=options["owner_email"],
                **details,
            )
        except ValidationError as refused:
            raise CommandError(_in_one_line(refused)) from None
        except DomainError as refused:
            raise CommandError(str(refused)) from None
        base = settings.BASE_URL.rstrip("/")
        owner = founded.owner
        self.stdout.write(
            self.style.SUCCESS(f"{owner.tenant.legal_name}: {base}/{owner.tenant.slug}/")
        )
        for sentence in founded.missing:
            self.stdout.write(self.style.WARNING(sentence))
        self.stdout.write(
            f"{owner.email} is invited as owner. The link works for {VALID_FOR.days} days:\n"
            f"{base}{invitation_path(owner)}"
        )


def _require_known(details: dict[str, str]) -> None:
    """What a form offers to choose from, in words that fit a command line."""
    # The country first: what is usual there depends on it.
    for option, values in (
        ("country", dict(COUNTRIES)),
        ("language", DocumentLanguage.values),
        ("currency", dict(CURRENCIES)),
        ("time_zone", dict(TIME_ZONES)),
    ):
        if not details[option]:
            raise CommandError(f"--{option.replace('_', '-')} is needed for {details['country']}.")
        if details[option] not in values:
            raise CommandError(f"--{option.replace('_', '-')}: {details[option]!r} is not known.")


def _in_one_line(refused: ValidationError) -> str:
    return " ".join(
        f"{'owner e-mail' if field == 'email' else field}: {' '.join(sentences)}"
        for field, sentences in refused.message_dict.items()
    )
