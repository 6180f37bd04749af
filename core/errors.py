from typing import Any


class DomainError(Exception):
    """A refusal we expect. `str()` of it is a sentence for the user; it is no incident.

    Subclasses set `message`, with `%(name)s` for the keyword arguments they are raised with.
    """

    message: Any = ""

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(params)

    def __str__(self) -> str:
        return str(self.message) % self.params
