"""The company's own words and settings for e-mails; where there are none, the program's."""

from django.db import transaction

from invoicing import errors
from invoicing.domain.sending.wording import Wording, check_wording, default_wording, has_link
from invoicing.models import MailSettings, MailText
from tenants.audit import changes_to, log
from tenants.models import Membership, User
from tenants.roles import Permission
from tenants.scope import current_tenant_id


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


@transaction.atomic
def save_words(kind: str, language: str, wording: Wording, *, actor: User) -> None:
    """Use these words from now on. Those that equal the program's are no own ones."""
    check_wording(wording)
    if wording == default_wording(kind, language):
        reset_words(kind, language, actor=actor)
        return
    own, is_new = MailText.objects.select_for_update().get_or_create(
        kind=kind,
        language=language,
        defaults={"subject": wording.subject, "text": wording.text},
    )
    values = {"subject": wording.subject, "text": wording.text}
    changes = {} if is_new else changes_to(own, values)
    if changes:
        own.save()
    if is_new or changes:
        log("mail_text.changed", own, actor=actor, changes=changes)


@transaction.atomic
def reset_words(kind: str, language: str, *, actor: User) -> None:
    own = MailText.objects.select_for_update().filter(kind=kind, language=language).first()
    if own is not None:
        log("mail_text.reset", own, actor=actor)
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
