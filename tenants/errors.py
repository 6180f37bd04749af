from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class MemberRefused(DomainError):
    """A change of members that is not made."""


class LastOwner(MemberRefused):
    message = _("A company needs an owner. Make somebody else owner first.")


class MemberHasNoEmail(MemberRefused):
    message = _("Enter an e-mail address first; the invitation goes there.")


class MemberHasJoined(MemberRefused):
    message = _("%(name)s signs in already and needs no invitation.")


class MemberInactive(MemberRefused):
    message = _("%(name)s is not active. Activate the member first.")


class InvitationRefused(DomainError):
    """A link of an invitation that does not let anybody in."""


class InvitationInvalid(InvitationRefused):
    message = _(
        "This invitation is not valid any more: it was used, withdrawn or replaced by a newer one."
        " Ask your company for a new invitation."
    )


class InvitationExpired(InvitationRefused):
    message = _("This invitation has expired. Ask your company for a new one.")


class InvitationForSomebodyElse(InvitationRefused):
    message = _(
        "This invitation is for %(invited)s, but you are signed in as %(present)s."
        " Sign out and open the link again, or ask for an invitation to your own address."
    )


class MemberAlready(InvitationRefused):
    message = _("You belong to %(tenant)s already.")
