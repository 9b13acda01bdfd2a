"""The documentation site in _docs, made from the notebooks with the outputs that are stored in them. Nothing is executed, and nobody is asked for anything.

    python .ci/make_docs.py

nbdev processes the notebooks into _proc; Quarto renders that where it is installed, smalldocs elsewhere, from the same _quarto.yml.
"""
import ast, inspect, math, os, re, shutil, subprocess, sys
from html import escape, unescape
from importlib import import_module
from pathlib import Path

import yaml, ziamath
from execnb.nbio import mk_cell, read_nb, write_nb
from latex2mathml.converter import convert
from nbdev.config import get_config
from nbdev.processors import Processor, FilterDefaults, _default_exp, add_fold, add_show_docs, clean_show_doc, exec_show_docs, mv_exports, rm_export
from nbdev.quarto import _nbdev_yml
from nbdev.showdoc import BasicMarkdownRenderer
from fastcore.docments import docments
from pandas.io.formats import style   # named in annotations, and not imported by pandas itself
from pydantic import BaseModel

from unlearn_nb.figures import plane_figure, save_figure
from unlearn_nb.reports import guidance_helped
from unlearn_nb.results import GuidedResults, RunResults, load_runs, read_results

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT/'_proc'
THUMBNAILS = ('guidance', 'measures', 'plane', 'ratios', 'metrics')   # the figure that stands for a run in the gallery: the first that it has
FOREIGN = re.compile(r'@import *(?:url\([^)]*//[^)]*\)|"[^"]*//[^"]*") *;')   # fonts that a theme would fetch


class ApiTables(Processor):
    "Before each exported cell a table for every public name that it defines; the code itself follows, folded. Taken from the module: no cell is executed."
    def begin(self):
        name, cells = _default_exp(self.nb), []
        module = name and import_module(f'unlearn_nb.{name}')
        for cell in self.nb.cells:
            if 'export' in cell.directives_:
                for defined in ast.parse(cell.source).body: cells += [mk_cell(text, 'markdown') for text in api_of(module, defined)]
                cell.source = f'#| code-fold: true\n#| code-summary: "Source"\n{cell.source}'
            cells.append(cell)
        self.nb.cells = [cell for cell in cells if 'hide' not in getattr(cell, 'directives_', {}) and 'default_exp' not in getattr(cell, 'directives_', {})]


class ApiTable(BasicMarkdownRenderer):
    "nbdev's heading and docstring; signature, types, defaults and meanings as a table; a source link that knows its line."
    def __init__(self, sym, name=None, title_level=3): self.sym, self.nm, self.title_level = inspect.unwrap(sym), name or sym.__name__, title_level

    def parameters(self):
        "Name, type, default and meaning of each parameter or field, and what is returned."
        if inspect.isclass(self.sym) and issubclass(self.sym, BaseModel):
            written = {name: kind for base in reversed(self.sym.__mro__) for name, kind in base.__dict__.get('__annotations__', {}).items()}
            return [(name, written.get(name, ''), '' if field.is_required() else repr(field.get_default(call_default_factory=True)), field.description or '') for name, field in self.sym.model_fields.items()], None
        if inspect.isclass(self.sym) and not {'__init__', '__dataclass_fields__'} & set(vars(self.sym)): return [], None
        text = lambda value: '' if value is inspect.Parameter.empty else value if isinstance(value, str) else getattr(value, '__name__', str(value))
        found = docments(self.sym, full=True)
        defaults = {name: '' if p.default is p.empty else '…' if '<' in repr(p.default) else repr(p.default) for name, p in inspect.signature(self.sym).parameters.items()}
        returned = found.pop('return', None)
        return [(name, text(p.anno), defaults[name], p.docment or '') for name, p in found.items() if name not in ('self', 'cls')], None if inspect.isclass(self.sym) or not returned else ('returns', text(returned.anno), '', returned.docment or '')

    def _repr_markdown_(self):
        parameters, returned = self.parameters()
        code = lambda text: '<code>' + escape(text).replace('|', '&#124;') + '</code>' if text else ''
        cell = lambda text: escape(text, quote=False).replace('|', '&#124;').replace('\n', ' ')
        lines = [f"| {code(name)} | {code(kind)} | {code(default)} | {cell(meaning)} |" for name, kind, default, meaning in parameters]
        if returned and any(returned[1:]): lines.append(f"| **returns** | {code(returned[1])} |  | {cell(returned[3])} |")
        signature = f"{self.nm}({', '.join(name + (f'={default}' if default else '') for name, _, default, _ in parameters)})"
        source = Path(inspect.getsourcefile(self.sym)).relative_to(ROOT).as_posix()
        link = f"{get_config().git_url}/blob/{get_config().branch}/{source}#L{inspect.getsourcelines(self.sym)[1]}"
        head = f"{'#'*self.title_level} {self.nm} {{.api}}\n\n[source]({link}){{.api-source}}\n\n"
        if not (inspect.isclass(self.sym) and not parameters): head += f"```python\n{signature if len(signature) < 400 else self.nm + '(…)'}\n```\n\n"
        return head + inspect.cleandoc(vars(self.sym).get('__doc__') or '' if inspect.isclass(self.sym) else self.sym.__doc__ or '') + '\n' + ('\n'.join(['', '::: {.api-table}', '', "| name | type | default | meaning |", "|---|---|---|---|", *lines, '', ':::']) if lines else '')


