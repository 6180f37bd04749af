"""Mail in text and HTML from one pair of templates, in the language of its reader."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from tenants.domain.invitations import VALID_FOR, invitation_path
from tenants.models import Membership


def send_mail_from_template(
    template: str, *, to: list[str], language: str, context: dict[str, Any]
) -> None:
    mail_from_template(template, to=to, language=language, context=context).send()


def mail_from_template(
    template: str, *, to: list[str], language: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """Of `<template>_subject.txt`, `.txt` and `.html`."""
    context = {"base_url": settings.BASE_URL.rstrip("/"), **context}
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
        message = EmailMultiAlternatives(
            subject, render_to_string(f"{template}.txt", context), to=to
        )
        message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def mail_invitation(membership_id: int, *, inviter_name: str) -> None:
    """Mail the present link, unless it was revoked or used in the meantime."""
    member = Membership.objects.select_related("tenant").get(pk=membership_id)
    if member.invited_at is None or member.user_id is not None:
        return
    send_mail_from_template(
        "tenants/mail/invitation",
        to=[member.email],
        language=member.tenant.language,
        context={
            "member": member,
            "tenant": member.tenant,
            "inviter_name": inviter_name,
            "url": settings.BASE_URL.rstrip("/") + invitation_path(member),
            "days": VALID_FOR.days,
        },
    )
