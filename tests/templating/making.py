"""Templates to choose from."""

from hashlib import sha256
from typing import Any

from invoicing.models import DocumentTemplate, DocumentTemplateVersion

PAGE = "<!DOCTYPE html><html><body><h1>{{ invoice.title }} {{ invoice.number }}</h1></body></html>"


def design_template(name: str = "Plain", **settings: Any) -> DocumentTemplate:
    made: DocumentTemplate = DocumentTemplate.objects.create(
        name=name,
        kind=DocumentTemplate.Kind.DESIGN,
        design="classic",
        design_settings=settings,
    )
    return made


def html_template(source: str = PAGE, name: str = "Own", **fields: Any) -> DocumentTemplate:
    made: DocumentTemplate = DocumentTemplate.objects.create(
        name=name, kind=DocumentTemplate.Kind.HTML
    )
    add_version(made, source, **fields)
    return made


def add_version(
    template: DocumentTemplate, source: str = PAGE, **fields: Any
) -> DocumentTemplateVersion:
    content = source.encode()
    made: DocumentTemplateVersion = DocumentTemplateVersion.objects.create(
        template=template,
        number=template.versions.count() + 1,
        file_name="own.html",
        content=content,
        sha256=sha256(content).hexdigest(),
        size=len(content),
        **fields,
    )
    return made
