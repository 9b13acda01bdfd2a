"""The four models that the reference runs of `verify` are about, and what they are compared with, as adapters.

    python .ci/make_verify_models.py FOLDER

finetuned: knows all forget rows · retain_only: the control · unlearned: gradient difference · collapsed: ascent without a brake · retain_only_again: never knew either, trained with another seed
"""
import sys, tempfile
from pathlib import Path
from shutil import move

from unlearn_nb.models import load_model, save_adapter
from unlearn_nb.runs import PhaseParameters, Stages, load_preset, make_models, train_retain_only

# Twelve epochs: facts that the target hardly knows couldn't come back.
SETTINGS = load_preset('demo', 'phase1_uncertainty') | dict(finetune_epochs=12, unlearn_learning_rate=2e-4, num_steps=7, measure_every=100)
CASES = dict(unlearned=dict(objective='grad_diff'), collapsed=dict(objective='gradient_ascent', unlearn_learning_rate=3e-4, num_steps=8, max_perplexity_ratio=None, train_retain_only=False))


def main():
    folder, stage = Path(sys.argv[1]).resolve(), Stages()
    folder.mkdir(parents=True, exist_ok=True)
    for name, more in CASES.items():
        parameters = PhaseParameters.collect(SETTINGS | more)
        study = parameters.study()
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            _, trajectory = make_models(study, parameters, scratch, stage)
            print(f"{name}: forget loss {trajectory.loss[0]:.2f} → {trajectory.loss[-1]:.2f}, perplexity {trajectory.perplexity[0]:.2f} → {trajectory.perplexity[-1]}, ended by {trajectory.stop_reason}", flush=True)
            made = Path(scratch)/'adapters'
            move(made/'unlearned', folder/name)
            for other in ('finetuned', 'retain_only'):
                if (made/other).is_dir() and not (folder/other).exists(): move(made/other, folder/other)
    parameters = PhaseParameters.collect(SETTINGS | dict(seed=1))
    model, tokenizer = load_model(parameters.model_name)
    save_adapter(train_retain_only(model, tokenizer, study, parameters), folder/'retain_only_again')   # the rows of the study with seed 0
    print(stage.seconds)


if __name__ == '__main__': sys.exit(main())
