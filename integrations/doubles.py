"""A request that something on the way delivers twice makes its document there twice, and the answer
names one of both. Adapters look for that before anything is finished, numbered or sent."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from integrations.ports import Rejected, StartOver
from integrations.problems import Problem


def take_the_only_one(system: str, there: Mapping[str, str], remote_id: str) -> None:
    """`there`: all that is one document of ours there, by id how people call it.

    Several go to a person, who deletes all but one. Where another one was left than the one that
    steps name, they begin again, and find it.
    """
    if len(there) > 1:
        raise Rejected(
            _("%(system)s has this document several times: %(names)s. A request came there twice."
              " Delete or invalidate all but one there, whichever, and try again.")
            % {"system": system, "names": ", ".join(there.values())},
            problem=Problem.UNCLEAR,
        )  # fmt: skip
    if there and remote_id not in there:
        raise StartOver(
            _("Another document in %(system)s was left than the one that had been answered; it is"
              " taken.")
            % {"system": system},
            seconds=1,
        )  # fmt: skip
