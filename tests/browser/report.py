#!/usr/bin/env python3
"""Opens the report of a run in headless Chromium and compares it with the summary of the same run.

    tests/browser/report.py PAGE.html SUMMARY.json [--screenshots FOLDER]

It fails, with each reason on its own line, if

  - the browser reports an error, a warning or an exception, or requests anything but the page;
  - a figure is missing, differs from the summary, or is displayed as another number;
  - the page is wider than a narrow screen, or differs without JavaScript;
  - a plot has no axes, or a text has too little contrast in the light or dark scheme (WCAG AA).

It needs only Python 3.9 and Chromium, and uses the DevTools protocol through a pipe. $HLR_CHROMIUM names another binary.
"""

import argparse
import base64
import fcntl
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
TIMEOUT_SECONDS = 60
WIDE, NARROW, NARROWEST = (1280, 900), (390, 844), (360, 800)

FIGURES = """[...document.querySelectorAll('[data-figure]')].map(element =>
    [element.dataset.figure, element.dataset.value, element.textContent])"""

PLOTS = """[...document.querySelectorAll('svg')].map(svg => ({
    title: svg.querySelector(':scope > title')?.textContent ?? '',
    description: svg.querySelector(':scope > desc')?.textContent ?? '',
    role: svg.getAttribute('role'),
    axes: [...svg.querySelectorAll('text.axis')].map(text => text.textContent).filter(text => text),
    ticks: svg.querySelectorAll('text.tick').length }))"""

# Texts of a visible plot that overlap, and texts beyond its edge.
LABELS = """[...document.querySelectorAll('.plot svg')].flatMap(svg => {
    const edge = svg.getBoundingClientRect();
    if (!edge.width) return [];
    const name = svg.querySelector('title').textContent;
    const boxes = [...svg.querySelectorAll('text')].filter(text => text.textContent)
        .map(text => [text.textContent, text.getBoundingClientRect()]);
    const found = boxes.filter(([, box]) => box.left < edge.left - 2 || box.right > edge.right + 2 ||
        box.top < edge.top - 2 || box.bottom > edge.bottom + 2).map(([text]) => `${name}: "${text}" is cut off`);
    boxes.forEach(([text, a], place) => boxes.slice(place + 1).forEach(([other, b]) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 3) found.push(`${name}: "${text}" and "${other}" overlap`);
    }));
    return found; })"""

# Texts whose contrast with their background is below 4.5, or below 3 if they are large.
PALE = """(() => {
    const rgb = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const part = value => value <= 0.03928 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const colour = rgb(getComputedStyle(element).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const texts = [...document.querySelectorAll('body *')].filter(element => element.getClientRects().length &&
        [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
    return texts.flatMap(element => {
        const style = getComputedStyle(element);
        const front = rgb(element.closest('svg') ? style.fill : style.color);
        const [a, b] = [light(front), light(behind(element))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        return ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)
            ? [`"${element.textContent.trim().slice(0, 40)}" has a contrast of ${ratio.toFixed(2)}`] : [];
    });
})()"""


class Browser:
    """Chromium with a fresh profile, controlled through file descriptors 3 and 4."""

    def __init__(self, binary):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True) if sys.version_info >= (3, 10) else (
            tempfile.TemporaryDirectory())
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, to_write)]

        def place_pipes():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        command = [binary, *FLAGS, f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen(
            command,
            preexec_fn=place_pipes,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (to_read, to_write, *high):
            os.close(end)
        self.buffer = b""
        self.events = []
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        try:
            self.profile.cleanup()
        except OSError:
            pass

    def call(self, method, session=None, **parameters):
        """Sends a command and returns its result. Events that arrive meanwhile are kept."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        rest = json.dumps(command).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.to_browser, rest):]
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            message = self.receive(deadline, method)
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def wait_for(self, method, session):
        """Waits for an event, which may have arrived before."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        is_it = lambda event: event.get("method") == method and event.get("sessionId") == session
        while not any(map(is_it, self.events)):
            self.events.append(self.receive(deadline, method))

    def receive(self, deadline, what):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.from_browser], [], [], left)[0]:
                raise SystemExit(f"the browser did not answer within {TIMEOUT_SECONDS} s ({what})")
            chunk = os.read(self.from_browser, 1 << 20)
            if not chunk:
                raise SystemExit(f"the browser ended before it answered ({what})")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)


