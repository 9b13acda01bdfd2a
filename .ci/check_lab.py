"""Start what `make lab` starts, open a notebook in headless Chromium, choose Run → Run All Cells, and look at what a reader would see.

    python .ci/check_lab.py [NOTEBOOK]

It runs on a copy of nbs, so that nothing is saved over the committed notebooks. First a notebook with a mistake in it, to see that a mistake would be seen.
"""
import json, os, re, shlex, signal, subprocess, sys, tempfile, time
from pathlib import Path
from shutil import copytree

import nbformat
from check_docs import DESK, ROOT, browser, watched

MINUTES = 20   # for a notebook on a busy machine; the primer takes three to four on an idle one
STATE = """() => ({
    prompts: [...document.querySelectorAll('.jp-CodeCell')].filter(cell => cell.querySelector('.cm-content')?.innerText.trim()).map(cell => cell.querySelector('.jp-InputPrompt').innerText.trim()),
    errors: [...document.querySelectorAll('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')].map(e => e.innerText).filter(text => text.includes('Traceback (most recent call last)')).map(text => text.slice(-300)),
    figures: [...document.querySelectorAll('.jp-OutputArea-output img, .jp-OutputArea-output svg')].filter(i => i.getBoundingClientRect().width > 100).length})"""


def run_all(chromium, address, notebook):
    "What the notebook looks like when everything has been run."
    context = chromium.new_context(viewport=DESK)
    tab, wrong = watched(context, address)
    tab.goto(f'{address}lab/tree/{notebook}?reset')
    tab.locator('#jp-main-statusbar', has_text='| Idle').wait_for(timeout=120_000)   # the kernel answers
    tab.wait_for_timeout(1000)
    tab.locator('.lm-MenuBar-itemLabel', has_text=re.compile('^Run$')).click()
    tab.locator('.lm-Menu-itemLabel', has_text='Run All Cells').first.click()
    tab.locator('.jp-InputPrompt', has_text=re.compile(r'\[\d+\]')).first.wait_for(timeout=120_000)
    deadline = time.time() + 60*MINUTES
    while (state := tab.evaluate(STATE)) and any('*' in prompt for prompt in state['prompts']) and time.time() < deadline: tab.wait_for_timeout(500)
    tab.wait_for_timeout(500)
    state = tab.evaluate(STATE) | dict(foreign=[line for line in wrong if line.startswith('asks another host')])
    if shot := os.environ.get('SCREENSHOT'): tab.screenshot(path=shot)
    context.close()
    return state


def mistakes(state):
    "What a reader would complain about."
    not_run = sum(not re.fullmatch(r'\[\d+\]:', prompt) for prompt in state['prompts'])
    return [*state['errors'], *state['foreign'], *([f"{not_run} of {len(state['prompts'])} cells were not run"] if not_run or not state['prompts'] else []), *([] if state['figures'] else ["no figure is visible"])]


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else next(name for name in ('primer.ipynb', '11_figures.ipynb') if (ROOT/'nbs'/name).exists())
    start, found = time.time(), {}
    with tempfile.TemporaryDirectory() as scratch, browser() as chromium:
        scratch = Path(scratch)
        copytree(ROOT/'nbs', scratch/'nbs')
        for beside in ('papermill_runs', 'figures'): (scratch/beside).symlink_to(ROOT/beside)
        nbformat.write(nbformat.v4.new_notebook(metadata=dict(kernelspec=dict(name='python3', display_name='python3', language='python')), cells=[nbformat.v4.new_code_cell('1 + 1'), nbformat.v4.new_code_cell('1/0'), nbformat.v4.new_code_cell('2 + 2')]), scratch/'nbs'/'planted.ipynb')
        for setting, value in {'notebook-extension/tracker': dict(windowingMode='none'), 'apputils-extension/notification': dict(fetchNews='false', checkForUpdates=False)}.items():   # every cell is in the page, seen or not; no news
            path = scratch/'settings'/'@jupyterlab'/f'{setting}.jupyterlab-settings'
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(value))
        command = shlex.split(subprocess.run(['make', '-n', '-o', '.venv/installed', 'lab'], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        environment = os.environ | dict(JUPYTERLAB_SETTINGS_DIR=str(scratch/'settings'), JUPYTERLAB_WORKSPACES_DIR=str(scratch/'workspaces'), JUPYTER_RUNTIME_DIR=str(scratch/'runtime'), HF_HUB_OFFLINE='1', PYTHONPATH=str(ROOT))
        log = (scratch/'log').open('w')
        lab = subprocess.Popen([ROOT/command[0], *command[1:], '--no-browser', '--allow-root', '--ip=127.0.0.1', '--port=0', '--IdentityProvider.token='], cwd=scratch, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            while not (address := re.search(r'(http://127\.0\.0\.1:\d+/)lab', (scratch/'log').read_text())) and lab.poll() is None and time.time() < start + 120: time.sleep(.3)
            if not address: sys.exit(f"JupyterLab did not start:\n{(scratch/'log').read_text()[-2000:]}")
            planted = mistakes(run_all(chromium, address.group(1), 'planted.ipynb'))
            found["a planted error is seen"] = [] if any('ZeroDivisionError' in line for line in planted) and any('not run' in line for line in planted) and "no figure is visible" in planted else [f"seen: {planted}"]
            state = run_all(chromium, address.group(1), name)
            found[f"{name} runs in JupyterLab"] = mistakes(state)
        finally:
            if lab.poll() is None: os.killpg(lab.pid, signal.SIGTERM); lab.wait(30)
    for check, wrong in found.items():
        if wrong: print(f"FAILED {check}", *(f"    {line}" for line in wrong), sep='\n')
    failed = sum(map(bool, found.values()))
    print(f"JupyterLab: {name}, {len(state['prompts'])} cells, {state['figures']} figures in {time.time() - start:.0f} s", f"{len(found) - failed} passed, {failed} failed", sep='\n')
    return 1 if failed else 0


if __name__ == '__main__': sys.exit(main())