def api_of(module, defined):
    "The table of a function or class, and of a class's documented methods."
    if not isinstance(defined, (ast.FunctionDef, ast.ClassDef)) or defined.name.startswith('_'): return
    symbol = getattr(module, defined.name)
    yield ApiTable(symbol)._repr_markdown_()
    for method in defined.body if isinstance(defined, ast.ClassDef) else ():
        if isinstance(method, ast.FunctionDef) and not method.name.startswith('_') and ast.get_docstring(method) and callable(getattr(symbol, method.name)):
            yield ApiTable(getattr(symbol, method.name), f'{defined.name}.{method.name}', 4)._repr_markdown_()


class DocsProcessors(FilterDefaults):
    "nbdev's, without those that execute cells to get at the tables."
    def base_procs(self): return [ApiTables] + [p for p in super().base_procs() if p not in (add_show_docs, clean_show_doc, exec_show_docs, mv_exports, rm_export, add_fold)]


def page_of(path):
    "Where a file of the repository lies on the site; None if it isn't there. The names are those that nbdev links to: without numbers."
    path = Path(os.path.normpath(path)).relative_to(ROOT)
    top, rest = path.parts[0], Path(*path.parts[1:])
    if top == 'nbs': return rest.with_name(re.sub(r'^\d+_', '', rest.name))
    if top == 'papermill_runs': return 'runs'/(rest.with_name('index.ipynb') if rest.suffix == '.ipynb' else rest)
    return path if top == 'figures' else None


def relink(text, source):
    "Links between files of the repository become links between pages, and those to files that are no page go to the repository."
    def new(match):
        before, target, fragment, after = match.groups()
        if re.match(r'[a-z]+:|#|/', target) or not (source.parent/target).exists(): return match.group()
        page = page_of(source.parent/target)
        to = Path(os.path.relpath(page, page_of(source).parent)).as_posix() if page else f"{get_config().git_url}/blob/{get_config().branch}/{os.path.relpath(os.path.normpath(source.parent/target), ROOT)}"
        return f'{before}{to}{fragment}{after}'
    return re.sub(r'(\]\()([^)#\s]+)(#[^)\s]*)?(\))', lambda m: new(re.match(r'(\]\()([^)#\s]+)((?:#[^)\s]*)?)(\))', m.group())), text)


