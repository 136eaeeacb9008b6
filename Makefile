# Each recipe is one readable command. Environments lie in the folders they serve (impl_flask/.venv …)
# and are made again when a requirements file changes.

IMPL   ?= $(if $(filter run demo,$(MAKECMDGOALS)),flask,all)
DB     ?= sqlite
PORT   ?= 8000
PYTHON ?= python3
ARGS   ?=
BUG    ?=
JOBS   ?= 1
FULL   ?=

# What is not kept is compiled again at each start.
unexport PYTHONDONTWRITEBYTECODE

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2] * (sys.version_info >= (3, 11)))')
$(if $(VERSION),,$(error Python 3.11 or newer is needed and $(PYTHON) is none: name one with PYTHON=/path/to/python3))

# An implementation is a folder impl_<name>; a project is a folder with a pyproject.toml.
IMPLS    := $(patsubst impl_%/pyproject.toml,%,$(wildcard impl_*/pyproject.toml))
PROJECTS := $(patsubst %/pyproject.toml,%,$(wildcard */pyproject.toml))
CHOSEN   := $(if $(filter all,$(IMPL)),$(IMPLS),$(IMPL))
$(if $(filter all $(IMPLS),$(IMPL)),,$(error There is no impl_$(IMPL): IMPL is one of $(IMPLS) all))

# What stands for a finished environment. It names the Python, so that another PYTHON makes anew.
READY := .venv/ready-$(VERSION)
UV    := .venv/bin/python workbench/bootstrap/uv.py

.DEFAULT_GOAL := help
.SECONDARY:
.PHONY: run demo test hunt lint format clean help

run: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Open a bookstore to look around in
	@workbench/.venv/bin/python -m workbench.run --impl $(IMPL) --database $(DB) --port $(PORT)

demo: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Walk through a shop, request by request
	@workbench/.venv/bin/python -m workbench.demo --impl $(IMPL) --database $(DB)

test: contract_tests/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Hold the implementations to the contract
	contract_tests/.venv/bin/pytest contract_tests --impl $(IMPL) --db $(DB) $(ARGS)

hunt: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(IMPLS:%=impl_%/$(READY)) ## Break the implementations, and see that the suite notices
	@workbench/.venv/bin/python -m workbench.hunt --impl $(IMPL) --database $(DB) --bug '$(BUG)' --jobs $(JOBS) $(FULL:%=--full)

lint: $(PROJECTS:%=lint-%) lint-docs lint-spec ## Check formats, types and the contract

format: $(PROJECTS:%=format-%) ## Format the Python files

clean: ## Remove the environments, caches, databases and logs
	rm -rf var .venv */.venv spec/lint/.venv spec/lint/node_modules */.*_cache */*.egg-info

help: ## Say this
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo "  IMPL=$(subst $() ,|,$(IMPLS))|all   run, demo: flask unless given, test: all"
	@echo "  BUG=17,oversell         FULL=1         JOBS=2           hunt: all bugs unless named"
	@echo "  DB=sqlite|postgres      PORT=8000      PYTHON=python3.13"

# --- Linters -------------------------------------------------------------------------------------

.PHONY: lint-docs lint-spec $(PROJECTS:%=lint-%) $(PROJECTS:%=format-%)

$(PROJECTS:%=lint-%): lint-%: %/$(READY)-dev
	cd $* && .venv/bin/ruff format --check --quiet && .venv/bin/ruff check --quiet && .venv/bin/mypy .

$(PROJECTS:%=format-%): format-%: %/$(READY)-dev
	cd $* && .venv/bin/ruff check --quiet --fix-only && .venv/bin/ruff format

lint-docs: workbench/$(READY)-dev
	cd workbench && .venv/bin/ruff format --check --quiet ../docs && .venv/bin/ruff check --quiet ../docs
	cd workbench && .venv/bin/mypy ../docs/experiments ../docs/exercises/*.py

lint-spec: spec/lint/$(READY)
	spec/lint/run spec
	spec/lint/run payment_sandbox

# --- Environments --------------------------------------------------------------------------------

$(READY): workbench/bootstrap/requirements.txt
	@echo "Making .venv: uv, which makes all other environments"
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

%/$(READY): %/requirements.txt $(READY)
	@echo "Making $*/.venv"
	@$(UV) venv --clear --python .venv/bin/python $*/.venv
	@$(UV) pip install --python $*/.venv --require-hashes -r $<
	@$(UV) pip install --python $*/.venv --no-deps --editable $*
	@touch $@

%/$(READY)-dev: %/requirements-dev.txt %/$(READY)
	@echo "Adding ruff and mypy to $*/.venv"
	@$(UV) pip install --python $*/.venv --require-hashes -r $<
	@touch $@

spec/lint/$(READY): spec/lint/requirements.txt spec/lint/requirements-node.txt spec/lint/package-lock.json $(READY)
	@echo "Making spec/lint/.venv and spec/lint/node_modules: the contract's linters"
	@$(UV) venv --clear --python .venv/bin/python spec/lint/.venv
	@$(UV) pip install --python spec/lint/.venv --require-hashes -r $<
	@spec/lint/has-node || $(UV) pip install --python spec/lint/.venv --require-hashes -r spec/lint/requirements-node.txt
	@cd spec/lint && PATH="$$PWD/.venv/bin:$$PATH" npm ci --loglevel error >/dev/null
	@touch $@
