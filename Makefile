# Each recipe is one command. Each project has a virtual environment in its own folder, for example
# impl_flask/.venv. Make creates it again when the project's requirements change.
#
# `make help` prints some comments of this file: `##` after a target describes the command, `##@` is
# the title of a group, `##  make` is a line that is printed as it is, and `#=` describes a variable.

#= IMPL=flask         Use this implementation: flask, fastapi, django or all.
#=                    Without it, run and demo use flask, the other commands all.
IMPL   ?= $(if $(filter run demo,$(MAKECMDGOALS)),flask,all)
#= DB=postgres        Use PostgreSQL instead of SQLite: run, demo, trace, test,
#=                    hunt. BOOKSTORE_TEST_POSTGRES_URL is the server's address.
DB     ?= sqlite
#= PORT=8100          Listen on this port instead of 8000: run and hunt. With
#=                    several shops, it is the port of the first one.
PORT   ?= 8000
#= OP=placeOrder      An operation of the API, by its operationId. compare prints
#=                    its code; trace records it, and takes several, or all.
OP     ?=
#= OPEN=0             compare: build the pages, but do not open a browser.
OPEN   ?= 1
#= FIND=create_app    links: print only this function, class or variable.
FIND   ?=
#= BUG=oversell       A seeded bug, by name or a part of it. hunt takes one, with
#=                    IMPL; hunt-report takes several: BUG=oversell,n-plus-one.
BUG    ?=
#= HINT=1             hunt: print a hint about the bug. HINT=4 says the most.
HINT   ?=
#= GUESS=FILE:LINE    hunt: check whether the bug is on this line of this file.
GUESS  ?=
#= REVEAL=1           hunt: show the bug, and the test that finds it.
REVEAL ?=
#= SAMPLE=40          hunt-report: use 40 of the bugs, always the same ones.
SAMPLE ?=
#= JOBS=2             hunt-report: run the tests of two bugs at the same time.
JOBS   ?=
#= AGAINST=HEAD~5     bench: compare with the shops of this commit instead.
AGAINST ?=
#= FULL=1             bench: more operations, more books, more rounds.
#=                    hunt-report: the whole suite against each bug.
FULL   ?=
#= TOOLS=quick        clients: try only the generators that start fast. Or name
#=                    some: TOOLS=go,java
TOOLS  ?= all
#= ARGS='-k cart'     Pass more options to the program: test, bench and outages.
ARGS   ?=
# Of other files, the pre-commit hook checks the lines that a commit adds.
#= PROSE=README.md    lint-prose: check the wording of these files and folders.
PROSE  ?= CONTRIBUTING.md CHANGELOG.md SECURITY.md .github .ci .pre-commit-config.yaml \
          workbench payment_sandbox deploy spec/runtime.md spec/storage.md
#= PYTHON=python3.13  Create the environments with this Python, 3.11 or newer.
PYTHON ?= python3

# Without its bytecode cache, Python would compile every module again at each start.
unexport PYTHONDONTWRITEBYTECODE

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2] * (sys.version_info >= (3, 11)))')
$(if $(VERSION),,$(error $(PYTHON) is not Python 3.11 or newer. Name one that is: PYTHON=/path/to/python3))

# A project is a folder with a pyproject.toml. An implementation is a project called impl_<name>.
IMPLS    := $(patsubst impl_%/pyproject.toml,%,$(wildcard impl_*/pyproject.toml))
PROJECTS := $(patsubst %/pyproject.toml,%,$(wildcard */pyproject.toml))
CHOSEN   := $(if $(filter all,$(IMPL)),$(IMPLS),$(IMPL))
$(if $(filter all $(IMPLS),$(IMPL)),,$(error The folder impl_$(IMPL) does not exist. IMPL must be one of: $(IMPLS) all))

# An empty file of this name marks an environment as complete. The name contains the version of
# Python, so that make creates the environment again for another version.
READY := .venv/ready-$(VERSION)
UV    := .venv/bin/python workbench/bootstrap/uv.py

REQUIRED := $(wildcard */requirements.in */*/requirements.in */requirements-dev.in spec/lint/requirements-node.in)
# A local folder of wheels must not be used: it has the wheels of one platform, but a lock file
# needs the hashes of all platforms.
COMPILE  := UV_FIND_LINKS= UV_INDEX= $(CURDIR)/.venv/bin/python $(CURDIR)/workbench/bootstrap/uv.py pip compile \
            --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.SECONDARY:
