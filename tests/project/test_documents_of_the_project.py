"""What is written down for operators names what the program reads, and nothing else."""

import json
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# Compose hands these to PostgreSQL; the program never sees them.
ONLY_COMPOSE = {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "LISTEN"}
# Compose leaves these out: for developers, set by the image, or made from others.
NOT_COMPOSE = {
    "DEBUG", "ALLOW_LOCAL_SANDBOX", "SANDBOX_PROCOUNTOR_URL", "LASKURI_VAR", "DOCUMENT_DIR",
    "STATIC_ROOT", "ACCOUNTING_SYSTEMS",
}  # fmt: skip


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def names_read() -> set[str]:
    """Every variable that settings.py asks for."""
    source = text("config/settings.py")
    names = set(re.findall(r"""(?:env(?:\.\w+)?|environ\.get)\(\s*"([A-Z_]+)\"""", source))
    # One for each system; one stands for all of them.
    assert all(f'startswith("{begin}_")' in source for begin in ("SANDBOX", "OAUTH", "HOOK"))
    return names | {
        "SANDBOX_PROCOUNTOR_URL", "OAUTH_LEXOFFICE_CLIENT_ID", "OAUTH_LEXOFFICE_CLIENT_SECRET",
        "HOOK_LEXOFFICE_PUBLIC_KEYS",
    }  # fmt: skip


def names_in_example() -> list[str]:
    return re.findall(r"^#?([A-Z_]+)=", text(".env.example"), re.MULTILINE)


def names_in_table() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)`(?: ¹)? \|", text("docs/operations.md"), re.MULTILINE))


def test_the_example_names_every_setting_once() -> None:
    names = names_in_example()

    assert len(names) == len(set(names))
    assert set(names) == names_read() | ONLY_COMPOSE


def test_the_table_of_settings_names_every_setting() -> None:
    assert names_in_table() == names_read() | ONLY_COMPOSE


def test_every_variable_of_settings_is_seen() -> None:
    """The pattern above would pass over `os.environ["X"]`."""
    assert "SECRET_KEY" in names_read()
    assert "LASKURI_VAR" in names_read()
    assert 'environ["' not in text("config/settings.py")


def test_compose_passes_on_what_an_operator_may_set() -> None:
    compose = text("docker-compose.yml")
    given = set(re.findall(r"^  ([A-Z_]+): ", compose.split("x-once-ready")[0], re.MULTILINE))
    asked_for = set(re.findall(r"\$\{([A-Z_]+)", compose))

    assert given | {"DATABASE_OWNER_URL"} == names_read() - NOT_COMPOSE
    assert asked_for <= set(names_in_example())


def test_only_migrate_knows_the_owner_of_the_tables() -> None:
    services = text("docker-compose.yml").partition("\nservices:\n")[2]
    by_name = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", services, re.MULTILINE))

    assert {name for name, body in by_name.items() if "laskuri_owner" in body} == {"migrate"}
    assert {name for name, body in by_name.items() if "OWNER_PASSWORD" in body} == {"db", "migrate"}


def test_commands_of_the_image_are_those_of_the_handbook() -> None:
    """What Dockerfile and Compose start is in the table of processes."""
    table = text("docs/operations.md")
    image, compose = text("Dockerfile"), text("docker-compose.yml")
    lists = re.findall(r"^(?:CMD|    command:) (\[.*\])$", image + compose, re.MULTILINE)
    commands = [" ".join(json.loads(words)) for words in lists]

    assert len(commands) == 6
    for command in commands:
        if not command.startswith("redis-server"):
            assert command.removeprefix("python ") in table


def test_the_image_has_the_uv_of_the_checkout() -> None:
    (checkout,) = re.findall(r"^UV_VERSION=(.+)$", text("scripts/find-uv"), re.MULTILINE)

    assert f"uv=={checkout}\n" in text("Dockerfile")


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
