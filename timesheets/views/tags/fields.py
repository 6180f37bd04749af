"""Several tags in one field: those there are by their ids, new ones as `new:` and a name."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.lists import ids_in
from tenants.models import Membership
from timesheets.domain.tags.choosing import ChosenTags, may_make_tags
from timesheets.selectors.tags import MOST_OFFERED, offered_tags

NEW = "new:"
# A form that was tampered with; the domain knows how many fit on an entry.
MOST_SENT = 200


class TagSelect(forms.SelectMultiple):
    """Without a script it is a list of the tags; with one, they are typed and found."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"data-tags": True, "size": 4, "data-placeholder": _("Type a tag"), **(attrs or {})}
        )
        self.colours: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if colour := self.colours.get(str(value)):
            option["attrs"]["data-colour"] = colour
        return option


class TagsField(forms.Field):
    widget = TagSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Tags"), "required": False, **kwargs})

    def offer(
        self,
        *,
        chosen: Iterable[Any] = (),
        maker: Membership | None = None,
        archived: bool = False,
    ) -> None:
        """What the page carries: the chosen ones and some others; the rest is found by typing."""
        sent = [str(value) for value in chosen]
        rows = offered_tags(also=ids_in(sent), archived=archived)
        self.carry(rows.values_list("pk", "name", "colour"), sent=sent, archived=archived)
        if maker is not None and may_make_tags(maker):
            self.widget.attrs["data-tags-new"] = _("New tag")

    def carry(
        self,
        tags: Iterable[tuple[int, str, str]],
        *,
        sent: Iterable[str] = (),
        archived: bool = False,
    ) -> None:
        """These tags, and names that were typed before."""
        widget: Any = self.widget
        found = list(tags)
        widget.choices = [
            *((str(pk), name) for pk, name, _colour in found),
            *((value, value.removeprefix(NEW)) for value in sent if value.startswith(NEW)),
        ]
        widget.colours = {str(pk): colour for pk, _name, colour in found if colour}
        if len(found) >= MOST_OFFERED:
            query = "?archived=1" if archived else ""
            widget.attrs["data-combobox-url"] = reverse("timesheets:tag_search") + query

    @property
    def has_choices(self) -> bool:
        widget: Any = self.widget
        return bool(widget.choices)

    def to_python(self, value: Any) -> ChosenTags:
        sent = [str(one) for one in value or ()][:MOST_SENT]
        names = [one.removeprefix(NEW) for one in sent if one.startswith(NEW)]
        return ChosenTags(
            ids=frozenset(ids_in(sent)),
            names=tuple(name for name in names if name.strip()),
        )

    def has_changed(self, initial: Collection[int] | None, data: Any) -> bool:
        chosen = self.to_python(data)
        return bool(chosen.names) or chosen.ids != frozenset(initial or ())
