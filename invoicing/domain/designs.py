"""Built-in designs as templates of the company: what it set of them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from invoicing.documents.designs.registry import designs
from invoicing.domain.templates import choose, refuse_taken, take_choice_away
from invoicing.models import DocumentTemplate, TemplateChoice
from tenants.audit import log
from tenants.models import User


@transaction.atomic
def add_design(key: str, *, name: str, actor: User) -> DocumentTemplate:
    """A template with the usual settings of this design."""
    refuse_taken(name)
    template: DocumentTemplate = DocumentTemplate.objects.create(
        name=name, kind=DocumentTemplate.Kind.DESIGN, design=designs()[key].key, created_by=actor
    )
    log("template.added", template, actor=actor, name=name, design=key)
    return template


@transaction.atomic
def change_design(
    template: DocumentTemplate,
    *,
    name: str,
    design: str,
    settings: Mapping[str, Any],
    is_usual: bool,
    actor: User,
) -> DocumentTemplate:
    """Documents posted earlier keep what they were posted with. `is_usual`: all documents have it
    for which nothing else was chosen."""
    held: DocumentTemplate = DocumentTemplate.objects.select_for_update().get(pk=template.pk)
    refuse_taken(name, besides=held)
    wanted = {"name": name, "design": design, "design_settings": dict(settings)}
    changes = {
        field: [getattr(held, field), value]
        for field, value in wanted.items()
        if getattr(held, field) != value
    }
    for field in changes:
        setattr(held, field, wanted[field])
    if changes:
        held.save(update_fields=list(changes))
        log("template.changed", held, actor=actor, changes=changes)
    _choose(held, is_usual=is_usual, actor=actor)
    return held


def is_usual(template: DocumentTemplate) -> bool:
    """Whether it is the company's own choice."""
    return bool(_usual().filter(template=template).exists())


def usual_template() -> DocumentTemplate | None:
    choice = _usual().select_related("template").first()
    return choice.template if choice else None


def free_name(wanted: str) -> str:
    """This one, or with the next number that is free."""
    taken = {name.lower() for name in DocumentTemplate.objects.values_list("name", flat=True)}
    names = [wanted, *(f"{wanted} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name.lower() not in taken)


def _usual() -> Any:
    return TemplateChoice.objects.filter(customer=None, project=None)


def _choose(template: DocumentTemplate, *, is_usual: bool, actor: User) -> None:
    present = _usual().select_for_update().first()
    has_it = present is not None and present.template_id == template.pk
    if is_usual and not has_it:
        choose(template, actor=actor)
    elif has_it and not is_usual:
        take_choice_away(present, actor=actor)
