"""Finds the systems: every folder that has an `adapter.py`, in the packages of the setting
ACCOUNTING_SYSTEMS."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from integrations.ports import Environment, System

SANDBOX = "sandbox"


@cache
def all_systems() -> dict[str, System]:
    """By key, in the order of their titles."""
    found = []
    for key, name in folders_with("adapter").items():
        system: System = import_module(name).SYSTEM
        assert system.key == key, f"{name} calls itself {system.key}"
        found.append(system)
    return {system.key: system for system in sorted(found, key=lambda one: one.title)}


def folders_with(part: str) -> dict[str, str]:
    """By system the name of this module of its folder, where it has one."""
    found = {}
    for package in settings.ACCOUNTING_SYSTEMS:
        for module in iter_modules(import_module(package).__path__):
            name = f"{package}.{module.name}.{part}"
            if module.ispkg and find_spec(name) is not None:
                found[module.name] = name
    return found


def system_of(key: str) -> System | None:
    """None for a system whose folder is gone; its exports can still be read."""
    return all_systems().get(key)


def environments_of(system: System) -> tuple[Environment, ...]:
    """Those of the system, and the sandbox where one runs on this machine."""
    url = _sandbox_urls().get(system.key)
    if not (settings.ALLOW_LOCAL_SANDBOX and url):
        return system.environments
    label = _("Sandbox on this machine")
    return (*system.environments, Environment(SANDBOX, label, url.rstrip("/")))


def environment_of(system: System, key: str) -> Environment | None:
    """None when there is no such environment (any more)."""
    return next((one for one in environments_of(system) if one.key == key), None)


def document_address(
    system: System,
    environment_key: str,
    *,
    remote_id: str,
    remote_number: str,
    settings_: Mapping[str, str] | None = None,
    is_credit_note: bool = False,
) -> str:
    """The page of a document there, or nothing where the system has no such address."""
    if not remote_id:
        return ""
    names = {"id": quote(remote_id, safe=""), "number": quote(remote_number, safe="")}
    if system.document_kind is not None:
        names["kind"] = system.document_kind(settings_ or {}, is_credit_note)
    if environment_key != SANDBOX:
        known = system.environment(environment_key)
        return system.document_url.format(app=known.sign_in_url if known else "", **names)
    environment = environment_of(system, SANDBOX)
    if environment is None or not system.sandbox_document_path:
        return ""
    return environment.url + system.sandbox_document_path.format(**names)


def hosts_of(environment: Environment) -> frozenset[str]:
    urls = [environment.url, *filter(None, [environment.sign_in_url])]
    return frozenset({host for url in urls if (host := urlsplit(url).hostname)})


def _sandbox_urls() -> Mapping[str, str]:
    urls: Mapping[str, str] = settings.SANDBOX_URLS
    return urls
