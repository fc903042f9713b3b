# `make demo` and `make test` set up what they need; nothing else is needed before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test test-quick parts fuzz fuzz-api mutants lint check docs bench large wheels device-wheels lock clean

setup: $(READY)

$(READY): pyproject.toml tools/pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about 1.5 GB of packages, some minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/pip install --disable-pip-version-check --no-deps --editable . --editable tools
	mkdir -p $(VENV)/typing
	ln -sfn "$(CURDIR)/tools" $(VENV)/typing/posture_tools
	ln -sfn "$(CURDIR)/edge" $(VENV)/typing/edge
	touch $@

demo: $(READY)
	$(BIN)/posture-station demo

# Everything. At a terminal it offers to bring the Debian packages that tests use; the last line
# says what was not tried.
test: $(READY)
	$(BIN)/python tests/parts.py --offer
	$(BIN)/pytest

# What needs no program beside Python, in a few minutes.
test-quick: $(READY)
	$(BIN)/pytest --quick

# Programs and packages that only tests use: mosquitto, chromium, PostgreSQL, torch and so on.
parts: $(READY)
	$(BIN)/python tests/parts.py --install

# Damaged files of every kind: 20 000 of them, or as many as SECONDS allow.
fuzz: $(READY)
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(or $(SECONDS),0)

# REST tried by its own description, all checks, EXAMPLES of each operation and kind of token.
fuzz-api: $(READY)
	EXAMPLES=$(or $(EXAMPLES),100) BODIES="sqlite postgres" $(BIN)/pytest tests/pages/test_schemathesis.py

# Small changes by chance, drawn by the commit; nine in ten must be seen by a test. Hours, but a run
# that was broken off goes on where it was: MORE="--seed COMMIT --again" asks about what lived.
mutants: $(READY)
	PYTHONPATH=tests $(BIN)/python -m mutation --count $(or $(COUNT),300) $(MORE)

lint: $(READY)
	$(BIN)/ruff check edge tools tests
	$(BIN)/ruff format --check edge tools tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

check: lint test

# The guides, the reference and the pages of the code, in build/site; warnings are errors.
docs: $(READY)
	$(BIN)/python -m posture_tools.docs build

bench: $(READY)
	$(BIN)/posture-station bench --source 'mannequin:?view=front&seed=3&seconds=8'
	$(BIN)/python -m posture_tools.evaluate decode

# What docs/grow.md says of large sites: some 20 minutes of a machine that does nothing else.
large: $(READY)
	$(BIN)/python tests/budgets/large_site.py --stations 500 --each 100
	$(BIN)/python tests/budgets/many_connections.py --straight 10000 --balanced 5000
	$(BIN)/python tests/budgets/store_copy.py
	$(BIN)/python tests/budgets/large_search.py --results 1000000
	$(BIN)/python tests/budgets/chaos.py --seconds 60 --seed 1 2 3

wheels: $(READY)
	$(BIN)/python -m posture_tools.wheels

# What `systemd/install --wheels dist/wheels` needs on a station without internet.
device-wheels: $(READY)
	$(BIN)/python -m posture_tools.wheels --fetch dist/wheels

# The locked versions, for every supported Python and machine, from the names in pyproject.toml;
# a station gets the same ones without the extras.
LOCK := uv pip compile --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet
lock:
	$(LOCK) pyproject.toml --extra dev -o constraints.txt
	$(LOCK) pyproject.toml --constraint constraints.txt -o systemd/requirements.txt
	echo 'simplejpeg>=1.8' | $(LOCK) - --no-deps -o systemd/requirements-picamera2.txt

clean:
	rm -rf $(VENV) build *.egg-info tools/build tools/*.egg-info
