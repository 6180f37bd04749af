from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = _("Integrations")

    def ready(self) -> None:
        from customers import links
        from integrations import receivers  # noqa: F401 (connects itself)
        from integrations.needs import hints
        from integrations.selectors import (
            destinations,
            linked_systems,
            number_giver,
            number_targets,
            numbering_troubles,
            places,
        )
        from invoicing import exported, numbers_elsewhere
        from invoicing.domain.numbering import targets

        links.register(linked_systems)
        exported.register(destinations)
        exported.register_places(places)
        exported.register_needs(hints)
        targets.register(number_targets)
        numbers_elsewhere.register(number_giver)
        numbers_elsewhere.register_troubles(numbering_troubles)
