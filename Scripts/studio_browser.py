"""The studio in a real browser: what sliders, scenes, dropped files and keys must do.

Curves are compared with those of the command on the specification that the page hands out.
"""
import argparse
import base64
import contextlib
import io
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

import numpy as np

import studio_measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
failures: list[str] = []
passed = 0


def say(words: str) -> None:
    print(f"{time.monotonic() - began:5.0f} s  {words}", flush=True)


began = time.monotonic()


def expect(holds: bool, words: str) -> None:
    global passed
    if holds:
        passed += 1
    else:
        failures.append(words)
        print("FAILED:", words, file=sys.stderr)


@contextlib.contextmanager
def studio(program: str, folder: str):
    process = subprocess.Popen(
        [program, "studio", folder, "--no-open"], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = ""
    for line in process.stdout:
        if "token=" in line:
            address = line.strip()
            break
    try:
        yield process, address
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(20)
        expect(status == 0, f"the studio ends with {status} after Ctrl-C")


def wait_for(page, condition: str, seconds: float = 30) -> None:
    """Asks again and again: the policy of the pages lets no string be run as a script within them."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} does not become true in {seconds} s")
        page.wait_for_timeout(20)


class Browser:
    """A page that complains of every console message."""

    def __init__(self, browser, address: str, **options):
        self.context = browser.new_context(accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.messages: list[str] = []
        self.page.on("console", lambda m: self.messages.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.messages.append(f"error: {e}"))
        self.page.goto(address)
        self.base = address.split("/?")[0]

    def settled(self) -> None:
        """Waits until every curve is drawn and certificates are there."""
        wait_for(self.page, "Boolean(window.studio && studio.run && studio.idle)")
        self.page.wait_for_timeout(50)
        wait_for(self.page, "studio.idle && studio.run.isWhole")

    def curves(self) -> dict:
        return self.page.evaluate(
            "(() => ({times: [...studio.run.data.times.values], shape: studio.run.data.singularValues.shape,"
            " values: [...studio.run.data.singularValues.values], settings: studio.run.settings}))()")

    def close(self) -> None:
        expect(not self.messages, f"console messages: {self.messages}")
        self.context.close()


def library_curves(browser: Browser, program: str) -> np.ndarray:
    """The curves of the command on the specification that the page hands out."""
    with browser.page.expect_download() as waiting:
        browser.page.click("#spec")
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(waiting.value.path()).extractall(folder)
        done = subprocess.run(
            [program, "simulate", "spec.yaml", "--output", "out.npz", "--json"], cwd=folder,
            capture_output=True, text=True)
        if done.returncode == 2:
            expect(False, f"the command refuses the page's specification: {done.stderr}")
            return np.zeros((0, 0))
        return np.load(f"{folder}/out.npz")["singularValues"]


def agree(browser: Browser, program: str, what: str) -> None:
    browser.settled()
    shown = browser.curves()
    ours = np.array(shown["values"]).reshape(shown["shape"])
    theirs = library_curves(browser, program)
    # The same computation on the same numbers, printed and read again: equal but for the last digits of a text.
    same = ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max(), equal_nan=True)
    expect(same, f"{what}: the curves are not those of the command")


def slide(page, name: str, key: str, times: int = 1) -> None:
    page.focus(f"#set-{name}")
    for _ in range(times):
        page.keyboard.press(key)


def check_first_visit(browser: Browser, address: str) -> None:
    """From the command to an own figure in three actions: the command, a slider, a button."""
    page = browser.page

    def figure() -> str:
        with page.expect_download() as waiting:
            page.click("#figure")
        expect(waiting.value.suggested_filename.endswith(".svg"), "the figure is no drawing")
        return pathlib.Path(waiting.value.path()).read_text()

    page.goto(address)
    browser.settled()
    first = figure()
    box = page.locator("#set-size").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.37, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    browser.settled()
    own = figure()
    expect(own.count("<path") >= 4, "the figure holds no curves")
    expect(own != first, "the figure is not that of the moved slider")


def check_explore(browser: Browser, program: str, quick: bool) -> None:
    page = browser.page
    browser.settled()
    agree(browser, program, "first scene")
    expect(page.evaluate("studio.run.exact !== null"), "the first scene has no closed form")
    scenes = page.eval_on_selector_all("[data-scene]", "all => all.map(e => e.dataset.scene)")
    expect(len(scenes) >= 6, "fewer than six scenes")
    for scene in scenes[1:] if not quick else ["saddles", "norms", "edge"]:
        before = browser.curves()
        page.click(f"[data-scene={scene}]")
        page.wait_for_timeout(400)
        browser.settled()
        expect(browser.curves() != before, f"scene {scene} changes nothing")
        expect(page.inner_text("#story").count(".") >= 2, f"scene {scene} tells less than two sentences")
        agree(browser, program, f"scene {scene}")
    page.click("[data-scene=steps]")
    browser.settled()
    sliders = [("depth", "ArrowRight"), ("inputs", "ArrowLeft"), ("hidden", "ArrowLeft"), ("outputs", "ArrowLeft"),
               ("size", "ArrowRight"), ("duration", "ArrowRight"), ("seed", "ArrowRight")]
    for name, key in sliders:
        before = browser.curves()
        slide(page, name, key)
        page.wait_for_timeout(60)
        browser.settled()
        after = browser.curves()
        expect(after["settings"] != before["settings"], f"slider {name} does not change the setting")
        if name not in ("seed", "hidden"):
            # Along the target neither the seed nor a spare width is to be seen in the singular values.
            expect(after["values"] != before["values"] or after["times"] != before["times"], f"slider {name} does not change the curves")
    agree(browser, program, "after the sliders")
    # Bars by the keyboard and by dragging.
    bar = page.locator("[data-bar='1']").first
    bar.focus()
    before = browser.curves()
    page.keyboard.press("ArrowUp")
    browser.settled()
    expect(browser.curves()["values"] != before["values"], "a bar does not answer to the keyboard")
    box = page.locator(".bars").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.up()
    browser.settled()
    agree(browser, program, "after a bar was dragged")
    page.click("text=Descent")
    browser.settled()
    slide(page, "step", "ArrowRight", 2)
    slide(page, "momentum", "ArrowRight", 5)
    browser.settled()
    expect("edge of stability" in page.inner_text(".edge"), "the edge of stability is not marked")
    agree(browser, program, "descent with momentum")
    page.click("text=Gradient flow")
    for objective in ["regression", "completion", "sensing", "sigmoid", "factorization"]:
        page.select_option("#set-objective", objective)
        browser.settled()
        if not quick:
            agree(browser, program, objective)
    # The exact solution's place says which hypothesis fails.
    page.select_option("#set-start", "gaussian")
    browser.settled()
    page.wait_for_timeout(400)
    expect("conditions fail" in page.inner_text("#theory"), "it is not said why no closed form applies")
    # The address holds the setting.
    page.wait_for_timeout(400)
    address = page.url
    expect("start=gaussian" in address, "the address does not hold the setting")
    page.click("#keep")
    slide(page, "size", "ArrowLeft", 20)
    browser.settled()
    expect(page.evaluate("studio.kept.length") == 1, "the setting is not kept to compare")
    # Playing.
    page.click("#back")
    first = page.inner_text("#moment")
    page.click("#back")
    expect(page.inner_text("#moment") != first, "stepping back shows the same moment")
    for title, name in [("SVG", "svg"), ("PNG", "png"), ("PDF", "pdf"), ("CSV", "csv"), ("NumPy", "npz"), ("HTML", "html")]:
        page.click("#export")
        with page.expect_download() as waiting:
            page.click(f"#exports button:has-text('{title}')")
        content = pathlib.Path(waiting.value.path()).read_bytes()
        expect(waiting.value.suggested_filename.endswith(name) and len(content) > 1_000, f"no export as {title}")
        if name == "npz":
            shown = browser.curves()
            expect(np.array_equal(np.load(io.BytesIO(content))["singularValues"].ravel(), np.array(shown["values"])), "the .npz holds other numbers")


def check_fill(browser: Browser, quick: bool) -> None:
    page = browser.page
    generator = np.random.default_rng(7)
    table = generator.normal(size=(30, 2)) @ generator.normal(size=(2, 8))
    holes = generator.random(table.shape) < 0.25
    def text(separator: str, decimal: str) -> str:
        lines = [separator.join(["name", *"ABCDEFGH"])]
        for i, row in enumerate(table):
            lines.append(separator.join([f"row {i}", *("" if holes[i, j] else f"{x:.12f}".replace(".", decimal) for j, x in enumerate(row))]))
        return "\n".join(lines) + "\n"
    triplets = "user,item,rating\n" + "".join(
        f"u{i},i{j},{table[i, j]:.6f}\n" for i in range(30) for j in range(8) if not holes[i, j])
    array = np.where(holes, np.nan, table)
    saved = io.BytesIO()
    np.save(saved, array)
    files = {"comma.csv": text(",", ".").encode(), "semicolon.csv": text(";", ",").encode(), "tabs.tsv": text("\t", ".").encode(),
             "ratings.csv": triplets.encode(), "array.npy": saved.getvalue()}
    for name, content in list(files.items())[: 2 if quick else None]:
        page.goto(f"{browser.base}/fill")
        data = base64.b64encode(content).decode()
        page.evaluate(
            """([name, data]) => {
              const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([bytes], name));
              document.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
            }""", [name, data])
        page.wait_for_selector("#work:not([hidden])")
        wait_for(page, "studio.preview !== null")
        expect(page.evaluate("[studio.preview.rows, studio.preview.columns]") == [30, 8], f"{name}: not 30 by 8")
        expect(page.evaluate("studio.preview.known") == int((~holes).sum()), f"{name}: known cells are counted otherwise")
        page.click("#run")
        page.wait_for_selector("#download-card:not([hidden])", timeout=60_000)
        expect(page.locator("#sheet td.filled").count() > 0, f"{name}: no filled cell is to be seen")
        with page.expect_download() as waiting:
            page.click("#download")
        filled = pathlib.Path(waiting.value.path()).read_bytes()
        expect(waiting.value.suggested_filename.endswith(name.rsplit(".")[-1]), f"{name}: comes back as {waiting.value.suggested_filename}")
        if name == "array.npy":
            answer = np.load(io.BytesIO(filled))
        elif name == "ratings.csv":
            expect(page.is_visible("#rated li"), "no best ratings for a row")
            continue
        else:
            separator = {"comma.csv": ",", "semicolon.csv": ";", "tabs.tsv": "\t"}[name]
            rows = [line.split(separator)[1:] for line in filled.decode().splitlines()[1:]]
            answer = np.array([[float(x.replace(",", ".")) for x in row] for row in rows])
        error = np.linalg.norm((answer - table)[holes]) / np.linalg.norm(table[holes])
        expect(error < 1e-6, f"{name}: rank 2 is filled with a relative error of {error:.1e}")
        known = answer[~holes]
        expect(np.allclose(known, table[~holes], atol=1e-11), f"{name}: known cells have changed")


def check_pages(browser: Browser) -> None:
    page = browser.page
    page.goto(f"{browser.base}/runs")
    page.wait_for_selector("#list button")
    page.click("#list button")
    page.wait_for_selector("#view article h1")
    expect(page.locator("#view canvas, #view table").count() > 0, "a report shows neither figure nor table")
    page.goto(f"{browser.base}/papers")
    page.wait_for_selector("[data-item]")
    page.fill("#find", "tarmoun")
    page.click("[data-item] >> nth=0")
    page.click("#go")
    page.wait_for_selector("#view article h1", timeout=120_000)


def check_keyboard(browser: Browser) -> None:
    """Every control is reached by Tab alone, and shows where it is."""
    page = browser.page
    page.goto(f"{browser.base}/")
    browser.settled()
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(90):
        page.keyboard.press("Tab")
        where = page.evaluate("(() => { const e = document.activeElement; return e.id || e.dataset.scene || (e.dataset.bar ? 'bar' : '') || e.textContent.slice(0, 20); })()")
        reached.add(where)
    for wanted in ["steps", "landscape", "set-depth", "set-size", "bar", "play", "scrub", "keep", "export", "copy"]:
        expect(wanted in reached, f"{wanted} is not reached by Tab")
    page.focus("#play")
    page.keyboard.press("Enter")
    expect(page.get_attribute("#play", "aria-label") == "Pause", "Enter does not play")
    page.keyboard.press("Enter")
    page.focus("#export")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.evaluate("document.activeElement.id") == "export", "Escape does not lead back from the menu")


def check_accessibility(browser: Browser, path: str, what: str) -> None:
    from axe_core_python.sync_playwright import Axe

    browser.page.goto(f"{browser.base}{path}")
    browser.page.wait_for_timeout(1500)
    if path == "/":
        browser.settled()
    # The checker is put in by the browser, whose own scripts the policy of the page does not bind.
    result = Axe().run(browser.page)
    serious = [v for v in result["violations"] if v["impact"] in ("serious", "critical")]
    expect(not serious, f"{what}: " + "; ".join(f"{v['id']} at {[n['html'][:90] for n in v['nodes'][:3]]}" for v in serious))
    width = browser.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    expect(width <= 0, f"{what}: the page is {width} pixels wider than the screen")


def measure(browser: Browser, process, address: str) -> None:
    studio_measure.sliders(browser, browser.settled)
    token = address.split("token=")[1]
    # A page that moves would take its share.
    browser.page.goto("about:blank")
    for connections in [8, 32]:
        expect(studio_measure.load(process.pid, browser.base, token, connections), "a request under load was not answered")
    expect(studio_measure.streams(process.pid, browser.base, token, 200), "not every one of 200 streams was opened")


EXTREMES = [0, -1, 1, 2, 3, 0.5, 1e-300, -1e-300, 1e300, -1e300, 1e18, 2**63, -2**63, 64, 65, None, True, "", "x", "NaN", "\u0000", [], {}, [0], [[1]], {"array": "y"}, {"array": "z"}]


def mutated(value, generator):
    """A value with one of its parts, at any depth, put in place of another."""
    if isinstance(value, (dict, list)) and value and generator.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = keys[generator.integers(len(keys))]
        copy = dict(value) if isinstance(value, dict) else list(value)
        copy[key] = mutated(value[key], generator)
        return copy
    if isinstance(value, dict) and generator.random() < 0.3:
        return {**value, "other": EXTREMES[generator.integers(len(EXTREMES))]}
    if isinstance(value, list) and generator.random() < 0.3:
        return value + value[:1] if generator.random() < 0.5 else value[:-1]
    return EXTREMES[generator.integers(len(EXTREMES))]


def explorations() -> list:
    """Requests that are answered with curves, to be mutated."""
    y = {"shape": [2, 2], "values": [2, 0.5, 0, 1]}
    recording = {"times": [0, 0.5, 1], "quantities": ["loss", "singularValues", "unbalancedness", "layers", "endToEnd"]}
    result = []
    for objective in [{"kind": "factorization", "target": {"array": "y"}}, {"kind": "covariance", "inputCovariance": {"array": "s"}, "crossCovariance": {"array": "y"}},
                      {"kind": "completion", "observed": {"array": "h"}}, {"kind": "sensing", "measurements": {"array": "a"}, "values": {"array": "b"}},
                      {"kind": "sigmoid", "inputs": {"array": "y"}, "targets": {"array": "s"}}]:
        for initial in [{"kind": "identity", "scale": 0.1}, {"kind": "balanced", "scale": 0.1}, {"kind": "gaussian", "standardDeviation": 0.1}, {"kind": "spectral", "scales": [0.1], "imbalance": [0.2]}]:
            for dynamics in [{"kind": "flow", "relativeTolerance": 1e-6}, {"kind": "descent", "stepSize": 0.1, "method": "heavyBall", "momentum": 0.5}, {"kind": "endToEndFlow"}, {"kind": "regularizedFlow"}]:
                steps = {**recording, "times": [0, 3, 9]} if dynamics["kind"] == "descent" else recording
                if dynamics["kind"] == "endToEndFlow":
                    steps = {**recording, "quantities": ["loss", "singularValues", "endToEnd"]}
                result.append({"spec": {"objective": objective, "network": {"widths": [2, 2, 2], "initial": initial}, "dynamics": dynamics, "recording": steps, "seed": 1},
                               "arrays": {"y": y, "s": {"shape": [2, 2], "values": [1, 0.2, 0.2, 0.6]}, "h": {"shape": [2, 2], "values": [None, 1, 1, 0.5]},
                                          "a": {"shape": [3, 2, 2], "values": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1]}, "b": {"shape": [3], "values": [1, 0.5, 0.2]}},
                               "exact": True, "certificates": True})
    return result


def fuzz_by_mutation(base: str, token: str, cases: int) -> None:
    import http.client

    counts: dict = {}
    lock = threading.Lock()
    requests = explorations()

    def work(part: int) -> None:
        generator = np.random.default_rng(part)
        connection = http.client.HTTPConnection(base.split("//")[1], timeout=60)
        for _ in range(cases // 4):
            request = requests[generator.integers(len(requests))]
            for _ in range(generator.choice([0, 1, 1, 1, 2, 3])):
                request = mutated(request, generator)
            connection.request("POST", "/api/explore", json.dumps(request), {"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            text = answer.read()
            with lock:
                counts[answer.status] = counts.get(answer.status, 0) + 1
                if answer.status >= 500:
                    failures.append(f"{answer.status} {text[:200]!r} for {json.dumps(request)}")

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    print(f"mutated explorations: {sum(counts.values())} sent, answers {dict(sorted(counts.items()))}")
    for failure in failures[:5]:
        print("FAILED:", failure)


def fuzz(address: str, cases: int) -> None:
    base, token = address.split("/?token=")
    fuzz_by_mutation(base, token, cases // 2)
    log = ROOT / ".build/studio-fuzz.log"
    log.parent.mkdir(exist_ok=True)
    # Those without parameters have one case alone.
    per_operation = max(1, cases // 14)
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "st"), "run", f"{base}/openapi.json", "-H", f"Authorization: Bearer {token}",
         "--checks", "not_a_server_error", "--phases", "fuzzing", "--max-examples", str(per_operation), "--request-timeout", "20",
         "--exclude-path", "/api/events", "--continue-on-failure", "--workers", "2"], capture_output=True, text=True, cwd=log.parent)
    log.write_text(done.stdout + done.stderr)
    print(done.stdout[-1500:])
    expect(done.returncode == 0, f"the fuzz run ended with {done.returncode}; see {log}")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--measure", action="store_true")
    arguments.add_argument("--fuzz", type=int)
    given = arguments.parse_args()
    program = str(pathlib.Path(given.program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([program, "complete", str(ROOT / "Examples/sensors.csv"), "--output", str(folder / "filled.csv"), "--report", str(folder / "sensors")],
                       check=True, capture_output=True)
        with studio(program, str(folder)) as (process, address):
            if given.fuzz:
                fuzz(address, given.fuzz)
                expect(process.poll() is None, "the server has ended")
            else:
                from playwright.sync_api import sync_playwright

                with sync_playwright() as playwright:
                    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                    still = {"reduced_motion": "reduce", "viewport": {"width": 1440, "height": 1000}}
                    if given.measure:
                        browser = Browser(chromium, address, **still)
                        measure(browser, process, address)
                        browser.close()
                    else:
                        browser = Browser(chromium, address, **still)
                        check_first_visit(browser, address)
                        say("a first visit")
                        check_explore(browser, program, given.quick)
                        say("Explore")
                        check_fill(browser, given.quick)
                        say("Fill in")
                        check_pages(browser)
                        say("Runs and Papers")
                        check_keyboard(browser)
                        say("keyboard")
                        browser.close()
                        for scheme in ["light", "dark"]:
                            for size in [1440, 390]:
                                browser = Browser(chromium, address, reduced_motion="reduce", color_scheme=scheme, viewport={"width": size, "height": 900})
                                for path in ["/", "/fill", "/runs", "/papers"]:
                                    check_accessibility(browser, path, f"{path} {scheme} {size}")
                                browser.close()
                        say("accessibility, two widths, light and dark")
                    chromium.close()
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
