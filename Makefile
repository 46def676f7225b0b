# The two commands of the README. Both set everything up in .venv on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MESSAGES := -F app/locale/babel.cfg --no-default-keywords -k _ -k text -k _n:1,2 -k several:1,2 \
  --no-location --sort-output --omit-header
STAMP := $(VENV)/.jangkau-ready
# What pytest makes of the tests' modules is kept for the next run: half the time before the first test.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-quick test-slow test-all coverage lint setup lock messages docs screenshots clean

demo: setup
	$(BIN)/jangkau demo --out work/demo

# Two tests in three, in four minutes on two cores: every rule, a few pages, a few real files.
test: setup
	$(BIN)/python -m pytest -m 'not slow'

# While one writes: the rules of ways, coverage and what nobody knows, in less than 40 seconds.
ENGINE := kernel or travel or land or osm or impedance or seasons or isochrone or edits or what_if or \
  coverage or unseen or lost or partial_input or capacity or referral
test-quick: setup
	$(BIN)/python -m pytest -m 'not slow and not browser and not realdata' tests/unit -k '$(ENGINE)'

# The others: most pages of the app, whole kabupaten, notebooks, processes killed, the longest searches.
test-slow: setup
	$(BIN)/python -m pytest -m slow

test-all: setup
	$(BIN)/python -m pytest

# Apart, because tracing every line nearly doubles the time.
coverage: setup
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.lock planner/reports/maps/package-lock.json planner/reports/maps/build_vendor.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Jangkau needs Python 3.11 or newer: make PYTHON=python3.12 demo")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# Every message of the app, into both catalogues; tests hold them complete.
messages: setup
	$(BIN)/pybabel -q extract $(MESSAGES) -o $(VENV)/jangkau.pot app
	for lang in id en; do $(BIN)/pybabel -q update --no-wrap --ignore-obsolete --no-fuzzy-matching \
	  -D jangkau -l $$lang -i $(VENV)/jangkau.pot -d app/locale; done

# The pages of docs/ and a reference from the docstrings, as a site; a warning is an error.
docs: setup
	$(BIN)/sphinx-build -W --keep-going -q -d work/doctrees docs work/docs
	@echo work/docs/index.html

screenshots: setup
	$(BIN)/python docs/screenshots.py

# For every platform, with the hash of every file that may be installed and the address of none.
lock: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --no-strip-extras --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) work build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find planner -name '*.nb[ic]' -delete  # compiled kernels, those of earlier sources among them
