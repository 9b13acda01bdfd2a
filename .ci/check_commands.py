"""Run every command that README and the notebooks tell a reader to type, with small settings, and count them.

    python .ci/check_commands.py

Code blocks and inline code are taken from the pages. What CI runs as it stands is not run again: for it, the place that does so is looked up. A command that is neither fails.
"""
import os, re, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from unlearn_nb.data import ParameterError
from unlearn_nb.sweeps import read_grid

ROOT = Path(__file__).resolve().parent.parent
RUNNABLE = ('make', 'unlearn-nb', 'papermill', 'python', 'source', 'from', 'import', 'phase:')
PROGRAMS = ('make', 'unlearn-nb', 'papermill', 'pip', 'python', 'jupyter', 'source', 'accelerate')   # what makes inline code a command
# Command → the file that runs it, and how it says so there.
RUN_ELSEWHERE = {'make test': ('.ci/run', 'check make --silent test'), 'make export': ('.ci/run', 'make --silent export'), 'make docs': ('.ci/run', 'check make --silent docs'), 'make lab': ('.ci/run', '.ci/check_lab.py'),
                 "pip install -e '.[cluster]'": ('.ci/run', "--editable '.[cluster]'"), 'accelerate launch': ('nbs/05_training.ipynb', "'accelerate.commands.launch'"),
                 'python -m unlearn_nb.meta_evaluation RUN RUN …': ('nbs/19_meta_evaluation.ipynb', "main([f'{folder}/near', f'{folder}/again', '--write'")}
SMALL = [('--preset demo', '--preset smoke'), ('presets/tofu.yaml', 'presets/smoke.yaml'), (' -p data_source path/to/TOFU', ''), (' out.ipynb', ' {scratch}/out.ipynb'), ('path/to/taught', '{scratch}/demo/adapters/finetuned'),
         ('path/to/unlearned', '{scratch}/demo/adapters/unlearned -p model_name tiny-random'), ('path/to/model', '{scratch}/demo/adapters/unlearned'), ('papermill_runs/phase1/demo/eval_logs', '{scratch}/demo/eval_logs'),
         ('papermill_runs/phase1/local/demo', '{scratch}/demo'), ('grid.yaml', '{scratch}/grid.yaml --out {scratch}/sweep'), ('preset: demo', 'preset: smoke'), ('[grad_diff, npo]', '[npo]'), ('[8, 12]', '[1]'), ('[0, 1, 2]', '[0]'), ('smollm2-135m', 'tiny-random'),
         (' RUN --write mine.json', ' papermill_runs/phase3/demo --write {scratch}/mine.json'), ('memory --source path/to/TOFU', 'memory --memory-rows 2 4 --model tiny-random')]


def pages():
    "Name and text of everything that a reader reads."
    yield 'README.md', (ROOT/'README.md').read_text(encoding='utf-8')
    for path in sorted([*(ROOT/'nbs').glob('*.ipynb'), *(ROOT/'nbs'/'phases').glob('*.ipynb')]):
        yield path.relative_to(ROOT).as_posix(), '\n\n'.join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == 'markdown')


def commands_of(text):
    "What a page tells its reader to type: commands, Python, grids. Everything else in a code block is returned, too: nothing covers it."
    for token in MarkdownIt().enable('table').parse(text):
        if token.type in ('fence', 'code_block'):
            if token.info == 'bibtex': continue
            first = token.content.split()[0]
            if first in ('from', 'import', 'phase:'): yield token.content
            else: yield from (line.split('   #')[0].strip() for line in token.content.splitlines() if line.strip())
        for child in token.children or ():
            if child.type == 'code_inline' and child.content.split()[0] in PROGRAMS and ' ' in child.content: yield child.content


def small(command, scratch):
    "The command as it is run here."
    if command.startswith('make '): command = subprocess.run(['make', '-n', '-o', '.venv/installed', *command.split()[1:]], cwd=ROOT, capture_output=True, text=True).stdout.strip().split('\n')[-1] or command
    command = command.removeprefix('HF_HUB_OFFLINE=1 .venv/bin/')
    for words, instead in SMALL: command = command.replace(words, instead.format(scratch=scratch))
    if command.endswith('unlearn_nb.bench'): return f'{command} metrics --num-prompts 2 --model tiny-random'
    if re.fullmatch(r'unlearn-nb (run|sweep|compare|report)', command): return f'{command} --help'
    name = 'demo' if 'phase1_uncertainty --preset' in command else command.split()[2] if command.count(' ') > 1 else ''
    if re.search(r'unlearn-nb run \w+ --preset', command): command = re.sub(r' --run-dir \S+', '', command) + f' --run-dir {scratch}/{name}' + (' -p save_adapters true' if name == 'demo' else '')
    return f"{command} -p run_dir {scratch}/papermill" if command.startswith('papermill') else command


def run(command, scratch):
    "What went wrong; nothing if nothing did."
    if command in RUN_ELSEWHERE:
        file, words = RUN_ELSEWHERE[command]
        return "" if words in (ROOT/file).read_text(encoding='utf-8') else f"{file} doesn't run it any more"
    if command.split()[0] not in RUNNABLE: return "nothing covers it"
    tiny = small(command, scratch)
    if command.startswith('phase:'):
        path = Path(scratch)/('example.yaml' if (Path(scratch)/'grid.yaml').exists() else 'grid.yaml')   # the first is README's
        path.write_text(tiny)
        try: read_grid(path)
        except ParameterError as error: return str(error)
        return ""
    environment = os.environ | dict(PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}", PYTHONPATH=str(ROOT), HF_HUB_OFFLINE='1', TQDM_DISABLE='1', OMP_NUM_THREADS='1')
    typed = [sys.executable, '-c', tiny] if command.startswith(('from', 'import')) else ['bash', '-c', tiny]
    try: done = subprocess.run(typed, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired: return "takes more than ten minutes"
    return "" if done.returncode == 0 else f"run as {tiny!r}: exit code {done.returncode}: {(done.stderr or done.stdout)[-500:]}"


def main():
    where, start = {}, time.time()
    for page, text in pages():
        for command in commands_of(text): where.setdefault(command, page)
    where |= {command: 'planted' for command in ('frobnicate --now', 'make coffee', 'unlearn-nb run no_such_phase --preset demo')}
    with tempfile.TemporaryDirectory() as scratch:
        # the demo first, since others want its models; and a grid before its sweep
        order = sorted(where, key=lambda command: (command != 'make demo', not command.startswith('phase:')))
        same = {}   # `make demo` and its recipe are one
        for command in order: same.setdefault(small(command, scratch), command)
        once = [command for command in order if command in same.values()]
        first = [command for command in once if command == 'make demo' or command.startswith('phase:')]
        rest = [command for command in once if command not in first]
        found = {command: run(command, scratch) for command in first}
        with ThreadPoolExecutor(2) as pool: found |= zip(rest, pool.map(lambda command: run(command, scratch), rest))
    wrong = {command: said for command, said in found.items() if bool(said) != (where[command] == 'planted')}
    for command, said in wrong.items(): print(f"FAILED {where[command]}: {command.strip()}\n    {said or 'should have failed'}")
    print(f"commands: {len(found)}, of which {sum(command in RUN_ELSEWHERE for command in found)} are run elsewhere, in {time.time() - start:.0f} s", f"{len(found) - len(wrong)} passed, {len(wrong)} failed", sep='\n')
    return 1 if wrong else 0


if __name__ == '__main__': sys.exit(main())
