"""Every figure of every committed run, drawn again from its results.json: the same pictures?

    python .ci/check_figures.py

The same matplotlib (pinned) gives the same pixels, up to rounding. Before, one number of one run is changed, to see that a change would be seen.
"""
import sys, tempfile, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from unlearn_nb.figures import draw_figures
from unlearn_nb.results import GuidedResults, load_runs, read_results

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE, SHARE = 8/255, 2e-4   # a pixel differs beyond this much of full brightness; and so many may


def difference(one, other):
    "In words; nothing where the pictures are the same."
    one, other = (imread(path)[..., :3] for path in (one, other))
    if one.shape != other.shape: return f"{other.shape[1]}×{other.shape[0]} pixels, committed {one.shape[1]}×{one.shape[0]}"
    share = (np.abs(one - other).max(-1) > TOLERANCE).mean()
    return f"{share:.2%} of the pixels differ" if share > SHARE else ""


def redraw(path, change=False):
    "Figure → what is different. With `change`, one measured number is twice what it was."
    folder, found = Path(path).parent, {}
    results = read_results(path)
    if change: results.ratios[0].value, results.ratios[0].high = 2*results.ratios[0].value, 2*results.ratios[0].high
    with tempfile.TemporaryDirectory() as scratch:
        drawn = draw_figures(results, scratch)
        for name, paths in drawn.items():
            committed = folder/f'{name}.png'
            found[name] = difference(committed, paths['png']) if committed.exists() else "is not committed"
            copy = ROOT/'figures'/f"{'_'.join(folder.relative_to(ROOT/'papermill_runs').parts)}_{name}.png"
            if copy.exists() and copy.read_bytes() != committed.read_bytes(): found[name] += f" {copy.name} is another picture"
        for committed in folder.glob('*.png'):
            if committed.stem not in drawn: found[committed.stem] = "is committed, but no figure of these results"
    return found


def main():
    start = time.time()
    paths = [line['path'] for line in load_runs(ROOT/'papermill_runs').to_dict('records') if line['run'].count('/') == 1]   # one's own runs lie deeper
    changed = next(path for path in paths if not isinstance(read_results(path), GuidedResults))
    with ProcessPoolExecutor(2) as pool: found = {f'{Path(path).parent.relative_to(ROOT)}/{name}': said for path, figures in zip(paths, pool.map(redraw, paths)) for name, said in figures.items()}
    found["a changed number is seen"] = "" if redraw(changed, change=True)['ratios'] else "it isn't"
    wrong = {name: said for name, said in found.items() if said}
    for name, said in wrong.items(): print(f"FAILED {name}: {said}")
    print(f"figures: {len(found) - 1} of {len(paths)} runs in {time.time() - start:.0f} s", f"{len(found) - len(wrong)} passed, {len(wrong)} failed", sep='\n')
    return 1 if wrong else 0


if __name__ == '__main__': sys.exit(main())
