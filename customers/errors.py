from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from customers.models import CustomField


class CustomerRefused(DomainError):
    """A change of a customer or project that is not made."""


class CurrencyInUse(CustomerRefused):
    message = _(
        "Work, usage or a subscription was recorded for this customer in %(currency)s, and its"
        " prices would change meaning. Add a second customer for the other currency."
    )


class CustomFieldRefused(CustomerRefused):
    """A change of the company's own fields that is not made."""


class CustomFieldGone(CustomFieldRefused):
    message = _(
        "The field “%(name)s” was renamed or deleted meanwhile. Open the page again and repeat"
        " your change."
    )


class FieldGone(CustomFieldRefused):
    message = _("This field was deleted meanwhile. Look at the list again.")


class FieldWithoutLabel(CustomFieldRefused):
    field = "label"
    message = _("Give the field a label; forms and lists show it.")


class FieldLabelTaken(CustomFieldRefused):
    field = "label"
    message = _("Another field is called “%(label)s”. Nobody could tell them apart; change one.")


class BadFieldKey(CustomFieldRefused):
    field = "name"
    message = _(
        "“%(name)s” cannot be a key. Begin with a letter; then small letters a–z, digits, hyphens"
        " and underscores, 40 at most."
    )


class FieldKeyReserved(CustomFieldRefused):
    field = "name"
    message = _(
        "The search of documents means something else by “%(name)s:”. Choose another key, like"
        " own-%(name)s."
    )


class FieldKeyTaken(CustomFieldRefused):
    field = "name"
    message = _("The field “%(other)s” has the key “%(name)s” already. Choose another one.")


class KeyIsFrozen(CustomFieldRefused):
    field = "name"
    message = _(
        "Values under “%(name)s” are on posted documents or on locked or billed hours (%(count)s),"
        " which cannot change. Keep the key; the label may be changed at any time."
    )


class TooManyFields(CustomFieldRefused):
    message = _("There are %(most)s fields already. Delete one that nobody uses.")


class DefaultRefused(CustomFieldRefused):
    field = "default"
    message = _("%(why)s")


class NoChoices(CustomFieldRefused):
    field = "choices"
    message = _("Write down what can be chosen, one a line.")


class EmptyChoice(CustomFieldRefused):
    field = "choices"
    message = _("A choice needs words on both sides of “=”, like: fixed = Fixed price.")


class ChoiceTwice(CustomFieldRefused):
    field = "choices"
    message = _("“%(choice)s” is there twice. Each choice needs its own key and label.")


class ChoiceTooLong(CustomFieldRefused):
    field = "choices"
    message = _("“%(choice)s…” is too long: a choice has at most %(longest)s characters.")


class TooManyChoices(CustomFieldRefused):
    field = "choices"
    message = _("At most %(most)s can be chosen from. Use a text for longer lists.")


class ChoicesInUse(CustomFieldRefused):
    field = "choices"
    message = _(
        "Records still have a choice that is not in the list any more (%(count)s, like"
        " “%(example)s”). Keep it, or give those records another one first."
    )


class ValuesDoNotFit(CustomFieldRefused):
    field = "kind"
    message = _(
        "Some values do not fit the kind “%(kind)s” (%(count)s, like “%(example)s”). Change them"
        " first, or add a second field."
    )


class FrozenValuesDoNotFit(CustomFieldRefused):
    field = "kind"
    message = _(
        "Some values would have to be written differently (%(count)s), but they are on posted"
        " documents or on locked or billed hours, which cannot change. Add a second field."
    )


class FieldIsFrozen(CustomFieldRefused):
    message = _(
        "“%(field)s” has values on posted documents or on locked or billed hours (%(count)s), which"
        " cannot change. Deactivate it instead: it is then offered nowhere."
    )


class FieldHasValues(CustomFieldRefused):
    message = _(
        "“%(field)s” has more values now than you were told (%(count)s). Nothing was deleted;"
        " decide again."
    )


class CustomValueRefused(CustomerRefused):
    """A value that does not fit its field."""

    def __init__(self, *, custom_field: CustomField, **params: Any) -> None:
        self.field = f"custom_{custom_field.name}"
        super().__init__(label=custom_field.label, **params)


class CustomValueTooLong(CustomValueRefused):
    message = _(
        "“%(label)s” takes at most %(longest)s characters, and these are %(length)s. Shorten it."
    )


class NoCheckboxValue(CustomValueRefused):
    message = _("“%(value)s” is neither yes nor no. Write 1 or 0.")


class NoNumber(CustomValueRefused):
    message = _(
        "“%(value)s” is not a number. Write it like 1234.5, with at most 18 digits before and"
        " 6 after the point."
    )


class NoDate(CustomValueRefused):
    message = _("“%(value)s” is not a date. Write it like 2026-11-21.")


class YearOutOfReach(CustomValueRefused):
    message = _("Give a year between %(first)s and %(last)s.")


class NotAmongChoices(CustomValueRefused):
    message = _("“%(value)s” is not among the choices of “%(label)s”. Choose one that is offered.")


class NoWebAddress(CustomValueRefused):
    message = _("“%(value)s” is not a web address. Write it like https://example.com/page.")


class NoEmail(CustomValueRefused):
    message = _("“%(value)s” is not an e-mail address. Write it like name@example.com.")


class GroupInUse(CustomerRefused):
    """Raised with what still refers to the group."""

    message = _("The group %(group)s is in use: %(uses)s. Change that first.")
