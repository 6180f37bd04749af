"""One settings file; every value comes from the environment.

`.env` is read when it is there. Without it `make demo` and the tests use `var/local.env`, which
`config.embedded` writes: generated keys and the address of the local PostgreSQL.
"""

import os
from pathlib import Path

import environ
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from kombu.entity import Queue

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("LASKURI_VAR") or BASE_DIR / "var").resolve()

env = environ.Env()
for env_file in (BASE_DIR / ".env", VAR_DIR / "local.env"):
    if env_file.exists():
        env.read_env(env_file)
        break

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# The first key encrypts, all of them decrypt; see docs/operations.md for rotation.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000")

INSTALLED_APPS = [
    "config.apps.LaskuriAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    # The templates of widgets; ours in templates/django/forms come first.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    "pgtrigger",
    "core",
    "tenants",
    "catalog",
    "customers",
    "timesheets",
    "invoicing",
    "integrations",
    "config.demo",
]

MIDDLEWARE = [
    "config.health.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.middleware.UserLanguageMiddleware",
    "core.middleware.htmx_answers",
    "tenants.middleware.TenantMiddleware",
]

ROOT_URLCONF = "config.urls"
TENANT_URLCONF = "config.tenant_urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenants.context_processors.tenant",
                "core.context_processors.page",
                "config.navigation.navigation",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    # Generic plans guess the size of the average tenant and sort the large ones on disk.
    "prepare_threshold": None,
    "application_name": "laskuri",
}
if env.bool("DATABASE_POOL", default=True):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", default=10),
        # Who waits longer for a connection has gone, a load balancer first.
        "timeout": 10,
    }
# A restarted PostgreSQL must not cost every pooled connection one failed page.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# `migrate` runs as the owner of the tables; everything else as the application's role.
DATABASE_OWNER_URL: str | None = env.str("DATABASE_OWNER_URL", default=None)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "tenants.accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Sign-in attempts are counted per address, which behind a proxy is in X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.bool("BEHIND_TLS", default=False)
MFA_TOTP_ISSUER = "Laskuri"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fi", _("Finnish")), ("sv", _("Swedish")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Days are local dates of the tenant; only audit instants are stored as UTC.
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["core.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("DOCUMENT_DIR", default=str(VAR_DIR / "documents")))
STORAGES = {
    "default": {"BACKEND": "core.storage.DocumentStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "core.storage.StaticStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Rows of lines and work report a PDF may have; nought is no bound. A row takes some 160 kB of
# memory until the file is written.
DOCUMENT_MOST_ROWS = env.int("DOCUMENT_MOST_ROWS", default=12_000)

REDIS_URL: str | None = env.str("REDIS_URL", default=None)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        # Shared by web and workers, which a memory cache would not be.
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cache",
    }
}

# A worker that is told no queues serves all of them. Each needs its own key, or messages to one
# reach the others as well. What may wait for an accounting system has queues of its own: those that
# answered quickly a moment ago, and all others (integrations/domain/lanes.py).
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("celery", "exports", "slow")]
CELERY_TASK_ROUTES = {
    "integrations.tasks.send_export": {"queue": "exports"},
    **{
        f"integrations.tasks.{name}": {"queue": "slow"}
        for name in (
            "send_slow_export", "read_payments", "settle_documents", "listen_to_system", "do_event",
        )
    },
}  # fmt: skip
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# In kilobytes. A PDF of ten thousand lines takes a process nearly two gigabytes, which it would
# keep: behind such a task another process takes its place.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 800_000
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 3600}
else:
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "queue"),
        "data_folder_out": str(VAR_DIR / "queue"),
        "control_folder": str(VAR_DIR / "queue-control"),
        # A second for each queue that a document passes would be felt in the demo.
        "polling_interval": 0.2,
    }
