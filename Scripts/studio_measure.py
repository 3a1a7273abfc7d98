"""How fast the studio is: what a slider's movement costs and where, and how many small simulations it answers."""
import http.client
import json
import os
import pathlib
import selectors
import socket
import statistics
import subprocess
import time

SLIDERS = [("6×6, depth 2", "depth=2&inputs=6&outputs=6&hidden=6"),
           ("20×20, depth 3", "depth=3&inputs=20&outputs=20&hidden=20&spectrum=5_3.6_2.5_1.4_1_0.8")]

# Notes how long each answer took to come, beside what the page itself notes.
WATCH = """(() => {
  const fetch = window.fetch;
  window.answers = [];
  window.fetch = async (...request) => {
    const start = performance.now(), response = await fetch(...request), json = response.json.bind(response);
    response.json = async () => {
      const answer = await json();
      window.answers.push([performance.now() - start, 1000 * (answer.seconds ?? 0)]);
      return answer;
    };
    return response;
  };
})()"""


def percentile(values: list, share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def main_thread(session) -> dict:
    """Milliseconds of the page's main thread so far, by kind."""
    metrics = {m["name"]: 1000 * m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return {"scripts": metrics["ScriptDuration"], "layout and style": metrics["LayoutDuration"] + metrics["RecalcStyleDuration"], "all": metrics["TaskDuration"]}


def sliders(browser, settled) -> None:
    """Holds an arrow key down on a slider as long as two seconds."""
    page = browser.page
    page.add_init_script(WATCH)
    session = browser.context.new_cdp_session(page)
    session.send("Performance.enable")
    for what, setting in SLIDERS:
        page.goto(f"{browser.base}/#{setting}")
        page.reload()
        settled()
        # The first runs of a page are those of code that is not compiled yet.
        for count in [20, 120]:
            page.evaluate("studio.latencies.length = answers.length = 0")
            page.focus("#set-size")
            before, start = main_thread(session), time.monotonic()
            for k in range(count):
                page.keyboard.press("ArrowRight" if k % 40 < 20 else "ArrowLeft")
                page.wait_for_timeout(max(0, 1000 * (start + k / 60 - time.monotonic())))
            times, answers = page.evaluate("[studio.latencies, answers]")
            spent, after = time.monotonic() - start, main_thread(session)
            settled()
        costs = {kind: (after[kind] - before[kind]) / len(times) for kind in after}
        print(f"slider, {what}: {len(times)} frames, {len(times) / spent:.0f} a second; from input to drawn frame "
              f"median {statistics.median(times):.0f} ms, 95th percentile {percentile(times, 0.95):.0f} ms")
        print(f"  an answer takes {statistics.median(a for a, _ in answers):.1f} ms, {statistics.median(c for _, c in answers):.1f} of them to compute; a frame takes the page's thread "
              f"{costs['all']:.1f} ms: {costs['scripts']:.1f} for scripts, {costs['layout and style']:.1f} for layout and style, {costs['all'] - costs['scripts'] - costs['layout and style']:.1f} for painting and the rest")


def processor_seconds(process: int) -> float:
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(process: int) -> list:
    return [int(c) for c in subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True).stdout.split()]


def small_simulation() -> bytes:
    return json.dumps({
        "spec": {"objective": {"kind": "factorization", "target": {"array": "y"}}, "network": {"widths": [3, 3, 3], "initial": {"kind": "identity", "scale": 0.1}},
                 "dynamics": {"kind": "flow", "relativeTolerance": 1e-6}, "recording": {"times": [0, 1, 2, 4], "quantities": ["loss", "singularValues"]}},
        "arrays": {"y": {"shape": [3, 3], "values": [3, 0, 0, 0, 2, 0, 0, 0, 1]}}}).encode()


def load(process: int, base: str, token: str, connections: int, seconds: float = 5) -> bool:
    """Asks for small simulations on so many connections, each as soon as it has its answer; whether all were answered."""
    host, port = base.split("//")[1].split(":")
    body = small_simulation()
    request = (f"POST /api/explore HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    selector = selectors.DefaultSelector()
    waiting: dict = {}
    for _ in range(connections):
        connection = socket.create_connection((host, int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)
        selector.register(connection, selectors.EVENT_READ)
        waiting[connection] = [bytearray(), time.monotonic()]
    # The first answers wait for the processes that compute.
    start, times, counted = time.monotonic() + 1, [], False
    while (now := time.monotonic()) < start + seconds:
        if now >= start and not counted:
            counted, own, server = True, time.process_time(), processor_seconds(process)
            workers = {child: processor_seconds(child) for child in children(process)}
        for key, _ in selector.select(1):
            connection = key.fileobj
            answer, asked = waiting[connection]
            answer += connection.recv(1 << 16)
            end = answer.find(b"\r\n\r\n")
            if end < 0:
                continue
            head = bytes(answer[:end]).lower()
            if b" 200 " not in head[:16]:
                print("an answer under load:", head.decode())
                return False
            if len(answer) < end + 4 + int(head.split(b"content-length:")[1].split(b"\r\n")[0]):
                continue
            if counted:
                times.append(1000 * (time.monotonic() - asked))
            waiting[connection] = [bytearray(), time.monotonic()]
            connection.sendall(request)
    spent = time.monotonic() - start
    shares = [processor_seconds(process) - server, sum(processor_seconds(c) - before for c, before in workers.items()), time.process_time() - own]
    for connection in waiting:
        connection.close()
    print(f"requests: {len(times) / spent:.0f} small simulations a second from {connections} connections, median {statistics.median(times):.1f} ms, 95th percentile {percentile(times, 0.95):.1f} ms; "
          f"processors at work: {shares[0] / spent:.2f} the server, {shares[1] / spent:.2f} its workers, {shares[2] / spent:.2f} this client, of {os.cpu_count()}")
    return True


def resident(process: int) -> float:
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def streams(process: int, base: str, token: str, count: int) -> bool:
    """Listens to so many event streams at once; whether all were opened."""
    before, opened = resident(process), []
    for k in range(count):
        connection = http.client.HTTPConnection(base.split("//")[1], timeout=5)
        connection.request("GET", f"/api/events?page=measured-{k:04}", headers={"Authorization": f"Bearer {token}"})
        opened.append((connection, connection.getresponse()))
    time.sleep(3)
    alive = sum(answer.status == 200 and answer.fp.readline() != b"" for _, answer in opened)
    print(f"event streams: {alive} of {count} open and beating; the server grew from {before:.0f} to {resident(process):.0f} MB")
    for connection, _ in opened:
        connection.close()
    return alive == count