.PHONY: run demo compare trace test hunt hunt-report bench outages clients links lint format lock clean help
.PHONY: lint-docs lint-style lint-spec lint-github lint-prose format-docs
.PHONY: $(PROJECTS:%=lint-%) $(PROJECTS:%=ruff-%) $(PROJECTS:%=format-%)

##@ Run a shop

run: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Start a shop with sample data on http://127.0.0.1:8000
	@workbench/.venv/bin/python -m workbench.run --impl $(IMPL) --database $(DB) --port $(PORT)

demo: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Show what a shop can do: real requests and responses
	@workbench/.venv/bin/python -m workbench.demo --impl $(IMPL) --database $(DB)

##@ Compare the implementations

compare: workbench/$(READY) ## Open pages with the code side by side, and the lessons
	@workbench/.venv/bin/python -m workbench.compare --operation '$(OP)' $(if $(filter-out 0,$(OPEN)),--open)

trace: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Record one request and show how long each step takes
	@workbench/.venv/bin/python -m workbench.trace --impl $(IMPL) --database $(DB) --op '$(OP)'

bench: workbench/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Compare the processor time of requests with a floor
	@workbench/.venv/bin/python -m workbench.bench --impl $(IMPL) $(AGAINST:%=--against %) $(FULL:%=--full) $(ARGS)

links: workbench/$(READY) ## Print the line of each symbol that a document links to
	@workbench/.venv/bin/python -m workbench.symbol_links --find '$(FIND)'

##@ Test the implementations

test: contract_tests/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Run the contract tests and report what fails
	contract_tests/.venv/bin/pytest contract_tests --impl $(IMPL) --db $(DB) $(ARGS)

hunt: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(IMPLS:%=impl_%/$(READY)) ## Start a shop with a seeded bug, for you to find
	@workbench/.venv/bin/python -m workbench.hunt --impl $(IMPL) --database $(DB) --bug '$(BUG)' --port $(PORT) $(HINT:%=--hint %) $(GUESS:%=--guess '%') $(REVEAL:%=--reveal)

hunt-report: workbench/$(READY) contract_tests/$(READY) payment_sandbox/$(READY) $(IMPLS:%=impl_%/$(READY)) ## Show which of the seeded bugs the contract tests catch
	@workbench/.venv/bin/python -m workbench.hunt.report --impl $(IMPL) --database $(DB) --bug '$(BUG)' $(SAMPLE:%=--sample %) $(JOBS:%=--jobs %) $(FULL:%=--full)

clients: workbench/$(READY) workbench/clients/$(READY) payment_sandbox/$(READY) $(CHOSEN:%=impl_%/$(READY)) ## Generate clients of the contract; buy a book with each
	@workbench/.venv/bin/python -m workbench.clients --impl $(IMPL) --tools '$(TOOLS)'

outages: workbench/$(READY) ## Stop each container under load; count failed requests
	@workbench/.venv/bin/python -m workbench.outages $(ARGS)

SCHEMA := workbench/.venv/bin/check-jsonschema --quiet --builtin-schema
FORMS  := $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))

# The scripts in docs have no environment, so the workbench's ruff checks them.
DOCS_RUFF := ../workbench/.venv/bin/ruff

##@ Work on the code

lint: $(PROJECTS:%=lint-%) lint-docs lint-style lint-spec lint-github lint-prose ## Check style, types, prose and the API contracts

##  make lint-FOLDER   Check one project, for example: make lint-impl_flask
$(PROJECTS:%=lint-%): lint-%: ruff-%
	cd $* && .venv/bin/mypy .

# The part of lint-% that takes less than a second: the pre-commit hook runs it.
$(PROJECTS:%=ruff-%): ruff-%: %/$(READY)-dev
	cd $* && .venv/bin/ruff format --check --quiet && .venv/bin/ruff check --quiet

