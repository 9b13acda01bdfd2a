"Make README.md from nbs/index.ipynb: prose and outputs, no code, paths as seen from the top folder. The notebook is executed first, so that its numbers are those of the committed results."
from pathlib import Path

import nbformat
from execnb.nbio import read_nb, write_nb
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT/'nbs'/'index.ipynb'
executed = NotebookClient(nbformat.read(PATH, 4), timeout=600, resources={'metadata': {'path': str(PATH.parent)}}).execute()
notebook, parts = read_nb(PATH), ["<!-- Made from nbs/index.ipynb by `make export`; edit that notebook. -->"]
for cell, fresh in zip(notebook.cells, executed.cells):
    if cell.cell_type == 'markdown': parts.append(cell.source); continue
    said = [output['data']['text/markdown'] for output in fresh.outputs if 'text/markdown' in output.get('data', {})]
    cell.outputs = [dict(output_type='execute_result', execution_count=None, metadata={}, data={'text/markdown': text.splitlines(True), 'text/plain': ['<IPython.core.display.Markdown object>']}) for text in said]
    parts += said
write_nb(notebook, PATH)
(ROOT/'README.md').write_text('\n\n'.join(parts).replace('](../', '](') + '\n', encoding='utf-8')
