"""Open every page of the documentation in headless Chromium, as a reader would, and count what was checked.

    python .ci/check_docs.py

A page passes if it has no console error, asks no other host, shows every image, links to nothing that isn't there, and needs no sideways scrolling at 390 pixels.
What is looked for is first planted on a page of its own, to see that it would be found.
"""
import functools, sys, tempfile, threading, time
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from urllib.parse import unquote, urlsplit

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PHONE, DESK = dict(width=390, height=844), dict(width=1280, height=900)
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync']
FACTS = """() => ({
    width: document.documentElement.scrollWidth,
    wide: [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map(e => e.tagName + '.' + e.className),
    pale: [...document.images].filter(i => i.loading !== 'lazy' && !(i.complete && i.naturalWidth)).map(i => i.src.slice(0, 100)),
    links: [...document.querySelectorAll('a[href]')].map(a => a.href),
    ids: [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name)})"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_): pass


@contextmanager
def served(folder):
    "The folder on localhost; the address."
    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try: yield f'http://127.0.0.1:{server.server_port}/'
    finally: server.shutdown()


@contextmanager
def browser():
    "Debian's Chromium."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=which('chromium'), args=FLAGS)
        try: yield chromium
        finally: chromium.close()


def watched(context, address):
    "A new tab, and the list of what goes wrong in it. Nothing leaves this machine."
    tab, wrong = context.new_page(), []
    tab.on('console', lambda message: wrong.append(f"console: {message.text}") if message.type == 'error' else None)
    tab.on('pageerror', lambda error: wrong.append(f"script: {error}"))
    def route(route):
        url = route.request.url
        if url.startswith((address, 'data:', 'blob:')): return route.continue_()
        wrong.append(f"asks another host: {url}")
        route.abort()
    tab.route('**/*', route)
    return tab, wrong


def look(context, address, pages):
    "What is wrong with each page, and what each links to and can be linked to."
    wrong, links, ids = {}, {}, {}
    tab, heard = watched(context, address)
    for page in pages:
        heard.clear()
        tab.goto(address + page, wait_until='load')
        facts = tab.evaluate(FACTS)
        if facts['width'] > PHONE['width']: heard.append(f"{facts['width']} pixels wide at {PHONE['width']}: {', '.join(facts['wide'])}")
        heard += [f"image not shown: {image}" for image in facts['pale']]
        wrong[page], links[page], ids[page] = list(heard), facts['links'], set(facts['ids'])
    tab.close()
    return wrong, links, ids


def check_pages(chromium, folder):
    "Page → what is wrong with it."
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*.html'))
    with served(folder) as address:
        context = chromium.new_context(viewport=PHONE)
        wrong, links, ids = look(context, address, pages)
        context.close()
    for page in pages:
        for link in dict.fromkeys(links[page]):
            if not link.startswith(address): continue
            parts = urlsplit(link)
            target = unquote(parts.path).lstrip('/')
            if target.endswith('/') or not target: target += 'index.html'
            if not (folder/target).is_file(): wrong[page].append(f"broken link: {target}")
            elif parts.fragment and target in ids and unquote(parts.fragment) not in ids[target] and not parts.fragment.startswith('category='): wrong[page].append(f"broken link: {target}#{parts.fragment}")
    return wrong


PLANTED = {"broken link": '<a href="nowhere.html">x</a>', "broken link: planted.html#nothing": '<a href="#nothing">x</a>', "image not shown": '<img src="nothing.png">', "asks another host": '<script src="https://example.org/x.js"></script>',
           "console": '<script>console.error("x")</script>', "script": '<script>nothing()</script>', "pixels wide": '<div style="width:900px">x</div>'}


def check_planted(chromium):
    "Each mistake that is looked for, on a page of its own: is it found, and on a page without mistakes nothing?"
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, mistake in {**PLANTED, "": '<p id="top">nothing wrong</p><a href="#top">x</a>'}.items():
            (Path(scratch)/'planted.html').write_text(f'<!doctype html><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{mistake}', encoding='utf-8')
            found = check_pages(chromium, Path(scratch))['planted.html']
            if bool(found) != bool(name) or not any(line.startswith(name) or name in line for line in found or ['']): missed.append(f"{name or 'nothing'}: found {found}")
    return missed


def check_search(chromium, folder):
    "A reader types a name into the search box and arrives at its description."
    with served(folder) as address:
        context = chromium.new_context(viewport=DESK)
        tab, wrong = watched(context, address)
        tab.goto(address + 'index.html')
        tab.locator('input[type=search], .smalldocs-search input, .aa-Input').first.click()
        tab.keyboard.type('TokenEntropyMeasurer')
        tab.locator('a.search-result, .aa-Item a').first.wait_for(timeout=20_000)
        tab.locator('a.search-result[href*="uncertainty.html"], .aa-Item a[href*="uncertainty.html"]').first.click(timeout=5_000)
        tab.wait_for_url('**/uncertainty.html*')
        if not tab.locator('#tokenentropymeasurer').first.is_visible(): wrong.append("the page has no TokenEntropyMeasurer")
        context.close()
    return wrong


def check_scheme(chromium, folder):
    "Light for whom the system says light, dark for whom it says dark, and the other at a click."
    brightness = "() => { const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number); return (r + g + b)/3 }"
    wrong = []
    with served(folder) as address:
        for scheme, is_right in dict(light=lambda value: value > 200, dark=lambda value: value < 80).items():
            context = chromium.new_context(viewport=DESK, color_scheme=scheme)
            tab, heard = watched(context, address)
            tab.goto(address + 'index.html')
            if not is_right(tab.evaluate(brightness)): wrong.append(f"{scheme}: the background is {tab.evaluate(brightness):.0f} of 255 bright")
            tab.locator('.quarto-color-scheme-toggle').first.click()
            tab.wait_for_timeout(300)
            if is_right(tab.evaluate(brightness)): wrong.append(f"{scheme}: a click changes nothing")
            wrong += heard
            context.close()
    return wrong


def main():
    folder, start = ROOT/'_docs', time.time()
    with browser() as chromium:
        found = {"what is planted is found": check_planted(chromium)} | check_pages(chromium, folder)
        for name, check in {"search finds TokenEntropyMeasurer": check_search, "light and dark": check_scheme}.items():
            try: found[name] = check(chromium, folder)
            except Exception as error: found[name] = [f"{type(error).__name__}: {str(error)[:500]}"]
    for name, wrong in found.items():
        if wrong: print(f"FAILED {name}", *(f"    {line}" for line in wrong), sep='\n')
    failed = sum(map(bool, found.values()))
    print(f"documentation: {len(found) - 3} pages in {time.time() - start:.0f} s", f"{len(found) - failed} passed, {failed} failed", sep='\n')
    return 1 if failed else 0


if __name__ == '__main__': sys.exit(main())