# One static tick; what is due is a question to the database.
CELERY_BEAT_SCHEDULE = {
    "sweep-documents": {"task": "invoicing.tasks.sweep_documents", "schedule": 60.0},
    "sweep-document-bundles": {
        "task": "invoicing.tasks.sweep_document_bundles",
        "schedule": 60.0,
    },
    "sweep-posting-runs": {"task": "invoicing.tasks.sweep_posting_runs", "schedule": 60.0},
    "sweep-statement-imports": {
        "task": "invoicing.tasks.sweep_statement_imports",
        "schedule": 60.0,
    },
    "tick-schedules": {
        "task": "invoicing.tasks.tick_schedules",
        "schedule": 60.0,
        # What is due stays due: ticks nobody worked off would only be done twice.
        "options": {"expires": 60},
    },
    "sweep-sendings": {"task": "invoicing.tasks.sweep_sendings", "schedule": 60.0},
    "sweep-mails": {"task": "invoicing.tasks.sweep_mails", "schedule": 60.0},
    "sweep-selections": {"task": "invoicing.tasks.sweep_selections", "schedule": 21600.0},
    "sweep-sent-forms": {"task": "tenants.tasks.sweep_sent_forms", "schedule": 86400.0},
    "sweep-exports": {
        "task": "integrations.tasks.sweep_exports",
        "schedule": 10.0,
        # A worker that was away shall not find hundreds of them.
        "options": {"expires": 10},
    },
    "sweep-events": {"task": "integrations.tasks.sweep_events", "schedule": 60.0},
    "tell-of-troubles": {
        "task": "integrations.tasks.tell_of_troubles",
        "schedule": 1800.0,
        "options": {"expires": 1800},
    },
    "tick-payments": {
        "task": "integrations.tasks.tick_payments",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-imports": {"task": "timesheets.tasks.sweep_imports", "schedule": 300.0},
    "sweep-usage-imports": {"task": "timesheets.tasks.sweep_usage_imports", "schedule": 60.0},
    "write-due-fees": {"task": "timesheets.tasks.write_due_fees", "schedule": 21600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

_email = env.email_url("EMAIL_URL", default="consolemail://")
MAILERS = {
    "default": {
        # Django's own forgets whom the server refused when it took the e-mail for others.
        "BACKEND": _email["EMAIL_BACKEND"].replace(
            "django.core.mail.backends.smtp.EmailBackend", "core.smtp.TellingBackend"
        ),
        "OPTIONS": {
            "host": _email["EMAIL_HOST"],
            "port": _email["EMAIL_PORT"],
            "username": _email["EMAIL_HOST_USER"],
            "password": _email["EMAIL_HOST_PASSWORD"],
            "use_tls": _email.get("EMAIL_USE_TLS"),
            "use_ssl": _email.get("EMAIL_USE_SSL"),
            "timeout": 20,
        }
        if _email["EMAIL_HOST"]
        else {},
    }
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Laskuri <noreply@localhost>")

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.SELF],
}
# The invoice page shows the stored PDF in a frame of our own.
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_TLS = env.bool("BEHIND_TLS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other programs may live on the sub-domains
    "security.W019",  # the stored PDF is framed by our own page
    "security.W021",  # whether a domain is preloaded is its owner's choice
]

# Packages whose folders are accounting systems.
ACCOUNTING_SYSTEMS = env.list("ACCOUNTING_SYSTEMS", default=["integrations.systems"])
# Accounting sandboxes listen on loopback; nothing else may be reached there.
ALLOW_LOCAL_SANDBOX = env.bool("ALLOW_LOCAL_SANDBOX", default=False)
# Systems refuse, or suspend, who asks faster than they allow; only measurements turn it off.
OUTGOING_RATE_LIMIT = True
# SANDBOX_PROCOUNTOR_URL=http://127.0.0.1:8090 is the sandbox of the system "procountor".
SANDBOX_URLS = {
    name.removeprefix("SANDBOX_").removesuffix("_URL").lower(): url
    for name, url in os.environ.items()
    if name.startswith("SANDBOX_") and name.endswith("_URL")
}

# OAUTH_LEXOFFICE_CLIENT_ID and OAUTH_LEXOFFICE_CLIENT_SECRET are what this installation is called
# at the system "lexoffice"; where they are missing nobody is offered to sign in there.
OAUTH_CLIENTS = {
    name.removeprefix("OAUTH_").removesuffix("_CLIENT_ID").lower(): {
        "id": value,
        "secret": os.environ.get(name.removesuffix("ID") + "SECRET", ""),
    }
    for name, value in os.environ.items()
    if name.startswith("OAUTH_") and name.endswith("_CLIENT_ID")
}

# HOOK_LEXOFFICE_PUBLIC_KEYS=lexware.pub,lexware-next.pub are the files of the keys that the system
# "lexoffice" signs with when it calls us; without them it is not asked to.
HOOK_PUBLIC_KEYS = {
    name.removeprefix("HOOK_").removesuffix("_PUBLIC_KEYS").lower(): tuple(
        Path(file.strip()).read_text() for file in value.split(",") if file.strip()
    )
    for name, value in os.environ.items()
    if name.startswith("HOOK_") and name.endswith("_PUBLIC_KEYS")
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"links": {"()": "core.quiet_links.HidesLinks"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # fontTools reports every glyph table it subsets.
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        # It names addresses that were answered with an error.
        "django.request": {"filters": ["links"]},
        # It tells the address of every request, with what was asked for.
        "urllib3": {"level": "INFO"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.reports.ReticentFilter"
