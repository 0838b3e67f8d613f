"""Reads what a server says at /metrics with the parser of the Prometheus project itself.

usage: python metrics_peers.py check
Needs the package prometheus_client and a built dist (npm run build). Starts a server and ends it again.
"""

import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

SERVER = """
import { serveStream, openStream } from './dist/adapters/index.node.js';
import { eventPacket, streamInfo } from './dist/src/index.js';
const info = streamInfo({ id: 'peer', width: 8, height: 8 });
const packet = eventPacket({ stream: info, t: [1, 2, 3], x: [1, 2, 3], y: [1, 2, 3], p: [0, 1, 0] });
const name = 'cam "1" \\\\ x\\n{y}';
const server = await serveStream({
  source: () => ({ info, async *events() { yield packet; yield packet; } }),
  name, metrics: true, token: 'sesame',
});
const stream = await openStream(server.url, { token: 'sesame' });
for await (const one of stream.events()) void one;
console.log(server.port);
process.stdin.on('end', () => server.close()).resume();
"""
NAME = 'cam "1" \\ x\n{y}'


def fetch(port, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["content-type"], answer.read().decode("utf-8")


def check():
    node = subprocess.Popen(
        ["node", "--input-type=module", "-e", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(60, node.kill)
    watchdog.start()
    try:
        port = int(node.stdout.readline())
        time.sleep(0.2)
        try:
            fetch(port, None)
            raise SystemExit("metrics without a token")
        except urllib.error.HTTPError as error:
            assert error.code == 401, error.code
        print("ok: /metrics asks for the token")
        kind, text = fetch(port, "sesame")
        assert kind == "text/plain; version=0.0.4; charset=utf-8", kind
        families = {family.name: family for family in text_string_to_metric_families(text)}
        declared = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
        assert len(declared) == len(set(declared)) == len(families), (len(declared), len(families))
        for name, kind in declared:
            family = families[re.sub("_total$", "", name) if kind == "counter" else name]
            assert family.type == kind, (name, family.type)
            assert family.documentation, name
            assert name.startswith("rxspike_") and (kind == "gauge" or name.endswith("_total")), name
        samples = [sample for family in families.values() for sample in family.samples]
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert len(samples) == len(lines), (len(samples), len(lines))
        print(f"ok: prometheus_client reads {len(families)} families with {len(samples)} samples")
        streams = {sample.labels["stream"] for sample in samples if "stream" in sample.labels}
        assert streams == {NAME}, streams
        print("ok: a name with quote, backslash, line feed and braces comes back as it was")
        sent = [sample.value for sample in samples if sample.name == "rxspike_sent_events_total"]
        assert sent == [6.0], sent
        print("ok: events sent are those that came")
    finally:
        watchdog.cancel()
        node.stdin.close()
        node.wait(10)


if __name__ == "__main__":
    if sys.argv[1:] != ["check"]:
        raise SystemExit(__doc__)
    check()
