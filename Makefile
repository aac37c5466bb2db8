# Every target does its own set-up; all that is needed is Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
TOGETHER := -n 2 --dist worksteal  # two at a time: many tests wait for somebody

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full check fix bench clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/.installed: pyproject.toml hub.toml $(wildcard mappings/*.toml)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,speed]'
	@touch $@

setup: .venv/.installed  ## install everything into .venv

demo: setup  ## the whole product on simulators, with a live table and a proof
	@$(BIN)/dragoman demo

test: setup  ## every test but the long profiles
	@$(BIN)/python -m pytest -q -m "not full" $(TOGETHER)

test-full: setup  ## the long profiles too (chaos, fuzz, rates)
	@$(BIN)/python -m pytest -q $(TOGETHER)

check: setup  ## format, lint, types, floors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

fix: setup  ## format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup  ## measure; ends with RESULT {json}
	@$(BIN)/python -m bench

clean:  ## remove the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