class Tab:
    """The page in one tab, with the events of the browser."""

    def __init__(self, browser, page, size=WIDE, scheme="light", media="", with_script=True):
        self.browser, self.address = browser, page.resolve().as_uri()
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=not with_script)
        is_narrow = size[0] < 600
        self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1],
                  deviceScaleFactor=2 if is_narrow else 1, mobile=is_narrow)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        answer = self.call("Page.navigate", url=self.address)
        if answer.get("errorText"):
            raise SystemExit(f"{page}: {answer['errorText']}")
        browser.wait_for("Page.loadEventFired", self.session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"a check failed to run: {result['exceptionDetails']}")
        return result["result"].get("value")

    def problems(self):
        """Errors, warnings and messages of the browser, and requests for anything but the page."""
        time.sleep(0.2)
        self.evaluate("1")
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, details = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                yield f"exception: {details['exceptionDetails']['text']}"
            elif method == "Runtime.consoleAPICalled":
                yield f"console message: {details['type']}"
            elif method == "Log.entryAdded" and details["entry"]["level"] in ("warning", "error"):
                yield f"browser log: {details['entry']['text']}"
            elif method == "Network.requestWillBeSent" and details["request"]["url"] != self.address:
                yield f"request: {details['request']['url'][:100]}"

    def document(self):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return self.call("DOM.getOuterHTML", nodeId=root)["outerHTML"], size["width"], size["height"]

    def screenshot(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


def at(summary, path):
    """The value at a path such as `countries.0.rows`, as it is written in the file, or None."""
    for step in path.split("."):
        try:
            summary = summary[int(step)] if isinstance(summary, list) else summary[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return summary


def required(summary):
    """The paths of the figures that the page must have."""
    counts = ("rows invalid carried duplicates from_ledger answered unanswered requests replies retries throttled "
              "billed maybe_billed").split()
    paths = [f"counts.{name}" for name in counts]
    for group in ("by_status", "by_result", "refused", "faults"):
        paths += [f"counts.{group}.{name}" for name in summary["counts"][group]]
    if summary["has_prices"]:
        paths += [f"counts.costs.{name}" for name in summary["counts"]["costs"]]
    paths += [f"funnel.{place}.left" for place in range(len(summary["funnel"]))]
    paths += [f"latency.{name}" for name in summary["latency"]]
    paths += ["elapsed_seconds"] + (["rows", "bytes"] if summary["output"] else [])
    for group, names in (("countries", "rows requests"), ("networks", "rows"),
                         ("worst_ranges", "rows without_verdict requests")):
        names = names.split() + (["cost"] if summary["has_prices"] else [])
        paths += [f"{group}.{place}.{name}" for place in range(len(summary[group])) for name in names]
    for place, country in enumerate(summary["countries"]):
        paths += [f"countries.{place}.by_status.{name}" for name in country["by_status"]]
    return paths


UNITS = {"ms": Decimal(1), "KiB": Decimal(2) ** 10, "MiB": Decimal(2) ** 20, "GiB": Decimal(2) ** 30,
         "TiB": Decimal(2) ** 40, "bytes": Decimal(1)}


def says(path, text, raw):
    """Whether a displayed text equals the value in the summary, to its last digit."""
    value = Decimal(raw)
    if re.fullmatch(r"\d{1,3}( \d{3})*", text):
        return Decimal(text.replace(" ", "")) == value
    if re.fullmatch(r"\d{1,3}( \d{3})*\.\d+", text):
        return Decimal(text.replace(" ", "")) == value
    clock = re.fullmatch(r"(?:(\d+)d )?(?:(\d+):)?(\d+):(\d\d)", text)
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        if clock.group(1):
            # 2d 03:04 has no seconds.
            days, hours, minutes, seconds = days, minutes, seconds, 0
        shown = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return shown <= value < shown + (60 if clock.group(1) else 1)
    with_unit = re.fullmatch(r"(\d+(?:\.(\d+))?) (ms|s|bytes|KiB|MiB|GiB|TiB)", text)
    if not with_unit:
        return False
    number, decimals, unit = with_unit.groups()
    factor = UNITS[unit] if unit != "s" else Decimal(1000 if path.endswith("_ms") else 1)
    last_digit = Decimal(1).scaleb(-len(decimals or ""))
    if path.endswith("_ms"):
        # Trailing zeros may be left out: `1 s` can be 1.00 s. Below a millisecond there are two decimals.
        third_digit = Decimal(number).scaleb(-2) if Decimal(number) else Decimal("0.01")
        last_digit = max(third_digit, Decimal("0.01")) if unit == "ms" else third_digit
    return abs(Decimal(number) * factor - value) <= last_digit * factor * Decimal("0.51")


def figures_agree(figures, summary):
    shown = set()
    for path, raw, text in figures:
        shown.add(path)
        expected = at(summary, path)
        if expected is None:
            yield f"{path} is not in the summary"
        elif raw != expected:
            yield f"{path}: the page has {raw}, the summary {expected}"
        else:
            try:
                if not says(path, text.strip(), raw):
                    yield f"{path}: {text!r} is shown for {raw}"
            except InvalidOperation:
                yield f"{path}: {raw} is not a number"
    for path in required(summary):
        if path not in shown:
            yield f"{path} is missing on the page"


def plots_have_axes(plots):
    if not plots:
        yield "the page has no plot"
    for plot in plots:
        if plot["role"] != "img" or not plot["title"] or not plot["description"]:
            yield f"a plot has no title or description: {plot}"
        if not plot["axes"] or plot["ticks"] < 2:
            yield f"a plot has no axes: {plot['title']}"


def check(browser, page, summary):
    with Tab(browser, page) as tab:
        yield from tab.problems()
        yield from figures_agree(tab.evaluate(FIGURES), summary)
        yield from plots_have_axes(tab.evaluate(PLOTS))
        with_script = tab.document()
    with Tab(browser, page, with_script=False) as tab:
        if tab.document() != with_script:
            yield "the page differs without JavaScript"
    for scheme in ("light", "dark"):
        with Tab(browser, page, scheme=scheme) as tab:
            yield from (f"{scheme}: {pale}" for pale in tab.evaluate(PALE))
    for size in (WIDE, NARROW, NARROWEST):
        with Tab(browser, page, size=size) as tab:
            yield from tab.problems()
            is_wide = tab.evaluate("document.documentElement.scrollWidth > innerWidth")
            if is_wide or tab.evaluate("innerWidth") != size[0]:
                yield f"the page is {tab.evaluate('document.documentElement.scrollWidth')} wide on {size[0]}"
            yield from (f"{size[0]} wide: {found}" for found in tab.evaluate(LABELS))


def take_screenshots(browser, page, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, size, scheme in (("light", WIDE, "light"), ("dark", WIDE, "dark"),
                               ("narrow-light", NARROW, "light"), ("narrow-dark", NARROW, "dark")):
        with Tab(browser, page, size=size, scheme=scheme) as tab:
            tab.screenshot(folder / f"{name}.png")
    # A4 at 96 dots per inch, without its margins.
    with Tab(browser, page, size=(680, 1000), scheme="dark", media="print") as tab:
        tab.screenshot(folder / "print.png")
        pdf = tab.call("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)
        (folder / "print.pdf").write_bytes(base64.b64decode(pdf["data"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("summary", type=Path)
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    binary = os.environ.get("HLR_CHROMIUM") or shutil.which("chromium")
    if not binary:
        raise SystemExit("chromium is not on the PATH")
    # Numbers stay strings, as they are written.
    summary = json.loads(arguments.summary.read_text("utf-8"), parse_float=str, parse_int=str)
    with Browser(binary) as browser:
        if arguments.screenshots:
            take_screenshots(browser, arguments.page, arguments.screenshots)
        problems = list(dict.fromkeys(check(browser, arguments.page, summary)))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        raise SystemExit(f"{arguments.page}: {len(problems)} problems")
    print(f"{arguments.page}: {len(required(summary))} figures agree, no problems")


if __name__ == "__main__":
    main()
