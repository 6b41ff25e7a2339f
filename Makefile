# Every target does its own set-up; a second run reuses it. `make help` lists them.
PYTHON ?= python3
NPM ?= npm
VENV := .venv
BIN := $(VENV)/bin
NODE := tests/e2e/node

.DEFAULT_GOAL := help
.PHONY: help run test check bench docs lock clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run.installed ## Start a server on http://localhost:8080.
	$(BIN)/talkroom serve

test: $(VENV)/dev.installed $(NODE)/node_modules/installed ## Install what the tests need, and run every test.
	$(BIN)/pytest $(ARGS)

check: $(VENV)/dev.installed ## Style, types, layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/run.installed ## Measure the server beside its peers (about ten minutes); ARGS=--quick for two.
	$(BIN)/python bench/run.py $(ARGS)

docs: $(VENV)/dev.installed ## Write the generated documents: configuration, AsyncAPI, JSON Schemas, diagrams.
	$(BIN)/python tools/generate_docs.py

lock: $(VENV)/dev.installed ## Choose the newest versions of the dependencies and lock them by hash.
	$(BIN)/pip install --quiet pip-tools
	for name in run dev; do \
	  inputs="pyproject.toml requirements/run.in"; \
	  if [ $$name = dev ]; then inputs="$$inputs requirements/dev.in"; fi; \
	  $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
	    --output-file requirements/$$name.txt $$inputs; \
	done

clean: ## Remove what the other targets installed.
	rm -rf $(VENV) $(NODE)/node_modules

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Talkroom needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# The package is installed in place, built with the tools of the lock and not with ones from the network.
$(VENV)/run.installed: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.installed: requirements/dev.txt $(VENV)/run.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

$(NODE)/node_modules/installed: $(NODE)/package-lock.json
	@command -v $(NPM) >/dev/null || { echo "The tests need Node.js 20 or newer with npm; on Debian and Ubuntu: apt-get install nodejs npm"; exit 1; }
	$(NPM) ci --prefix $(NODE) --no-audit --no-fund --loglevel=error
	@touch $@
