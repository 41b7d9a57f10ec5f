# Every target does its own set-up: a .venv from constraints.txt, made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check format proto bench-engine bench-accuracy bench-coverage bench-service docs notebooks pictures image-check bench-groups bench-memory bench-joint bench-spark bench-mixtures chaos clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: $(READY) ## fit every family of SciPy to a real column, here and through a service of its own
	@$(BIN)/warmfit demo --service

test: $(READY) ## run the tests
	@$(BIN)/python -m pytest

check: $(READY) ## formatting, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proto: $(READY) ## generate the Python modules of the wire format
	$(BIN)/python proto/generate.py

bench-engine: $(READY) ## what a fit costs, as ratios to a peer, and docs/performance.md
	@$(BIN)/python benchmarks/engine.py

bench-accuracy: $(READY) ## how often and how well the truth is found, and docs/accuracy.md
	@$(BIN)/python benchmarks/accuracy.py

bench-coverage: $(READY) ## whether intervals cover and p-values are uniform, into docs/accuracy.md
	@$(BIN)/python benchmarks/coverage.py

bench-service: $(READY) ## what the service costs, as ratios to a plain gRPC echo, into docs/performance.md
	@$(BIN)/python benchmarks/service.py

docs: $(READY) ## build the site from docs/ into build/site, warnings being errors
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/site && echo build/site/index.html

notebooks: $(READY) ## execute the notebooks of the site again; needs Java and `warmfit serve`
	@$(BIN)/jupyter execute --inplace docs/notebooks/*.ipynb

pictures: $(READY) ## draw the pictures of the site again, those of the page in Chromium
	@$(BIN)/python docs/pictures.py
	@$(BIN)/python docs/page_pictures.py

image-check: $(READY) ## take the steps of k8s/Dockerfile without Docker and start the service from them; as root
	@$(BIN)/python k8s/image/check.py

bench-groups: $(READY) ## ten families by ten thousand groups, against SciPy in Spark, into docs/performance.md
	@$(BIN)/python benchmarks/groups.py

bench-memory: $(READY) ## how much memory a fit takes of rows that are read in batches
	@$(BIN)/python benchmarks/memory.py

bench-joint: $(READY) ## what drawing from a copula costs, and whether correlations are unbiased, into docs/performance.md
	@$(BIN)/python benchmarks/joint.py

bench-spark: $(READY) ## what a fit of a Spark frame costs, against a peer and a plain aggregate, into docs/performance.md
	@$(BIN)/python benchmarks/spark.py

bench-mixtures: $(READY) ## mixtures beside scikit-learn's, into docs/performance.md
	@$(BIN)/python benchmarks/mixtures.py

chaos: $(READY) ## kill what a service under load consists of, cut its power, load it twice over
	@$(BIN)/python benchmarks/chaos.py

clean: ## remove the environment and caches
	rm -rf $(VENV) .venv-peer .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
