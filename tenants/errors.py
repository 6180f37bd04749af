from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class AnsweredAlready(DomainError):
    """No fault: pages answer as they did to the first."""

    message = _("This was saved already.")


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


class SettingsRefused(DomainError):
    """Settings that stay as they are."""


class ControlIsNotYours(SettingsRefused):
    field = "four_eyes"
    message = _("Only those who adjust roles decide whether two people look at each draft.")


class AccountUnfit(SettingsRefused):
    """Nothing can be booked on it; the books say why. `field` is where a form asks for it."""

    message = "%(reason)s"

    def __init__(self, *, field: str, reason: str) -> None:
        super().__init__(reason=reason)
        self.field = field


class ReceivablesBookedThere(SettingsRefused):
    field = "credit_account"
    message = _(
        "Invoices were booked on %(account)s as receivables. Choose another account for customers'"
        " credit, so that the books tell the two apart."
    )


class RoleRefused(DomainError):
    """A role that stays as it is, or is not given."""

    field = "role"


class RoleUnknown(RoleRefused):
    message = _("This role does not exist any more. Choose another one.")


class RoleNameTaken(RoleRefused):
    field = "name"
    message = _("There is a role “%(name)s” already. Choose another name.")


class RoleInUse(RoleRefused):
    message = _("%(name)s is still the role of %(people)s. Give them another one first.")


class RoleIsOwn(RoleRefused):
    message = _("%(name)s is a role of your own and has no default to go back to.")


class RoleIsThePrograms(RoleRefused):
    message = _("%(name)s comes with the program: it can be adjusted, but not renamed or removed.")


class RolesChanged(RoleRefused):
    message = _(
        "The roles were changed in the meantime. Your ticks are kept: look at what they would"
        " change now, and save again."
    )


class OwnerKeepsAll(RoleRefused):
    message = _("The owner keeps all permissions, so that nobody is locked out.")


class MoreThanOwn(RoleRefused):
    message = _(
        "You cannot give or take “%(permission)s”, because you do not have it. Ask an owner."
    )


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
