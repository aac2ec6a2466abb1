# The two main commands are `make app` and `make test`. Each does all the set-up it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PEERS := .venv-peers
PEERS_INSTALLED := $(PEERS)/.installed

.PHONY: app build test lint bench bench-peers fuzz train clean

app: $(INSTALLED)
	$(BIN)/python app.py $(if $(PORT),--port $(PORT))

build: $(INSTALLED)
	$(BIN)/qa build seeds

# Three files of tests at a time, as a core is idle while a server or a browser is waited for, the
# longest first; those that measure time or start a cluster follow, alone, and without loading the
# other files again. Each is on one thread: teams of PyTorch's would spin for cores that others use.
# What is compiled is kept, as hundreds of child processes import it again.
test: export OMP_NUM_THREADS := 1
test: export PYTHONDONTWRITEBYTECODE :=
test: $(INSTALLED)
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 30 -m 'not alone'
	$(BIN)/pytest -m alone $$(grep --files-with-matches 'mark\.alone' tests/test_*.py)

# Dependencies are checked twice: all code with all extras, then qa/ without the developers' extras.
lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/deptry --no-ansi .
	$(BIN)/deptry --no-ansi . --extend-exclude 'training|benchmarks|tests' \
		--optional-dependencies-dev-groups train,fuzz,test

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# Mutates files of every format until a loader fails; tests/corpus keeps what was found.
fuzz: $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python tests/fuzz.py

# Compares with other systems over seeds/ and, with DATA as below, over SQuAD; SAMPLE=20 for a trial.
bench-peers: $(INSTALLED) $(PEERS_INSTALLED)
	$(BIN)/python -m benchmarks.peers $(DATA) $(if $(SAMPLE),--sample $(SAMPLE))

# DATA is a folder of labelled questions (*.jsonl.gz), TEXT a file of plain text
# (.jsonl.gz, {"paragraphs": [...]} a line), BEFORE, which may be left out, a checkpoint of
# another reader, to learn from whether there is an answer, NATURAL, which may be left out too, a
# folder of corpora with people's own questions; a run that was cut off goes on.
train: $(INSTALLED)
	@test -n "$(DATA)" -a -n "$(TEXT)" || { \
		echo 'name the data: make train DATA=folder TEXT=file'; exit 2; }
	$(BIN)/python -m training.recipe $(DATA) $(TEXT) $(if $(BEFORE),--before $(BEFORE)) \
		$(if $(NATURAL),--natural $(NATURAL))

clean:
	rm -rf $(VENV) $(PEERS) build

# Touched at the end, so that an interrupted set-up is repeated.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Verbatim needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 2; }
	@echo "Setting up $(VENV): a minute or two, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[milvus,ocr,ray,test,train]'
	@touch $@

# PyTorch first and alone: resolved with the others, pip may choose its CUDA build.
$(PEERS_INSTALLED): benchmarks/peers/requirements.txt benchmarks/peers/constraints.txt
	@echo "Setting up $(PEERS), the other systems: some minutes, once."
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet torch==2.13.0
	$(PEERS)/bin/pip install --quiet --constraint benchmarks/peers/constraints.txt \
		--requirement benchmarks/peers/requirements.txt
	@touch $@
