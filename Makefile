# `make demo` and `make test` set up what they need; nothing else is needed before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench setup clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	mkdir -p $(VENV)/typing && ln -sfn "$(CURDIR)/tools" $(VENV)/typing/posture_tools && ln -sfn "$(CURDIR)/edge" $(VENV)/typing/edge
	touch $@

demo: $(READY)
	$(BIN)/posture-station demo

test: $(READY)
	$(BIN)/pytest

check: $(READY)
	$(BIN)/ruff check edge tools tests
	$(BIN)/ruff format --check edge tools tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: $(READY)
	$(BIN)/posture-station bench

clean:
	rm -rf $(VENV) build *.egg-info
