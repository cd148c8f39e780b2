# Everything a developer or operator runs from a checkout. `make` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=
DIST ?= dist

.DEFAULT_GOAL := help
.PHONY: help install demo test chaos check site advisories wheel format lock pin clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## install everything, at locked versions, into .venv

# Messages go to standard error, since standard output is for the JSON of `make demo ARGS=--json`.
$(STAMP): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(v < (3, 11) and "faxdispatch needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.11" % v)'
	@echo "Installing into $(VENV) …" >&2
	@$(PYTHON) -m venv $(VENV) >&2
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . >&2
	@$(BIN)/python -m compileall -q console shared simulator webhook worker >&2
	@touch $@

demo: $(STAMP) ## send 20 real documents through real processes to a simulated Telnyx (ARGS=--json)
	@$(BIN)/faxdispatch demo $(ARGS)

test: $(STAMP) ## run all tests (ARGS="-k name" to choose)
	@$(BIN)/python -m pytest $(ARGS)

chaos: $(STAMP) ## kill processes and break connections at random, then let the simulator judge (ARGS="--jobs 2000 --seed 7")
	@$(BIN)/python -m tests.chaos $(ARGS)

check: $(STAMP) ## linter, formatter check, types, import directions, compose file, Dockerfile, docs, advisories
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	@$(MAKE) -s site
	@$(MAKE) -s advisories

site: $(STAMP) ## build a site from docs/ in dist/site, and check its links
	@$(BIN)/mkdocs build --strict

advisories: $(STAMP) ## known vulnerabilities of the locked dependencies; skipped if their list cannot be reached
	@$(BIN)/python -m tests.deploy.advisories requirements/app.lock

wheel: $(STAMP) ## build the package for producers, consumers and operators: dist/faxdispatch-….whl
	@$(BIN)/python -m build --quiet --wheel --no-isolation --outdir "$(DIST)" .

format: $(STAMP) ## format the code and fix what the linter can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The container has every extra: it is read-only, so that nothing can be installed into it afterwards.
lock: ## renew requirements/*.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra app --extra notices --extra otel --extra sentry --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.lock
	uv pip compile pyproject.toml --extra app --extra notices --extra otel --extra s3 --extra sentry --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -c requirements/dev.lock -o requirements/app.lock

pin: ## pin the images in Dockerfile and docker-compose.yml to their current digests (needs docker buildx)
	@for image in $$(sed -nE 's/^(FROM|    image:) ([^ @]+:[^ @]+).*/\2/p' Dockerfile docker-compose.yml | sort -u); do \
		digest=$$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$$image") || exit 1; \
		sed -i -E "s#((FROM|image:) $$image)(@[^ ]+)?#\1@$$digest#" Dockerfile docker-compose.yml; \
		echo "$$image@$$digest"; \
	done

clean: ## remove .venv and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
