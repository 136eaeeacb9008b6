# Each recipe is one readable command. Environments lie in the folders they serve (impl_flask/.venv …)
# and are made again when a requirements file changes.

IMPL   ?= $(if $(filter run demo,$(MAKECMDGOALS)),flask,all)
DB     ?= sqlite
PORT   ?= 8000
PYTHON ?= python3
ARGS   ?=
BUG    ?=
JOBS   ?=
SAMPLE ?=
OP     ?=
OPEN   ?= 1
FULL   ?=
HINT   ?=
GUESS  ?=
REVEAL ?=

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

REQUIRED := $(wildcard */requirements.in */*/requirements.in */requirements-dev.in spec/lint/requirements-node.in)
# From the index alone: a folder of wheels that pip is told of has those of one platform.
COMPILE  := UV_FIND_LINKS= UV_INDEX= $(CURDIR)/.venv/bin/python $(CURDIR)/workbench/bootstrap/uv.py pip compile \
            --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.SECONDARY:
.PHONY: run demo compare trace test hunt hunt-report bench outages lint format lock clean help

run: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Open a bookstore to look around in
	@workbench/.venv/bin/python -m workbench.run --impl $(IMPL) --database $(DB) --port $(PORT)

demo: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Walk through a shop, request by request
	@workbench/.venv/bin/python -m workbench.demo --impl $(IMPL) --database $(DB)

compare: workbench/$(READY) ## Read the implementations side by side: pages, or OP in the terminal
	@workbench/.venv/bin/python -m workbench.compare --operation '$(OP)' $(if $(filter-out 0,$(OPEN)),--open)

test: contract_tests/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Hold the implementations to the contract
	contract_tests/.venv/bin/pytest contract_tests --impl $(IMPL) --db $(DB) $(ARGS)

hunt: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(IMPLS:%=impl_%/$(READY)) ## Find a seeded bug yourself: BUG and IMPL, or the list of exercises
	@workbench/.venv/bin/python -m workbench.hunt --impl $(IMPL) --database $(DB) --bug '$(BUG)' --port $(PORT) $(HINT:%=--hint %) $(GUESS:%=--guess '%') $(REVEAL:%=--reveal)

hunt-report: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(IMPLS:%=impl_%/$(READY)) ## Run the suite against the seeded bugs: which does it catch?
	@workbench/.venv/bin/python -m workbench.hunt.report --impl $(IMPL) --database $(DB) --bug '$(BUG)' $(SAMPLE:%=--sample %) $(JOBS:%=--jobs %) $(FULL:%=--full)

trace: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Record what happens to a request, from the socket to the database and back
	@workbench/.venv/bin/python -m workbench.trace --impl $(IMPL) --database $(DB) --op '$(OP)'

bench: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Say what a request costs: processor time on PostgreSQL
	@workbench/.venv/bin/python -m workbench.bench --impl $(IMPL) $(ARGS)

outages: workbench/$(READY) ## Stop each container of the profile `all` under load, and say what clients saw
	@workbench/.venv/bin/python -m workbench.outages $(ARGS)

lint: $(PROJECTS:%=lint-%) lint-docs lint-style lint-spec ## Check formats, types and the contract

format: $(PROJECTS:%=format-%) format-docs ## Format the Python files

lock: $(READY) ## Pin the requirements anew, with the hashes of every platform's files
	@set -e; for file in $(REQUIRED); do echo $$file; (cd $$(dirname $$file) && $(COMPILE) $$(basename $$file) -o $$(basename $$file .in).txt); done

clean: ## Remove the environments, caches, databases and logs
	rm -rf var site .venv */.venv spec/lint/.venv spec/lint/node_modules */.*_cache */*.egg-info

help: ## Say this
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo "  IMPL=$(subst $() ,|,$(IMPLS))|all   run, demo: flask unless given, test: all"
	@echo "  OP=placeOrder           OPEN=0                          compare: to the terminal; no browser"
	@echo "  BUG=oversell IMPL=flask HINT=1         REVEAL=1         hunt: one bug in one implementation"
	@echo "  GUESS=impl_flask/bookstore/auth.py:12                   hunt: is the bug there?"
	@echo "  BUG=oversell,n-plus-one SAMPLE=40      JOBS=2   FULL=1  hunt-report: all bugs unless chosen"
	@echo "  OP=placeOrder,listBooks OP=all         trace"
	@echo "  DB=sqlite|postgres      PORT=8000      PYTHON=python3.13"

# --- Linters -------------------------------------------------------------------------------------

.PHONY: lint-docs format-docs lint-style lint-spec $(PROJECTS:%=lint-%) $(PROJECTS:%=format-%)

# The scripts in docs have no environment, so the workbench's ruff checks them.
DOCS_RUFF := ../workbench/.venv/bin/ruff

$(PROJECTS:%=lint-%): lint-%: %/$(READY)-dev
	cd $* && .venv/bin/ruff format --check --quiet && .venv/bin/ruff check --quiet && .venv/bin/mypy .

$(PROJECTS:%=format-%): format-%: %/$(READY)-dev
	cd $* && .venv/bin/ruff check --quiet --fix-only && .venv/bin/ruff format

lint-docs: workbench/$(READY)-dev
	cd docs && $(DOCS_RUFF) format --check --quiet && $(DOCS_RUFF) check --quiet
	cd workbench && .venv/bin/mypy ../docs/experiments ../docs/exercises/*.py

format-docs: workbench/$(READY)-dev
	cd docs && $(DOCS_RUFF) check --quiet --fix-only && $(DOCS_RUFF) format

lint-style: workbench/$(READY)
	@workbench/.venv/bin/python -m workbench.suppressions

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
