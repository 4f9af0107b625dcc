# Portico: every command a person types. What they do is in tools/; here they only have names. `make help` lists them.

PYTHON ?= python3
STACK  ?= sandbox
ARGS   ?=

python := .venv/bin/python
run     = $(python) -m tools.make.run
venv    = $(PYTHON) -m tools.make.venv

# STACK=sandbox needs the sandbox's packages as well as the program's.
packages = $(if $(filter sandbox,$(STACK)),sandbox,program)

.DEFAULT_GOAL := help
.PHONY: help up preview refresh destroy outputs pulumi shell down tools \
        test test-unit test-lbhost test-engine test-datapath bench record-state lint format docs

help: ## this list
	@awk -f tools/make/help.awk $(MAKEFILE_LIST)

##@ A front door (STACK=sandbox unless you name another file of stacks/; ARGS="..." goes to pulumi)

up: ## make it and wait until it answers | root for the sandbox | minutes at first, then seconds
	@$(venv) $(packages) && $(run) up $(STACK) $(value ARGS)

preview: ## what `make up` would change; needs no credentials | Python | seconds
	@$(venv) program && $(run) preview $(STACK) $(value ARGS)

refresh: ## compare what Pulumi remembers with what is there | a stack that is up | seconds
	@$(venv) $(packages) && $(run) refresh $(STACK) $(value ARGS)

outputs: ## address, url, reasons and the other outputs | a stack that is up | seconds
	@$(venv) program && $(run) outputs $(STACK) $(value ARGS)

destroy: ## take the front door down | a stack that is up | seconds
	@$(venv) $(packages) && $(run) destroy $(STACK) $(value ARGS)

pulumi: ## any other command of pulumi for the stack: ARGS="stack export" | a stack | seconds
	@$(venv) program && $(run) pulumi $(STACK) $(value ARGS)

shell: ## pulumi, openstack and kubectl set up (ARGS="kubectl get pods -A" runs that alone) | a stack |
	@$(venv) program && $(run) shell $(STACK) $(value ARGS)

down: ## stop the sandbox: its OpenStack and its Kubernetes | root | seconds
	@$(venv) sandbox && $(run) down sandbox $(value ARGS)

##@ Work on it

test: ## all tiers, quick ones first; under CI=true a tier without its parts fails | root | an hour
	@$(venv) dev && $(python) -m tools.make.tiers

test-unit: ## plans, settings, components with recorded resources (ARGS="-k ...") | Python | seconds
	@$(venv) dev && $(python) -m tools.make.tiers unit $(value ARGS)

test-lbhost: ## haproxy, keepalived and cloud-init judge every rendered file | root, Debian packages | a minute
	@$(venv) dev && $(python) -m tools.make.tiers lbhost $(value ARGS)

test-engine: ## up, change, refresh and destroy in the sandbox | root, the sandbox | half an hour
	@$(venv) dev && $(python) -m tools.make.tiers engine $(value ARGS)

test-datapath: ## traffic through the front door | root, the sandbox | minutes
	@$(venv) dev && $(python) -m tools.make.tiers datapath $(value ARGS)

bench: ## figures, written to docs/measurements.md (ARGS="-k dies --runs 3") | root, the sandbox | hours
	@$(venv) dev && $(python) -m tools.make.tiers benchmarks -s --record $(value ARGS)

record-state: ## keep what a release makes, for the next one's test of upgrades (COMMIT=...) | root, the sandbox | minutes
	@$(venv) dev && $(python) -m tests.engine.record $(COMMIT)

lint: ## format, lint rules, strict types, who imports whom | Python | a minute
	@$(venv) dev && $(python) -m tools.make.lint

format: ## write every file the one way | Python | seconds
	@$(venv) dev && .venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format .

docs: ## write what follows from the settings: reference, JSON schema, ExposureArgs | Python | seconds
	@$(venv) dev && $(python) -m tools.make.settings_reference

tools: ## fetch the Pulumi CLI and the plugins that every stack needs | Python | seconds to half an hour
	@$(PYTHON) -m tools up