def process(source, front=None, head=''):
    "One notebook, as nbdev and the renderer want it; `front` and `head` come before its own cells."
    nb, page = read_nb(source), PAGES/page_of(source)
    nb.path_ = str(page)
    title, _, rest = nb.cells[0].source.partition('\n')
    if front: nb.cells[0].source = rest.strip()
    if front: nb.cells[:0] = [mk_cell(f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---", 'raw'), mk_cell(head, 'markdown')]
    else:   # nbdev keeps the title and the quoted line below it, and nothing else of the first cell
        lines = rest.strip().partition('\n') if rest.strip().startswith('>') else ('', '', rest)
        nb.cells[0].source = f"{title}\n\n{lines[0]}".strip()
        nb.cells.insert(1, mk_cell(lines[2].strip(), 'markdown'))
    for cell in nb.cells:
        if cell.cell_type == 'markdown': cell.source = relink(cell.source, source)
        for output in cell.get('outputs', []):
            if 'text/markdown' in output.get('data', {}): output.data['text/markdown'] = relink(''.join(output.data['text/markdown']), source).splitlines(True)
        if cell.cell_type == 'code':   # what progress bars leave behind
            cell.outputs = [output for output in cell.outputs if output.output_type != 'stream' or re.sub(r'\x1b?\[A|\s', '', ''.join(output.text))]
    DocsProcessors()(nb)
    nb.cells[0].source = re.sub(r'^output-file:.*\n', '', nb.cells[0].source, flags=re.MULTILINE)   # the page has that name already
    page.parent.mkdir(parents=True, exist_ok=True)
    write_nb(nb, page)


RATIOS = {"UR over base": 'uncertainty_ratio', "controlled ratio": 'controlled_ratio', "stressed ratio": 'stressed_ratio'}


def in_words(line, ratio):
    "'0.44 [0.37, 0.52]', from a line of `load_runs`; nothing where the run has no such ratio."
    values = [line.get(f'{ratio}{end}', math.nan) for end in ('', '_low', '_high')]
    return '' if math.isnan(values[0]) else '{:.2f} [{:.2f}, {:.2f}]'.format(*values)


def process_run(line):
    "A reference run, from its line of `load_runs`: its page, and beside it everything that it left."
    run, folder, name = read_results(line['path']), Path(line['path']).parent, line['run']
    shutil.copytree(folder, PAGES/'runs'/name, ignore=shutil.ignore_patterns('*.ipynb', 'adapters'))
    notebook = next(folder.glob('*.ipynb'))
    title = read_nb(notebook).cells[0].source.splitlines()[0].lstrip('# ')
    if isinstance(run, GuidedResults):
        label, guided = "when to stop", [stop for stop in run.stops if stop.rule == 'guided']
        said = [f"the goal was reached in {sum(stop.reason == 'uncertainty' for stop in guided)} of {len(guided)} trajectories", f"against a fixed number of steps: {guidance_helped(run)}"]
    else: label, said = getattr(run, 'verdict', None) and run.verdict.label, [f"{words} {in_words(line, ratio)}" for words, ratio in RATIOS.items() if in_words(line, ratio)]
    picture = next((f'{figure}.png' for figure in THUMBNAILS if (folder/f'{figure}.png').exists()), None)
    front = dict(title=f"{name}: {label}" if label else name, description='; '.join(said) or title, categories=[word for word in (label, run.phase) if word]) | (dict(image=picture) if picture else {})
    files = ' · '.join(f"[{file}]({file})" for file in ('report.html', 'results.json') if (folder/file).exists())
    process(notebook, front, f"*{title}* {run.model} on `{run.data_source}`, {run.created[:10]}. To be mailed: {files}.")
    return name


def gallery(runs):
    "The page of all reference runs: a card each, then the same as a table."
    lines = ["| run | model | data | verdict | " + ' | '.join(RATIOS) + " | minutes |", "|---"*(5 + len(RATIOS)) + "|"]
    for line in runs:
        verdict = f"**{line['verdict']}**" if isinstance(line['verdict'], str) else ''
        lines.append(f"| [{line['run']}]({line['run']}/index.ipynb) | {line['model']} | `{line['data_source']}` | {verdict} | " + ' | '.join(in_words(line, ratio) for ratio in RATIOS.values()) + f" | {line['seconds']/60:.0f} |")
    listing = {'id': 'gallery', 'contents': [f"{line['run']}/index.ipynb" for line in runs], 'type': 'grid', 'fields': ['image', 'title', 'description', 'categories'], 'categories': True, 'sort': 'title', 'sort-ui': False, 'grid-columns': 2, 'image-height': '12em'}
    front = dict(title="Reference runs", description="Every run that is committed, with its verdict and its ratios, read from its results.json.", listing=listing)
    judged = {line['run']: run for line in runs if isinstance(run := read_results(line['path']), RunResults)}
    save_figure(plane_figure(judged), PAGES/'runs', 'plane')
    (PAGES/'runs'/'index.md').write_text(f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n::: {{#gallery}}\n:::\n\n## Side by side\n\n![Perplexity against uncertainty, with the regions of the labels](plane.png)\n\n## In numbers\n\n" + '\n'.join(lines) + "\n\nIntervals: 95 %, bootstrap over prompts. What the numbers mean, and when not to trust them, stands on the [first page](../index.ipynb).\n", encoding='utf-8')


def sidebar(names):
    "Sections in reading order."
    notebooks = sorted((ROOT/'nbs').glob('*.ipynb'))
    title = lambda path: read_nb(path).cells[0].source.splitlines()[0].lstrip('# ')
    entry = lambda path, text=None: dict(text=text or title(path), href=str(page_of(path)))
    first = [path for path in notebooks if path.stem in ('index', 'primer')]
    numbered = [path for path in notebooks if path.name[:2].isdigit()]
    rest = [path for path in notebooks if path not in first + numbered]
    sections = {"Start here": [entry(path) for path in first], "How it works": [entry(path, f"{path.name[:2]} {title(path)}") for path in numbered],
                "Experiments": [entry(path) for path in sorted((ROOT/'nbs'/'phases').glob('*.ipynb'))],
                "Reference runs": [dict(text="All of them", href='runs/index.md'), *(dict(text=name, href=f'runs/{name}/index.ipynb') for name in names)],
                "Appendices": [entry(path, title(path).removeprefix('appendix: ')) for path in rest]}
    return yaml.safe_dump(dict(website=dict(sidebar=dict(contents=[dict(section=name, contents=contents) for name, contents in sections.items()]))), sort_keys=False)


def finish(page, site):
    "Equations as MathML, which a browser shows by itself; links to the published site made relative."
    text = original = page.read_text(encoding='utf-8')
    up = Path(os.path.relpath(site, page.parent)).as_posix()
    text = text.replace(f'href="{get_config().doc_host}{get_config().doc_baseurl}/', f'href="{up}/')
    text = re.sub(r'<(?:script|link)[^>]*katex[^>]*>(?:</script>)?', '', text)
    text = re.sub(r'<span class="math (inline|display)">\\[(\[](.*?)\\[)\]]</span>', lambda m: convert(unescape(m.group(2)), display='block' if m.group(1) == 'display' else 'inline'), text, flags=re.DOTALL)
    if text != original: page.write_text(text, encoding='utf-8')


def main():
    config = get_config()
    shutil.rmtree(PAGES, ignore_errors=True)
    for source in sorted([*(ROOT/'nbs').glob('*.ipynb'), *(ROOT/'nbs'/'phases').glob('*.ipynb')]): process(source)
    runs = [line for line in load_runs(ROOT/'papermill_runs').to_dict('records') if line['run'].count('/') == 1]   # one's own runs lie deeper
    for line in runs: process_run(line)
    shutil.copy(ROOT/'papermill_runs'/'results.schema.json', PAGES/'runs')
    shutil.copytree(ROOT/'figures', PAGES/'figures')
    shutil.copy(Path(ziamath.__file__).parent/'fonts'/'STIXTwoMath-Regular.ttf', PAGES/'figures')   # SIL Open Font License
    gallery(runs)
    for file in ('_quarto.yml', 'styles.css'): shutil.copy(ROOT/'nbs'/file, PAGES)
    (PAGES/'nbdev.yml').write_text(_nbdev_yml.format(doc_path=config.doc_path.name, **{name: config[name] for name in ('title', 'description', 'branch', 'git_url', 'doc_host', 'doc_baseurl')}))
    (PAGES/'sidebar.yml').write_text(sidebar([line['run'] for line in runs]), encoding='utf-8')
    subprocess.run(['quarto', 'render', PAGES, '--no-execute'] if shutil.which('quarto') else [Path(sys.executable).with_name('smalldocs'), 'render', PAGES], check=True)
    site = PAGES/config.doc_path.name
    for page in site.rglob('*.html'): finish(page, site)
    for sheet in site.rglob('*.css'): sheet.write_text(FOREIGN.sub('', sheet.read_text(encoding='utf-8')), encoding='utf-8')
    shutil.rmtree(config.doc_path, ignore_errors=True)
    shutil.move(site, config.doc_path)
    print(f"{len(list(config.doc_path.rglob('*.html')))} pages: {config.doc_path}/index.html")


if __name__ == '__main__': sys.exit(main())
