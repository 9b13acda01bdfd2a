"Make README.md from nbs/index.ipynb as it was executed: prose and outputs, no code, paths as seen from the top folder."
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
parts = ["<!-- Made from nbs/index.ipynb by `make export`; edit that notebook. -->"]
for cell in nbformat.read(ROOT/'nbs'/'index.ipynb', 4).cells:
    if cell.cell_type == 'markdown': parts.append(cell.source)
    else: parts += [''.join(output['data']['text/markdown']) for output in cell.outputs if 'text/markdown' in output.get('data', {})]
(ROOT/'README.md').write_text('\n\n'.join(parts).replace('](../', '](') + '\n', encoding='utf-8')
