# `make demo` and `make test` need git, make and any Python from 3.9; the rest is fetched.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Each program of the demo and of the tests would compile all there is anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
# More workers than the two cores it is measured on: browsers, processes and rows wait for each
# other much of the time. Whoever is idle takes from the others' rest.
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal -q

.PHONY: help demo test soak ci lint bench clean install pango browser services

help:
	@echo "make demo    start everything with example companies, at an address it prints"
	@echo "make test    run the whole test suite"
	@echo "make soak    workers killed over 500 documents for each accounting system, for minutes"
	@echo "make lint    ruff, mypy, import-linter, djlint, migrations, system checks"
	@echo "make ci      lint and test, nothing skipped"
	@echo "make bench   measure, beside a yardstick made in the same run"
	@echo "make clean   remove what was installed and all local data"

install: .venv/installed

.venv/installed: pyproject.toml uv.lock .python-version scripts/find-uv
	@uv=$$(scripts/find-uv) && echo "Installing Python 3.13 and the packages of uv.lock ..." \
		&& "$$uv" sync --locked --quiet && touch $@

pango: install
	@scripts/system-packages pango

browser: pango
	@scripts/system-packages chromium

services: browser
	@scripts/system-packages redis libreoffice

demo: pango
	@exec $(BIN)/python manage.py demo

test: browser
	@CHROMIUM=$$(scripts/find-chromium) $(PYTEST)

soak: pango
	@$(PYTEST) -m soak tests/integrations

lint: pango
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# Its plugin loads the settings; nothing is connected to.
	DATABASE_URL=postgresql:/// SECRET_KEY=- FIELD_ENCRYPTION_KEYS=- $(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --database default --fail-level WARNING
	@DEBUG=false BEHIND_TLS=true EMAIL_URL=smtp://localhost:25 SECRET_KEY=$$(head -c 60 /dev/zero | tr '\0' k)-1a2b3c4d5e \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

ci: services lint
	@CI=true CHROMIUM=$$(scripts/find-chromium) $(PYTEST) -m ""

bench: pango
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .uv var .mypy_cache .ruff_cache .hypothesis .import_linter_cache
