"""The models that the reference runs of `verify` are about, and what they are compared with, as adapters.

    python .ci/make_verify_models.py FOLDER

finetuned: knows all forget rows · retain_only: the control · unlearned: gradient difference · collapsed: ascent without a brake · entropy_raised, entropy_lowered: unlearned by objectives that game an uncertainty measure · retain_only_again: never knew either, trained with another seed
"""
import sys, tempfile
from pathlib import Path
from shutil import copytree

from unlearn_nb.models import load_model, save_adapter, thaw_adapter
from unlearn_nb.phases import load_preset
from unlearn_nb.runs import PhaseParameters, Stages, make_models, train_retain_only
from unlearn_nb.unlearning import gradual_unlearn_with_monitoring

# Twelve epochs: facts that the target hardly knows couldn't come back.
SETTINGS = load_preset('demo', 'phase1_uncertainty') | dict(finetune_epochs=12, measure_every=100)
UNLEARNED = dict(collapsed=dict(objective='gradient_ascent', unlearn_learning_rate=3e-4, num_steps=8, max_perplexity_ratio=None),
                 entropy_raised=dict(objective='maximum_entropy', unlearn_learning_rate=3e-4, num_steps=10),
                 entropy_lowered=dict(objective='entropy_regularized', unlearn_learning_rate=1e-3, num_steps=10))


def main():
    folder, stage = Path(sys.argv[1]).resolve(), Stages()
    hiding = PhaseParameters.collect(SETTINGS | dict(objective='grad_diff', unlearn_learning_rate=2e-4, num_steps=7))
    study = hiding.study()
    with tempfile.TemporaryDirectory() as scratch:
        _, trajectory = make_models(study, hiding, scratch, stage)
        copytree(Path(scratch)/'adapters', folder, dirs_exist_ok=True)
    print(f"unlearned: forget loss {trajectory.loss[0]:.2f} → {trajectory.loss[-1]:.2f}, perplexity {trajectory.perplexity[0]:.2f} → {trajectory.perplexity[-1]:.2f}, ended by {trajectory.stop_reason}", flush=True)

    for name, settings in UNLEARNED.items():
        parameters = PhaseParameters.collect(SETTINGS | settings)
        model, tokenizer = load_model(folder/'finetuned')
        result = gradual_unlearn_with_monitoring(thaw_adapter(model), tokenizer, study.forget, **parameters.unlearning(study))
        save_adapter(result.model, folder/name)
        path = result.trajectory
        print(f"{name}: forget loss {path.forget_loss.iloc[0]:.2f} → {path.forget_loss.iloc[-1]:.2f}, entropy {path.answer_entropy.iloc[0]:.2f} → {path.answer_entropy.iloc[-1]:.2f}, perplexity {result.baseline_perplexity:.2f} → {path.perplexity.iloc[-1]:.2f}, ended by {result.stop_reason}", flush=True)

    sibling = PhaseParameters.collect(SETTINGS | dict(seed=1))
    model, tokenizer = load_model(sibling.model_name)
    save_adapter(train_retain_only(model, tokenizer, study, sibling), folder/'retain_only_again')   # on the same retain rows
    print(stage.seconds)


if __name__ == '__main__': sys.exit(main())
