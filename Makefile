# `make run` and `make test` are all a newcomer needs; both work on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check fix train bench lock clean help python

python:
	@command -v $(PYTHON) >/dev/null || { echo "madoguchi: Python 3.8 or later is needed; install python3 and run this again." >&2; exit 1; }

run: python ## set up, train if stale, start everything, print the URL (PORT, DATA_DIR)
	@$(PYTHON) tools/setup.py run
	@exec $(BIN)/madoguchi serve

test: python ## set up and run the whole test suite, browser tests included
	@$(PYTHON) tools/setup.py test
	@$(MAKE) --no-print-directory lint
	@$(BIN)/madoguchi train
	@.venv-engine/bin/python -m pytest -q tests/engine
	@$(BIN)/python -m pytest tests --ignore=tests/engine --numprocesses=2 --dist=loadfile

check: python ## the fast part: lint, types, scenarios, quick tests without Rasa or a browser
	@$(PYTHON) tools/setup.py test
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -q tests --ignore=tests/engine --ignore=tests/browser --ignore=tests/stack -m "not stack and not browser and not slow" --numprocesses=2 --dist=loadfile

.PHONY: lint style types scenarios
lint:
	@$(MAKE) --no-print-directory --jobs=3 --output-sync style types scenarios

style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types:
	@$(BIN)/mypy

scenarios:
	@$(BIN)/madoguchi check --summary

fix: ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

train: python ## train the model if data/, config.yml or the engine changed
	@$(PYTHON) tools/setup.py run
	@$(BIN)/madoguchi train

bench: python ## measure side by side with stock Rasa; writes bench/results/*.json
	@$(PYTHON) tools/setup.py bench
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.faq
	@$(BIN)/python -m bench.live

lock: python ## resolve requirements/*.in again into the hash-pinned locks
	@$(PYTHON) tools/setup.py lock

clean: ## remove environments, models and caches (not var/, where the log is)
	rm -rf .venv .venv-tools .venv-engine .venv-bench models .rasa .mypy_cache .pytest_cache .ruff_cache .hypothesis

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10
