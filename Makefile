# Every target does its own set-up; a second run reuses it. `make help` lists them.
PYTHON ?= python3
NPM ?= npm
VENV := .venv
BIN := $(VENV)/bin
NODE := tests/e2e/node
RUNTIME_CLIENT := tests/functions/node
NODE_EXAMPLE := examples/node-chat/src
DYNAMODB_LOCAL := tests/dynamodb/node
WEB := tests/web/node
# One file for each thing that a page may want, so that it is one request; modules of web/ run without it too.
BUNDLES := talk-room=web/element/talk-room.js client=web/client/index.js page=web/page/page.js page=web/page/page.css \
  --bundle --minify --format=esm --target=es2023 --charset=utf8 --legal-comments=none
NPM_FOLDERS := $(NODE) $(RUNTIME_CLIENT) $(NODE_EXAMPLE) $(DYNAMODB_LOCAL) $(WEB)
# Programs that need versions of packages that nothing else can use: each has an environment of its own.
TOOLS := .tools
# Processes that run the tests; each starts what its tests share, DynamoDB Local for one.
WORKERS ?= 2
INFRA := infra/aws
SAM = $(CURDIR)/$(TOOLS)/sam/bin/sam
# Without what this make was told: SAM runs a make of its own.
CLEAN_ENV := env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL

.DEFAULT_GOAL := help
.PHONY: help run test check bench docs web screenshots conformance deploy undeploy lock clean installed

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run.installed ## Start a server on http://localhost:8080.
	$(BIN)/talkroom serve

test: ## Install what the tests need, and run every test.
	@$(MAKE) --no-print-directory --jobs=4 installed
	$(CLEAN_ENV) $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadgroup $(ARGS)

installed: $(VENV)/dev.installed $(NPM_FOLDERS:%=%/node_modules/installed) $(TOOLS)/sam/installed $(TOOLS)/ministack/installed | java

check: $(VENV)/dev.installed $(WEB)/node_modules/installed ## Style, types, layers; of Python and of JavaScript.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(WEB)/node_modules/.bin/tsc --project web
	$(WEB)/node_modules/.bin/prettier --check --log-level warn web tests/web

bench: $(VENV)/run.installed ## Measure the server beside its peers (about ten minutes); ARGS=--quick for two.
	$(BIN)/python bench/run.py $(ARGS)

docs: $(VENV)/dev.installed ## Write the generated documents: configuration, AsyncAPI, JSON Schemas, diagrams.
	$(BIN)/python tools/generate_docs.py

web: $(WEB)/node_modules/installed ## Make web/bundles/ of the modules of web/: what browsers are sent.
	$(WEB)/node_modules/.bin/esbuild $(BUNDLES) --log-level=warning --outdir=$(or $(FOLDER),web/bundles)

screenshots: $(VENV)/dev.installed ## Take the pictures of README and docs: docs/images/.
	$(BIN)/python tools/screenshots.py

conformance: $(VENV)/dev.installed ## Measure the gateway against API Gateway's behaviours, and write the matrix.
	$(BIN)/python -m tools.gateway_conformance

deploy: $(TOOLS)/sam/installed ## Deploy the chat to AWS; asks for everything, or ARGS= what `sam deploy` is to be told instead.
	@$(TOOLS)/sam/bin/python $(INFRA)/account.py
	cd $(INFRA) && $(CLEAN_ENV) PYTHON=$(CURDIR)/$(TOOLS)/sam/bin/python $(SAM) build
	cd $(INFRA) && $(CLEAN_ENV) $(SAM) deploy $(or $(ARGS),--guided $(if $(wildcard $(INFRA)/samconfig.toml),,--stack-name talkroom))

undeploy: $(TOOLS)/sam/installed ## Delete what `make deploy` has made, but for the messages; says what stays.
	@$(TOOLS)/sam/bin/python $(INFRA)/account.py --before-delete $(ARGS)
	cd $(INFRA) && $(CLEAN_ENV) $(SAM) delete $(ARGS)

lock: $(VENV)/dev.installed ## Choose the newest versions of the dependencies and lock them by hash.
	$(BIN)/pip install --quiet pip-tools
	for name in run dev lambda sam ministack; do \
	  inputs="requirements/$$name.in"; \
	  case $$name in \
	    run) inputs="pyproject.toml requirements/run.in" ;; \
	    dev) inputs="pyproject.toml requirements/run.in requirements/dev.in" ;; \
	  esac; \
	  $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
	    --output-file requirements/$$name.txt $$inputs || exit 1; \
	done

clean: ## Remove what the other targets installed.
	rm -rf $(VENV) $(TOOLS) $(INFRA)/.aws-sam $(NPM_FOLDERS:%=%/node_modules)

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

# The locks are complete; without --no-deps pip refuses a dependency that is named with its extras, as the one of SAM on boto3-stubs.
$(TOOLS)/%/installed: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Talkroom needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv --clear $(TOOLS)/$* || \
	  { rm -rf $(TOOLS)/$*; echo "Cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(TOOLS)/$*/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $<
	@touch $@

$(NPM_FOLDERS:%=%/node_modules/installed): %/node_modules/installed: %/package-lock.json
	@command -v $(NPM) >/dev/null || { echo "The tests need Node.js 20 or newer with npm; on Debian and Ubuntu: apt-get install nodejs npm"; exit 1; }
	$(NPM) ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@

# aws-lambda-ric compiles a part of itself. Node's headers are taken from beside node, if they are there; node-gyp would fetch them.
$(RUNTIME_CLIENT)/node_modules/installed: export npm_config_nodedir = $(patsubst %/include/node/node_api.h,%,$(wildcard \
  $(shell node -p 'require("path").resolve(process.execPath, "../..")')/include/node/node_api.h))
$(RUNTIME_CLIENT)/node_modules/installed: | compilers

.PHONY: compilers
compilers:
	@command -v cmake >/dev/null && command -v g++ >/dev/null && command -v xz >/dev/null || \
	  { echo "The tests compile AWS's runtime client for Node.js; on Debian and Ubuntu: apt-get install cmake g++ xz-utils"; exit 1; }

.PHONY: java
java:
	@command -v javac >/dev/null || \
	  { echo "The tests run DynamoDB Local, which needs Java 17 with its compiler; on Debian and Ubuntu: apt-get install default-jdk-headless"; exit 1; }
