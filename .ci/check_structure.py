"The numbering is the dependency order: a notebook imports only from lower numbers. And no notebook shows a folder of the machine that ran it."
import re, sys, tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
number, imports = {}, {}
for path in sorted((ROOT/'nbs').glob('[0-9][0-9]_*.ipynb')):
    code = '\n'.join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == 'code' and cell.source.startswith('#| export'))
    name = path.stem[3:]
    number[name] = int(path.stem[:2])
    imports[name] = set(re.findall(r'^\s*from unlearn_nb\.(\w+) import', code, re.MULTILINE))
wrong = [f"{name} ({number[name]:02}) imports {other} ({number.get(other, '?')})" for name, others in imports.items() for other in others if number.get(other, 99) >= number[name]]
home = re.compile('|'.join(re.escape(str(folder)) for folder in {tempfile.gettempdir(), Path.home(), ROOT}) + '|_tmp_tmp')
wrong += [f"{path.relative_to(ROOT)} shows a folder of this machine: {found.group()}" for path in sorted((ROOT/'nbs').rglob('*.ipynb')) for cell in nbformat.read(path, 4).cells if cell.cell_type == 'code' for output in cell.outputs if (found := home.search(str(output)))]
print('\n'.join(wrong) or f"{len(number)} modules import only from lower numbers")
sys.exit(bool(wrong))
