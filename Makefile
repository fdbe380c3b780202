SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
# One more than cores: a third of what tests do is waiting, for a database, a browser, a process that starts.
WORKERS ?= $(shell echo $$(($$(nproc) + 1)))
export PYTHONUNBUFFERED = 1
# Without compiled files each of the many processes of a run would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## show what can be done
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk 'BEGIN {FS = ":.*?## "} {printf "  make %-13s %s\n", $$1, $$2}'

$(UV):
	@echo "uv into .tools …"; TIMEFORMAT="  %1R s"; time \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target .tools uv==0.13.9

.venv/.synced: requirements.lock pyproject.toml | $(UV)
	@echo "Locked packages into .venv …"; TIMEFORMAT="  %1R s"; time { \
		test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv; \
		$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --system-certs requirements.lock; \
		$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .; }
	@touch $@

.PHONY: setup
setup: .venv/.synced ## install the locked environment into .venv

.PHONY: lock
lock: $(UV) ## write the locks anew from pyproject.toml
	$(UV) pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --group dev pyproject.toml --output-file requirements.lock
	$(UV) pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --group sbom --output-file requirements-sbom.lock

.PHONY: sbom
sbom: setup ## compare what is installed with the lock, and list it: CycloneDX and licences, into build/
	$(BIN)/python -m config.packages
	@test -x .tools/sbom/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/sbom
	@$(UV) pip sync --quiet --python .tools/sbom/bin/python --require-hashes --system-certs requirements-sbom.lock
	@mkdir -p build
	.tools/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.cdx.json $(BIN)/python
	.tools/sbom/bin/pip-licenses --python $(BIN)/python --format markdown --with-urls --output-file build/licences.md

.PHONY: run
run: setup ## start everything on this machine, with demo data (PORT=8000, DATA_DIR=var)
	@exec $(BIN)/python -m config.local

.PHONY: browser
browser: ## install Debian's Chromium without windows and Korean fonts, for journeys and screenshots
	@command -v chromium-headless-shell >/dev/null && fc-list :lang=ko 2>/dev/null | grep -q . || { \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -qq -y --no-install-recommends chromium-headless-shell fonts-nanum fontconfig; }

.PHONY: format
format: setup ## put every file into the one format
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

.PHONY: translations
translations: setup ## take new and changed texts into the Korean catalogue; what is like an old one comes as "fuzzy"
	@template=$$(mktemp) && trap 'rm -f $$template' EXIT && \
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output -o $$template . && \
	$(BIN)/pybabel -q update -i $$template -d translations -l ko --ignore-obsolete --omit-header -w 120

.PHONY: check
check: lint ## format, lint, imports, types, sizes, templates, translations, migrations
	@$(MAKE) --no-print-directory -j 2 source types

.PHONY: lint source types tests-compiled
lint: setup
	$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --diff . 2>/dev/null | head -60; exit 1; }
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
source:
	$(BIN)/pytest tests/architecture -q -n 0
types:
	$(BIN)/mypy
# Once, beside the types: otherwise each worker of the suite would compile every test. What is wrong, the suite says.
tests-compiled:
	@$(BIN)/pytest -q -n 0 --collect-only >/dev/null || true

.PHONY: test
test: lint ## check and the whole suite in parallel
	@$(MAKE) --no-print-directory -j 2 types tests-compiled
	$(BIN)/pytest -q -n $(WORKERS) -m "not slow and not operations"

.PHONY: test-long
test-long: lint ## the same with the slow tests (STEPS=20000 of money verbs)
	@$(MAKE) --no-print-directory -j 2 types tests-compiled
	$(BIN)/pytest -q -n $(WORKERS) -m "not operations"

.PHONY: test-operations
test-operations: setup ## what needs other programs: Prometheus reads the service, its rules call
	@command -v prometheus >/dev/null && command -v promtool >/dev/null || { \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -qq -y --no-install-recommends prometheus; }
	$(BIN)/pytest -q -n 0 -m operations tests/operations

.PHONY: restore-drill
restore-drill: setup ## lose a database, restore it to a point in time, prove what is there
	$(BIN)/python -m tests.faults.restore_drill

.PHONY: bench-money
bench-money: setup ## measure money verbs beside the database alone; writes docs/benchmarks.md
	$(BIN)/python -m tests.bench

.PHONY: bench-pages
bench-pages: setup ## measure pages beside Flask's hello; writes docs/benchmarks.md
	$(BIN)/python -m tests.bench.page_speed
