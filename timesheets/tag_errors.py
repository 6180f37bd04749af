"""Why tags are not kept, or not put on hours, as asked."""

from django.utils.translation import gettext_lazy as _

from timesheets.errors import HoursRefused


class TagRefused(HoursRefused):
    field = "tags"


class TagWithoutName(TagRefused):
    field = "name"
    message = _("Give the tag a name.")


class TagNameTooLong(TagRefused):
    field = "name"
    message = _("A tag has at most %(most)d letters.")


class TagNameTaken(TagRefused):
    field = "name"
    message = _("There is a tag “%(tag)s” already. Choose another name, or merge the two.")


class TagNameOfArchived(TagNameTaken):
    message = _(
        "There is a tag “%(tag)s” already, which is archived. Activate it again, or choose another"
        " name."
    )


class TagNameOfMerged(TagNameTaken):
    message = _(
        "“%(tag)s” was merged into “%(into)s”, which is used in its place. Choose another name."
    )


class TagGone(TagRefused):
    message = _("Somebody deleted a tag meanwhile. Choose again.")


class TagArchived(TagRefused):
    message = _("The tag “%(tag)s” is archived. Choose another one, or have it activated again.")


class TagsNotYours(TagRefused):
    message = _(
        "There is no tag “%(tag)s”, and new ones are not yours to make. Choose one of those there"
        " are, or ask somebody who manages tags."
    )


class TooManyTags(TagRefused):
    message = _("An entry has at most %(most)d tags.")


class NoTagChosen(TagRefused):
    field = "add"
    message = _("Choose the tags to put on or to take off.")


class TagBothWays(TagRefused):
    field = "remove"
    message = _("“%(tag)s” cannot be put on and taken off at once.")


class TooManyToTag(TagRefused):
    field = ""
    message = _("At most %(most)s entries at a time get other tags. Narrow the filters.")


class NothingToTag(TagRefused):
    field = ""
    message = _("None of these entries can get other tags: %(reasons)s.")


class TagHasHours(TagRefused):
    field = ""
    message = _(
        "“%(tag)s” is on hours (entries: %(count)s), so it cannot be deleted. Archive it, or merge"
        " it into another one."
    )


class TagOfSchedule(TagRefused):
    field = ""
    message = _(
        "The schedule “%(schedule)s” invoices hours with “%(tag)s”. Take the tag off the schedule"
        " first, or archive it."
    )


class MergedIntoItself(TagRefused):
    field = "into"
    message = _("Choose another tag: one cannot be merged into itself.")


class MergedIntoArchived(TagRefused):
    field = "into"
    message = _("“%(tag)s” is archived. Choose one that is in use, or activate it first.")


class AlreadyMerged(TagRefused):
    field = ""
    message = _("“%(tag)s” was merged into “%(into)s” already.")
