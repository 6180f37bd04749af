"""Templates of documents: added, mended, chosen, put aside."""

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import Customer, Project
from invoicing.models import (
    DocumentTemplate,
    DocumentTemplateVersion,
    Invoice,
    TemplateChoice,
)
from invoicing.templating import errors
from invoicing.templating.choosing import usable_versions
from invoicing.templating.trial import kind_of, unknown_names
from tenants.audit import log
from tenants.models import Tenant, User

Kind = DocumentTemplate.Kind
# Before a byte of it is in memory; each kind has its own, lower limit.
MOST_MB = 10
PLACES_NAMED = 5


@transaction.atomic
def add_upload(
    *, name: str, upload: "UploadedFile[Any]", tenant: Tenant, actor: User
) -> DocumentTemplate:
    """A file as a template, tried at once. Raises a TemplateRefusedError."""
    refuse_taken(name)
    kind = kind_of(str(upload.name))
    template = DocumentTemplate(name=name, kind=kind, created_by=actor)
    read = _read(template, upload, tenant)
    template.save()
    log("template.added", template, actor=actor, name=name, kind=kind)
    _add_version(template, read, actor)
    return template


@transaction.atomic
def upload_version(
    template: DocumentTemplate, *, upload: "UploadedFile[Any]", tenant: Tenant, actor: User
) -> DocumentTemplateVersion:
    """What is made from now on is made by it, unless it names what there is not.

    Raises a TemplateRefusedError; the versions before stay as they are.
    """
    kept = _held(template)
    if kind_of(str(upload.name)) != kept.kind:
        raise errors.OtherEnding(kind=kept.get_kind_display())
    return _add_version(kept, _read(kept, upload, tenant), actor)


@transaction.atomic
def rename_template(template: DocumentTemplate, *, name: str, actor: User) -> DocumentTemplate:
    """A built-in design is renamed where it is set."""
    kept = _held(template)
    refuse_taken(name, besides=kept)
    if kept.name != name:
        changes = {"name": [kept.name, name]}
        kept.name = name
        kept.save(update_fields=["name"])
        log("template.changed", kept, actor=actor, changes=changes)
    return kept


@transaction.atomic
def choose(
    template: DocumentTemplate,
    *,
    actor: User,
    customer: Customer | None = None,
    project: Project | None = None,
) -> TemplateChoice:
    """For the project, the customer, or all documents; in place of what was chosen there."""
    kept = _held(template)
    if not kept.is_active:
        raise errors.TemplateArchived(name=kept.name)
    if not kept.is_design and not usable_versions([kept.pk]):
        raise errors.NoUsableVersion(name=kept.name)
    choice: TemplateChoice
    choice, _is_new = TemplateChoice.objects.update_or_create(
        customer=customer, project=project, defaults={"template": kept}
    )
    log("template.chosen", kept, actor=actor, name=kept.name, whom=str(project or customer or ""))
    return choice


@transaction.atomic
def take_choice_away(choice: TemplateChoice, *, actor: User) -> None:
    template, whom = choice.template, str(choice.project or choice.customer or "")
    choice.delete()
    log("template.unchosen", template, actor=actor, name=template.name, whom=whom)


@transaction.atomic
def put_aside(template: DocumentTemplate, *, actor: User) -> bool:
    """Delete it where nothing was ever made by it, else archive it; True where it was deleted.

    Raises TemplateInUse with the places that have it now.
    """
    kept = _held(template)
    places = places_of(kept)
    if places:
        more = len(places) - PLACES_NAMED
        named = ", ".join(places[:PLACES_NAMED]) + (f" + {more}" if more > 0 else "")
        raise errors.TemplateInUse(name=kept.name, places=named)
    if Invoice.objects.filter(template=kept).exists():
        kept.is_active = False
        kept.save(update_fields=["is_active"])
        log("template.archived", kept, actor=actor, name=kept.name)
        return False
    log("template.removed", kept, actor=actor, name=kept.name)
    kept.versions.all().delete()
    kept.delete()
    return True


@transaction.atomic
def take_back(template: DocumentTemplate, *, actor: User) -> None:
    kept = _held(template)
    if not kept.is_active:
        kept.is_active = True
        kept.save(update_fields=["is_active"])
        log("template.taken_back", kept, actor=actor, name=kept.name)


def places_of(template: DocumentTemplate) -> list[str]:
    """Where it is in use now, in words: choices, and drafts with it of their own."""
    choices = template.choices.select_related("customer", "project").order_by("pk")
    named = [str(one.project or one.customer or _("all documents")) for one in choices]
    drafts = Invoice.objects.filter(status=Invoice.Status.DRAFT, template=template).order_by("pk")
    return [*named, *(str(draft) for draft in drafts)]


def offered_templates(present: int | None = None) -> QuerySet[DocumentTemplate]:
    """Those that can be chosen for a document, and the one it has already."""
    usable = Q(kind=Kind.DESIGN) | Q(versions__findings=[])
    found: QuerySet[DocumentTemplate] = DocumentTemplate.objects.filter(
        Q(usable, is_active=True) | Q(pk=present)
    )
    return found.order_by("name", "pk").distinct()


def _held(template: DocumentTemplate) -> DocumentTemplate:
    """Locked, so that choosing it and putting it aside wait for each other."""
    kept: DocumentTemplate = DocumentTemplate.objects.select_for_update().get(pk=template.pk)
    return kept


def refuse_taken(name: str, besides: DocumentTemplate | None = None) -> None:
    others = DocumentTemplate.objects.filter(name__iexact=name)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise errors.NameTaken


type _Read = tuple[str, bytes, list[list[str]]]


def _read(template: DocumentTemplate, upload: "UploadedFile[Any]", tenant: Tenant) -> _Read:
    if (upload.size or 0) > MOST_MB * 1024 * 1024:
        raise errors.TemplateTooLarge(most=MOST_MB)
    content = upload.read()
    unknown = unknown_names(template.kind, content, tenant=tenant)
    return str(upload.name)[-120:], content, [[one.name, one.place] for one in unknown]


def _add_version(template: DocumentTemplate, read: _Read, actor: User) -> DocumentTemplateVersion:
    file_name, content, findings = read
    last = template.versions.aggregate(last=Max("number"))["last"] or 0
    version: DocumentTemplateVersion = DocumentTemplateVersion.objects.create(
        template=template,
        number=last + 1,
        file_name=file_name,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        findings=findings,
        uploaded_by=actor,
    )
    log(
        "template.version_added",
        template,
        actor=actor,
        name=template.name,
        version=version.number,
        file=file_name,
        sha256=version.sha256,
        unknown=", ".join(name for name, _place in findings),
    )
    return version
