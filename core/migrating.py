"""Migrating in seconds where Django's own way takes more than a minute.

With each operation Django renders anew all models that are related to the one it changes, and all
related to those. Here nearly every model refers to the company, so it is nearly all each time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


class NarrowState(ProjectState):
    """Renders no model but the one that an operation changes.

    What becomes SQL is read off that model; of the others only the names of tables and columns,
    which are the same in classes rendered earlier. `RunPython`, which works with models as code
    does, gets all of them anew, as ever after an operation that left relations for later. So does
    what changes a column to which others refer, or a model from which others inherit.
    """

    _before: "NarrowState | None" = None
    _is_narrow = True

    @classmethod
    def of(cls, state: ProjectState) -> "NarrowState":
        return cls(dict(state.models), state.real_apps)

    def clone(self) -> "NarrowState":
        cloned = NarrowState({key: model.clone() for key, model in self.models.items()})
        cloned.real_apps, cloned.is_delayed = self.real_apps, self.is_delayed
        if "apps" in self.__dict__:
            cloned.__dict__["apps"] = self.apps.clone()
        # The next operation takes it for the state from which it starts.
        self._before = cloned
        return cloned

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:
        if "apps" not in self.__dict__:
            return
        if (self._is_narrow or delay) and not self._has_heirs(app_label, model_name):
            self.is_delayed = True
            with self.apps.bulk_update():
                self.apps.unregister_model(app_label, model_name)
            self.apps.render_multiple([self.models[app_label, model_name]])
        else:
            self._render_all_anew()

    def alter_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
    ) -> None:
        with self._as_it_concerns_others():
            super().alter_field(app_label, model_name, name, field, preserve_default)

    def rename_field(self, app_label: str, model_name: str, old_name: str, new_name: str) -> None:
        with self._as_it_concerns_others():
            super().rename_field(app_label, model_name, old_name, new_name)

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        self._render_all_anew()
        super().rename_model(app_label, old_name, new_name)

    def _has_heirs(self, app_label: str, model_name: str) -> bool:
        """Models that inherit from it, whose classes would keep the earlier one as their base."""
        name = f"{app_label}.{model_name}"
        bases = (base for model in self.models.values() for base in model.bases)
        return any(isinstance(base, str) and base.lower() == name for base in bases)

    @contextmanager
    def _as_it_concerns_others(self) -> Iterator[None]:
        """A change of a column to which others refer is made in their tables, too."""
        self._is_narrow = False
        try:
            yield
        finally:
            self._is_narrow = True

    def _render_all_anew(self) -> None:
        """When they are asked for; both after and before the operation."""
        for state in (self, self._before):
            if state is not None:
                state.__dict__.pop("apps", None)


class NarrowExecutor(MigrationExecutor):
    """Goes forwards with narrow states; what is taken back is taken back in Django's own way."""

    def migrate(
        self,
        targets: Any,
        plan: Any = None,
        state: ProjectState | None = None,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        if plan and state is not None and not any(backwards for _migration, backwards in plan):
            state = NarrowState.of(state)
        return super().migrate(targets, plan, state, fake, fake_initial)
