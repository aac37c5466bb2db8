# Every target does its own set-up; all that is needed is Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
TOGETHER := -n 2 --dist worksteal  # two at a time: many tests wait for somebody

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full check fix bench bench-automation bench-followup bench-intent clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

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

bench-followup: setup  ## how soon silent people are reached, on a record of messages
	@$(BIN)/python -m bench.followup

bench-automation: setup  ## measure rules, replies, replay and segments
	@$(BIN)/python -m bench --only rules replay segments

bench-intent: setup  ## measure what messages are about, on public sets
	@$(BIN)/python -m bench.intent

clean:  ## remove the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
