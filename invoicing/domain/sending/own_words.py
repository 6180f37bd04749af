"""The company's own words and settings for e-mails; where there are none, the program's."""

from typing import Any

from django.db import transaction

from invoicing import errors
from invoicing.domain.sending.wording import (
    Wording,
    check_wording,
    default_wording,
    has_link,
    placeholders_of,
)
from invoicing.models import MailSettings, MailText, ReminderText
from tenants.audit import changes_to, log
from tenants.models import Membership, User
from tenants.roles import Permission
from tenants.scope import current_tenant_id

_CODES: dict[type[MailText | ReminderText], str] = {
    MailText: "mail_text",
    ReminderText: "reminder_text",
}


def wording_for(kind: str, language: str) -> Wording:
    own = MailText.objects.filter(kind=kind, language=language).first()
    return Wording(own.subject, own.text) if own else default_wording(kind, language)


def own_words() -> dict[tuple[str, str], MailText]:
    """The company's own texts by kind and language."""
    return {(own.kind, own.language): own for own in MailText.objects.all()}


def refuse_wider_link(membership: Membership, wording: Wording | None = None) -> None:
    """The link opens all documents of a customer, so only who sees them all sends it.

    Without a wording it is about the company's own ones, of which one will be used; the program's
    have no link.
    """
    if membership.may(Permission.VIEW_INVOICE):
        return
    used = [wording] if wording else own_words().values()
    if any(has_link(Wording(one.subject, one.text)) for one in used):
        raise errors.LinkShowsMore


def save_words(kind: str, language: str, wording: Wording, *, actor: User) -> None:
    """Use these words from now on."""
    check_wording(wording, placeholders_of(kind))
    keep_words(
        MailText, wording, default_wording(kind, language), actor=actor, kind=kind,
        language=language,
    )  # fmt: skip


def reset_words(kind: str, language: str, *, actor: User) -> None:
    forget_words(MailText, actor=actor, kind=kind, language=language)


@transaction.atomic
def keep_words(
    model: type[MailText | ReminderText],
    wording: Wording,
    default: Wording,
    *,
    actor: User,
    **which: Any,
) -> None:
    """Own words in the one row of `which`. Those that equal the program's are no own ones."""
    if wording == default:
        forget_words(model, actor=actor, **which)
        return
    values = {"subject": wording.subject, "text": wording.text}
    own, is_new = model.objects.select_for_update().get_or_create(**which, defaults=values)
    changes = {} if is_new else changes_to(own, values)
    if changes:
        own.save()
    if is_new or changes:
        log(f"{_CODES[model]}.changed", own, actor=actor, changes=changes)


@transaction.atomic
def forget_words(model: type[MailText | ReminderText], *, actor: User, **which: Any) -> None:
    """Back to the program's own."""
    own = model.objects.select_for_update().filter(**which).first()
    if own is not None:
        log(f"{_CODES[model]}.reset", own, actor=actor)
        own.delete()


def own_copy() -> str:
    """The company's own address that gets a blind copy of everything, or nothing."""
    found: str | None = MailSettings.objects.values_list("own_copy", flat=True).first()
    return found or ""


@transaction.atomic
def save_own_copy(address: str, *, actor: User) -> None:
    settings, _new = MailSettings.objects.select_for_update().get_or_create(
        tenant_id=current_tenant_id()
    )
    changes = changes_to(settings, {"own_copy": address})
    if changes:
        settings.save()
        log("mail_settings.changed", settings, actor=actor, changes=changes)