lint-docs: workbench/$(READY)-dev ## Check the Python files in docs/
	cd docs && $(DOCS_RUFF) format --check --quiet && $(DOCS_RUFF) check --quiet
	cd workbench && .venv/bin/mypy ../docs/experiments ../docs/exercises/*.py

lint-style: workbench/$(READY) ## Check that each suppressed warning has its reason
	@workbench/.venv/bin/python -m workbench.suppressions

lint-spec: spec/lint/$(READY) ## Check the API contracts with three linters
	spec/lint/run spec
	spec/lint/run payment_sandbox

lint-github: workbench/$(READY)-dev ## Check the workflows and forms in .github/
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) custom.github-workflows-require-timeout .github/workflows/*.yml
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA) vendor.github-issue-forms $(FORMS)
	workbench/.venv/bin/zizmor --quiet --offline .github

lint-prose: workbench/$(READY) ## Check the wording of pages and comments
	workbench/.venv/bin/python -m workbench.prose $(PROSE)

format: $(PROJECTS:%=format-%) format-docs ## Format the Python files of all projects

##  make format-FOLDER Format one project, for example: make format-impl_flask
$(PROJECTS:%=format-%): format-%: %/$(READY)-dev
	cd $* && .venv/bin/ruff check --quiet --fix-only && .venv/bin/ruff format

format-docs: workbench/$(READY)-dev ## Format the Python files in docs/
	cd docs && $(DOCS_RUFF) check --quiet --fix-only && $(DOCS_RUFF) format

lock: $(READY) ## Pin the versions of all dependencies in requirements.txt
	@set -e; for file in $(REQUIRED); do echo $$file; (cd $$(dirname $$file) && $(COMPILE) $$(basename $$file) -o $$(basename $$file .in).txt); done

clean: ## Delete environments, caches, databases, logs and pages
	rm -rf var site .venv */.venv spec/lint/.venv spec/lint/node_modules */.*_cache */*.egg-info
	rm -rf workbench/clients/.venv workbench/clients/node_modules workbench/clients/*/generated

help: ## Print this list
	@awk -F ':.*## ' \
	    '/^##@ /         { printf "%s%s\n", separator, substr($$0, 5); separator = "\n" } \
	     /^##  make /    { printf "%s\n", substr($$0, 3) } \
	     /^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 } \
	     /^#= /          { variables = variables "  " substr($$0, 4) "\n" } \
	     END { printf "\nVariables, for example: make run IMPL=django PORT=8100\n%s", variables }' $(MAKEFILE_LIST)

# --- Environments --------------------------------------------------------------------------------

$(READY): workbench/bootstrap/requirements.txt
	@echo "Creating .venv: it has uv, which creates all other environments"
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

%/$(READY): %/requirements.txt $(READY)
	@echo "Creating $*/.venv"
	@$(UV) venv --clear --python .venv/bin/python $*/.venv
	@$(UV) pip install --python $*/.venv --require-hashes -r $<
	@$(UV) pip install --python $*/.venv --no-deps --editable $*
	@touch $@

%/$(READY)-dev: %/requirements-dev.txt %/$(READY)
	@echo "Installing the development tools in $*/.venv"
	@$(UV) pip install --python $*/.venv --require-hashes -r $<
	@touch $@

# Prism needs Node 24.18.
workbench/clients/$(READY): workbench/clients/requirements.txt spec/lint/requirements-node.txt workbench/clients/package-lock.json $(READY)
	@echo "Creating workbench/clients/.venv and node_modules: generators of clients"
	@$(UV) venv --clear --python .venv/bin/python workbench/clients/.venv
	@$(UV) pip install --python workbench/clients/.venv --require-hashes -r $<
	@spec/lint/has-node 24.18 || $(UV) pip install --python workbench/clients/.venv --require-hashes -r spec/lint/requirements-node.txt
	@cd workbench/clients && PATH="$$PWD/.venv/bin:$$PATH" npm ci --loglevel error >/dev/null
	@touch $@

spec/lint/$(READY): spec/lint/requirements.txt spec/lint/requirements-node.txt spec/lint/package-lock.json $(READY)
	@echo "Creating spec/lint/.venv and spec/lint/node_modules: the linters of the contract"
	@$(UV) venv --clear --python .venv/bin/python spec/lint/.venv
	@$(UV) pip install --python spec/lint/.venv --require-hashes -r $<
	@spec/lint/has-node || $(UV) pip install --python spec/lint/.venv --require-hashes -r spec/lint/requirements-node.txt
	@cd spec/lint && PATH="$$PWD/.venv/bin:$$PATH" npm ci --loglevel error >/dev/null
	@touch $@
