"""One grid, three ways, one table: two runs at a time; on a Ray cluster of this machine; and killed twice and started again.

    python .ci/sweep_three_ways.py GRID.yaml FOLDER [jobs_2] [ray] [resumed]

Leaves jobs_2.csv, ray.csv and resumed.csv in FOLDER, or those that are named. Each way has run folders and a store of its own, so that none can find what another made. Ends with 1 if the tables are not the same, byte for byte.
"""
import os, signal, socket, subprocess, sys, tempfile, time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd, yaml

from unlearn_nb.sweeps import jobs_of, read_grid

BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | dict(RAY_USAGE_STATS_ENABLED='0', HF_HUB_OFFLINE='1', TQDM_DISABLE='1')


def sweep(grid, folder, *options):
    "Start a sweep in a process group of its own: its process, and the folder of its runs."
    folder.mkdir(exist_ok=True)
    own = folder/'grid.yaml'
    own.write_text(yaml.safe_dump(grid | dict(parameters=grid.get('parameters', {}) | dict(store=str(folder/'store')))))
    command = [sys.executable, '-m', 'unlearn_nb.cli', 'sweep', str(own), '--out', str(folder/'runs'), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, start_new_session=True), folder/'runs'


def finish(process, runs):
    "Wait for a sweep: the text of its table, and what it said last."
    said = process.communicate()[0].strip().splitlines()
    if process.returncode: sys.exit('\n'.join(said))
    return (runs/'sweep.csv').read_text(), said[-1]


def wait_for(runs, count, process):
    "Until so many runs are done."
    while len(list(runs.glob('*/job.json'))) < count:
        if process.poll() is not None: sys.exit(process.communicate()[0])
        time.sleep(.1)


@contextmanager
def ray_cluster(attempts=6):
    "A cluster of this machine; yields its address. On a busy machine Ray gives up on itself after half a minute, so it is tried again."
    for _ in range(attempts):
        ports = []
        for _ in range(5):
            with socket.socket() as free: free.bind(('127.0.0.1', 0)); ports.append(free.getsockname()[1])
        options = [f'--{name}={port}' for name, port in zip(('port', 'dashboard-agent-listen-port', 'dashboard-agent-grpc-port', 'runtime-env-agent-port', 'metrics-export-port'), ports)]
        with tempfile.NamedTemporaryFile('w+') as said:
            head = subprocess.Popen([BIN/'ray', 'start', '--head', '--block', '--num-cpus=2', '--include-dashboard=false', *options], stdout=said, stderr=said, env=ENVIRONMENT)
            told = lambda: Path(said.name).read_text()
            try:
                while head.poll() is None and 'Ray runtime started' not in told(): time.sleep(.5)
                if head.poll() is None: yield f'127.0.0.1:{ports[0]}'; return
            finally: head.terminate(); head.wait()
            complaint = told()
    sys.exit(complaint)


def jobs_2(grid, folder, total):
    return finish(*sweep(grid, folder, '--jobs', '2'))


def ray(grid, folder, total):
    with ray_cluster() as address: return finish(*sweep(grid, folder, '--ray', address))


def resumed(grid, folder, total):
    again = lambda: sweep(grid, folder, '--jobs', '2')
    process, runs = again(); wait_for(runs, total//2, process)
    os.killpg(process.pid, signal.SIGKILL); process.communicate()                                    # half-way: the sweep and the runs that it had begun
    process, runs = again(); wait_for(runs, total*3//4, process)
    process.kill(); process.stdout.close(); process.wait()                                            # later: the sweep alone; its runs live on
    return finish(*again())


def main():
    grid, out, ways = yaml.safe_load(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), sys.argv[3:] or ('jobs_2', 'ray', 'resumed')
    out.mkdir(parents=True, exist_ok=True)
    for name in ways:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch: table, last = globals()[name](grid, Path(scratch, name), len(jobs_of(read_grid(sys.argv[1]), scratch)))
        (out/f'{name}.csv').write_text(table)
        print(f"{name}: {last}, {time.monotonic()-start:.0f} s", flush=True)

    tables = {path.name: path.read_text() for path in sorted(out.glob('*.csv'))}
    found = pd.read_csv(out/f'{ways[0]}.csv')
    told = [name for name in found if name in ('run', 'seed', *grid['grid'])]
    print(f"{len(found)} runs, {len(found.drop(columns=told).drop_duplicates())} different results; {', '.join(tables)}: {'the same table' if len(set(tables.values())) == 1 else 'NOT THE SAME'}")
    return len(set(tables.values())) > 1


if __name__ == '__main__': sys.exit(main())
