"""Run every numbered notebook from top to bottom in a real Jupyter kernel and count its checks.

A check is a code cell that asserts something. Cells marked `#| cuda` count as skipped where there is no GPU.
With --save, what the cells put out is kept in the notebook. Other arguments are parts of notebooks' names; without any, all are run, but those that follow --without.
A notebook ends at its first error: that cell counts as failed, and the checks after it as failed too, since nobody saw them pass.
"""
import argparse, os, re, sys, time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
CHECK = re.compile(r'^\s*(if .*: *)?(assert\b|test_(eq|close|fail)\()|; *(assert |test_(eq|close|fail)\()', re.MULTILINE)
SLOWEST = ('07', 'appendix_four', '06', '15', 'appendix_int', 'primer', '16', '02', '05')   # begun first, so that none of them is still at work when all others are done
SECONDS_A_CELL = 1500   # for a cell that hangs; the longest takes five minutes when nothing else runs


def run(path, has_cuda, save):
    "One notebook: name, passed, failed, skipped, seconds, error text."
    notebook = nbformat.read(path, 4)
    checks = [cell.id for cell in notebook.cells if cell.cell_type == 'code' and CHECK.search(cell.source)]
    skipped = {cell.id for cell in notebook.cells if cell.id in checks and '#| cuda' in cell.source and not has_cuda}
    done, start, error = set(), time.time(), ''
    client = NotebookClient(notebook, timeout=SECONDS_A_CELL, resources={'metadata': {'path': str(path.parent)}},
                            on_cell_executed=lambda cell, cell_index, execute_reply: done.add(cell.id) if execute_reply['content']['status'] == 'ok' else None)
    try: client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure: error = str(failure)
    passed = sum(cell in done for cell in checks if cell not in skipped)
    failed = len(checks) - len(skipped) - passed
    if save and not error: nbformat.write(client.nb, path)
    return path.name, passed, max(failed, 1) if error else failed, len(skipped), time.time() - start, error


def main():
    import torch
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('wanted', nargs='*', metavar='NAME', help="parts of notebooks' names; none for all")
    parser.add_argument('--without', nargs='+', default=[], metavar='NAME', help="parts of names that are left out")
    parser.add_argument('--save', action='store_true', help="keep what the cells put out")
    chosen = parser.parse_args()
    named = lambda path, words: any(word in path.name for word in words)
    notebooks = sorted(path for path in (ROOT/'nbs').glob('*.ipynb') if (not chosen.wanted or named(path, chosen.wanted)) and not named(path, chosen.without))
    os.environ.update(HF_HUB_OFFLINE='1', TQDM_DISABLE='1', PYTHONPATH=str(ROOT), OMP_NUM_THREADS=str(max(1, (os.cpu_count() or 2)//2)))
    print(f"{len(notebooks)} notebooks, two at a time")
    totals = [0, 0, 0]
    with ProcessPoolExecutor(2) as pool:
        rank = lambda path: next((i for i, name in enumerate(SLOWEST) if path.name.startswith(name)), len(SLOWEST))
        slowest_first = sorted(notebooks, key=rank)
        for job in as_completed([pool.submit(run, path, torch.cuda.is_available(), chosen.save) for path in slowest_first]):
            name, *counts, seconds, error = job.result()
            totals = [total + count for total, count in zip(totals, counts)]
            print(f"{'FAILED' if error or counts[1] else 'ok':7}{name:40}{counts[0]:4} passed{counts[1]:4} failed{counts[2]:4} skipped {seconds:6.0f} s", flush=True)
            if error: print(error, flush=True)
    print(f"{totals[0]} passed, {totals[1]} failed" + (f", {totals[2]} skipped" if totals[2] else ''))
    return 1 if totals[1] or not totals[0] else 0


if __name__ == '__main__': sys.exit(main())
