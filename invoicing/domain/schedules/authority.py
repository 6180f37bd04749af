"""In whose names a run drafts and posts: asked when it begins, when somebody lets it go on, and
before each share of its invoices."""

from django.utils.translation import gettext as _

from core.errors import DomainError
from invoicing import schedule_errors as errors
from invoicing.domain.schedules.targets import Asked
from invoicing.models import InvoicingRun, Schedule
from tenants.models import Membership, Tenant, User
from tenants.role_book import book_of
from tenants.roles import Permission

POSTS = (Schedule.Result.POST.value, Schedule.Result.SEND.value)


def needs_approval(schedule: Schedule, tenant: Tenant) -> bool:
    """Where another person posts than the one who drafted, another one approves what posts."""
    return tenant.four_eyes and schedule.result in POSTS


def name_for_start(
    run: InvoicingRun, schedule: Schedule, asked: Asked, actor: User | None, tenant: Tenant
) -> Asked:
    """Set in whose names drafts are made and posted, and return what may be done.

    By hand that is whoever asks; where another person has to post, the author drafts and whoever
    approved posts, by hand as well, and without an approval there are drafts only.
    """
    if needs_approval(schedule, tenant):
        _refuse_idle(schedule.author, tenant, Permission.CREATE_INVOICE, errors.AuthorMayNot)
        if schedule.approved_by is None:
            run.notice = _(
                "Drafts only: nobody has approved yet that this schedule posts its invoices."
            )
            return asked.without_posting()
        _refuse_idle(schedule.approved_by, tenant, Permission.POST_INVOICE, errors.ApproverMayNot)
        run.posts_for = schedule.approved_by
        return asked
    run.drafts_for = actor or schedule.author
    _refuse_idle(run.drafts_for, tenant, Permission.CREATE_INVOICE, errors.AuthorMayNot)
    if asked.result in POSTS:
        refusal = errors.MayNotPost if actor else errors.AuthorMayNot
        _refuse_idle(run.drafts_for, tenant, Permission.POST_INVOICE, refusal)
        run.posts_for = run.drafts_for
    return asked


def name_for_going_on(run: InvoicingRun, asked: Asked, actor: User, tenant: Tenant) -> None:
    """What is left is made for whoever lets it go on, as when run by hand; where another person has
    to post, for the two that it had."""
    posts = asked.result in POSTS
    if posts and tenant.four_eyes:
        if run.posts_for is None or run.posts_for == run.drafts_for:
            raise errors.RunNeedsAnother
        _refuse_idle(run.drafts_for, tenant, Permission.CREATE_INVOICE, errors.RunNameMayNot)
        _refuse_idle(run.posts_for, tenant, Permission.POST_INVOICE, errors.RunNameMayNot)
        return
    _refuse_idle(actor, tenant, Permission.CREATE_INVOICE, errors.RunNeedsDrafter)
    if posts:
        _refuse_idle(actor, tenant, Permission.POST_INVOICE, errors.RunNeedsPoster)
        run.posts_for = actor
    run.drafts_for = actor


def refusal_now(run: InvoicingRun, asked: Asked, tenant: Tenant) -> DomainError | None:
    """Why nothing more may be made in the run's names: somebody has left since it began, or may do
    less. Whether another person has to post is asked of each invoice."""
    try:
        _refuse_idle(run.drafts_for, tenant, Permission.CREATE_INVOICE, errors.NameWithdrawn)
        if asked.result in POSTS and run.posts_for is not None:
            _refuse_idle(run.posts_for, tenant, Permission.POST_INVOICE, errors.NameWithdrawn)
    except errors.NameWithdrawn as refusal:
        return refusal
    return None


def _refuse_idle(
    user: User, tenant: Tenant, permission: Permission, refusal: type[DomainError]
) -> None:
    """Raise it where they are no member any more, or may not do this."""
    roles = book_of(tenant.pk).keys_with(permission)
    able = Membership.objects.filter(
        tenant=tenant, user=user, user__is_active=True, is_active=True, role__in=roles
    )
    if not able.exists():
        raise refusal(person=user)
