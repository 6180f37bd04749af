"""Kinds of path parts for all addresses; `core.apps` gives them their names."""

from django.urls.converters import StringConverter


class FileKind(StringConverter):
    """The files that lists are downloaded as: `path("export.<filekind:kind>", ...)`."""

    regex = "csv|xlsx"
