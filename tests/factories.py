"""Factories without surprises: fixed values, one tenant (that of the open scope)."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from catalog.models import Product, TaxRate
from customers.domain.custom_fields import fields_changed
from customers.models import Contact, Customer, CustomField, Project
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from tenants.scope import current_tenant_id
from timesheets.models import (
    BillingState,
    Charge,
    ChargeKind,
    ComponentPrice,
    HoursLock,
    Package,
    PackageComponent,
    Rate,
    ServiceOrder,
    Tag,
    Task,
    TimeEntry,
)


class ModelFactory[M](DjangoModelFactory):
    """Calling a factory gives the model's object, which its own types do not say."""

    class Meta:
        abstract = True

    if TYPE_CHECKING:

        def __new__(cls, *args: Any, **kwargs: Any) -> M: ...  # type: ignore[misc]


class UserFactory(ModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"person{n}@example.com")
    name = Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        return User.objects.create_user(**{"password": None, **kwargs})


class TenantFactory(ModelFactory[Tenant]):
    """A company with everything a document needs to name its seller."""

    class Meta:
        model = Tenant

    slug = Sequence(lambda n: f"tenant{n}")
    name = Sequence(lambda n: f"Tenant {n}")
    legal_name = LazyAttribute(lambda tenant: f"{tenant.name} Oy")
    business_id = "2077474-0"
    vat_id = "FI20774740"
    street = "Testikatu 1"
    postal_code = "00100"
    city = "Helsinki"
    country = "FI"
    iban = "FI2112345600000785"
    bic = "NDEAFIHH"
    email = "billing@example.com"


class MembershipFactory(ModelFactory[Membership]):
    class Meta:
        model = Membership

    tenant_id = LazyAttribute(lambda _: current_tenant_id())
    user = SubFactory(UserFactory)
    name = LazyAttribute(lambda member: member.user.name if member.user else "Somebody")
    email = LazyAttribute(lambda member: member.user.email if member.user else "")
    role = Role.MEMBER


class TaxRateFactory(ModelFactory[TaxRate]):
    class Meta:
        model = TaxRate
        django_get_or_create = ("name",)

    name = "25.5 %"
    percent = Decimal("25.5")
    revenue_account = "3000"
    tax_account = "2939"
    is_default = True


class ProductFactory(ModelFactory[Product]):
    class Meta:
        model = Product

    number = Sequence(lambda n: f"P-{n}")
    name = "Air filter"
    currency = "EUR"
    unit_price = Decimal("24.90")


class CustomerFactory(ModelFactory[Customer]):
    class Meta:
        model = Customer

    number = Sequence(lambda n: f"C-{n}")
    name = Sequence(lambda n: f"Customer {n}")
    street = "Asiakastie 2"
    postal_code = "33100"
    city = "Tampere"
    email = "invoices@customer.example"


class ContactFactory(ModelFactory[Contact]):
    class Meta:
        model = Contact

    customer = SubFactory(CustomerFactory)
    name = "Anna Ostaja"
    email = "anna@customer.example"


class CustomFieldFactory(ModelFactory[CustomField]):
    class Meta:
        model = CustomField

    target = "customer"
    name = "contract"
    label = LazyAttribute(lambda field: field.name.capitalize())

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        field = super()._create(model_class, *args, **kwargs)
        fields_changed()
        return field


class ProjectFactory(ModelFactory[Project]):
    class Meta:
        model = Project

    customer = SubFactory(CustomerFactory)
    name = Sequence(lambda n: f"Project {n}")


class TaskFactory(ModelFactory[Task]):
    class Meta:
        model = Task

    name = Sequence(lambda n: f"Task {n}")


class RateFactory(ModelFactory[Rate]):
    """Without references the tenant's own rate."""

    class Meta:
        model = Rate

    currency = "EUR"
    amount = Decimal("100")


class TimeEntryFactory(ModelFactory[TimeEntry]):
    class Meta:
        model = TimeEntry

    member = SubFactory(MembershipFactory)
    project = SubFactory(ProjectFactory)
    work_date = date(2026, 10, 5)
    minutes = 60
    rate = Decimal("100")
    is_billable = True
    billing_state = BillingState.OPEN
    # The database wants a reason.
    billing_note = LazyAttribute(
        lambda entry: "A gift" if entry.billing_state == BillingState.WRITTEN_OFF else ""
    )


class TagFactory(ModelFactory[Tag]):
    class Meta:
        model = Tag

    name = Sequence(lambda n: f"Tag {n}")


class PackageFactory(ModelFactory[Package]):
    class Meta:
        model = Package

    name = Sequence(lambda n: f"Package {n}")


class ComponentFactory(ModelFactory[PackageComponent]):
    """Monthly, billed at the start of the month. Prices are made beside it."""

    class Meta:
        model = PackageComponent

    package = SubFactory(PackageFactory)
    name = "Licence"


class ComponentPriceFactory(ModelFactory[ComponentPrice]):
    """For ever."""

    class Meta:
        model = ComponentPrice

    component = SubFactory(ComponentFactory)
    start_date = date(2020, 1, 1)
    unit_price = Decimal(30)


class ServiceOrderFactory(ModelFactory[ServiceOrder]):
    """New, of a customer's project; what is further on is brought there by the domain."""

    class Meta:
        model = ServiceOrder

    number = Sequence(lambda n: n + 1000)
    project = SubFactory(ProjectFactory)
    customer = LazyAttribute(lambda order: order.project.customer)
    title = "Boiler makes a noise"


class HoursLockFactory(ModelFactory[HoursLock]):
    class Meta:
        model = HoursLock

    member = SubFactory(MembershipFactory)
    start_date = date(2026, 10, 1)
    end_date = date(2026, 10, 31)


class ChargeFactory(ModelFactory[Charge]):
    class Meta:
        model = Charge

    kind = ChargeKind.EXPENSE
    project: Any = None
    customer = LazyAttribute(
        lambda charge: charge.project.customer if charge.project else CustomerFactory()
    )
    charge_date = date(2026, 10, 12)
    text = LazyAttribute(
        lambda charge: "" if charge.kind == ChargeKind.USAGE else "Train to Tampere"
    )
    unit_price = Decimal("48.50")
    is_billable = True
    billing_state = BillingState.OPEN
    billing_note = LazyAttribute(
        lambda charge: "A gift" if charge.billing_state == BillingState.WRITTEN_OFF else ""
    )
