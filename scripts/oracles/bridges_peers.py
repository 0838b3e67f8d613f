"""Lets AEStream, faery, dv_processing and a client of websockets meet RxSpike's ends of their carriers, on loopback.

    pip install numpy aestream faery dv-processing websockets msgpack
    python scripts/oracles/bridges_peers.py check    exits with 1 where anybody disagrees
    python scripts/oracles/bridges_peers.py write    keeps what AEStream, faery and dv_processing send in test/data/network

RxSpike's end is `bridge.mjs` over the build, or the command itself. Each recording goes through a carrier in one
direction; what arrives is compared event for event with what was sent. Ports are any free ones.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

import numpy

from event_digest import EVENTS, digest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DIST = pathlib.Path(os.environ.get("RXSPIKE_DIST", ROOT / "dist"))
SIZE = (640, 480)
UNIX = 1_605_537_493_718_345
LIMIT = 60
failures = 0


def verdict(same, what, told=""):
    global failures
    failures += 0 if same else 1
    print(f"ok: {what}" if same else f"DISAGREE: {what}: {told}", flush=True)


def scene(count, start):
    """Events in order of time: uneven steps, equal times, both polarities."""
    random = numpy.random.default_rng(count)
    e = numpy.zeros(count, dtype=EVENTS)
    e["t"] = start + numpy.cumsum(random.integers(0, 40, count) * random.integers(0, 2, count))
    e["x"], e["y"] = random.integers(0, SIZE[0], count), random.integers(0, SIZE[1], count)
    e["p"] = random.integers(0, 2, count)
    return e


def digest_of(e, modulus=None, timeless=False):
    t = numpy.zeros(len(e), "u8") if timeless else e["t"] % numpy.uint64(modulus) if modulus else e["t"]
    return digest(t, e["x"], e["y"], e["p"])


def for_faery(e):
    import faery

    out = numpy.zeros(len(e), dtype=faery.EVENTS_DTYPE)
    out["t"], out["x"], out["y"], out["on"] = e["t"], e["x"], e["y"], e["p"]
    return faery.events_stream_from_array(out, SIZE)


def write(e, folder):
    path = folder / f"{len(e)}-{e['t'][0]}.aedat4"
    if not path.exists():
        for_faery(e).to_file(str(path))
    return path


@contextlib.contextmanager
def rxspike(*arguments, **options):
    """An end of RxSpike's; ended when left."""
    env = {**os.environ, "BRIDGE_OPTIONS": json.dumps(options)}
    command = ["node", str(HERE / "bridge.mjs"), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    timer = threading.Timer(LIMIT, process.kill)
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def line_of(process):
    return process.stdout.readline().strip()


def outcome(process):
    line = line_of(process)
    return json.loads(line) if line else {"digest": None, "error": f"exit status {process.wait()}"}


def port_of(url):
    return int(url.split("?")[0].rsplit(":", 1)[1])


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def finish(port):
    """An empty datagram: nobody else says that a stream has ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"", ("127.0.0.1", port))


# UDP


def send_by_aestream(e, times, port, folder):
    command = [pathlib.Path(sys.executable).parent / "aestream", "input", "file", write(e, folder)]
    command += ["output", "udp", "127.0.0.1", str(port), *(["--include-timestamp", "1"] if times else [])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT)


def from_aestream(folder):
    # Full datagrams hold 32 events with times, 128 without; what is left over goes in a partial one.
    for count, times in [(6, True), (20, True), (32, True)] + [(3200 + n, True) for n in (0, 1, 5, 16, 17, 31)] + [
        (3250, False),
        (1, False),
    ]:
        e = scene(count, 2**32 - 20_000)
        with rxspike("receive", f"udp://127.0.0.1:0?format=spif&width={SIZE[0]}&height={SIZE[1]}&idle=30000") as end:
            port = port_of(line_of(end))
            send_by_aestream(e, times, port, folder)
            finish(port)
            got = outcome(end)
        # Twice the length of the last, partial datagram.
        stale = 2 * (count % 32) if times else 0
        # Its times are of 32 bits; RxSpike follows their loops from the first one on.
        same = got["digest"] == digest_of(e, timeless=not times) and got["times"] == ("device" if times else "arrival")
        same = same and got["report"]["violations"].get("staleWord", 0) == stale
        verdict(same, f"{count} events of AEStream's, {'with' if times else 'without'} times, {stale} stale words", got)


def to_aestream(folder):
    import aestream

    e = scene(20_000, UNIX)
    port = free_port(socket.SOCK_DGRAM)
    with aestream.UDPInput(SIZE, device="cpu", port=port) as stream:
        time.sleep(0.5)
        frame = numpy.zeros(SIZE, "i8")
        with rxspike("send", write(e, folder), f"udp://127.0.0.1:{port}?format=spif&times=0", rate=100_000) as end:
            sent = outcome(end)
            for _ in range(20):
                frame += numpy.array(stream.read()).astype("i8")
                if frame.sum() >= len(e):
                    break
                time.sleep(0.1)
    expected = numpy.zeros(SIZE, "i8")
    numpy.add.at(expected, (e["x"], e["y"]), 1)
    # It gives numbers of events at each pixel; polarities and times it does not look at.
    verdict(numpy.array_equal(frame, expected), "AEStream counts RxSpike's events at each pixel", (sent, frame.sum()))


FAERY = {"faery": "t64_x16_y16_on8", "faery-t32": "t32_x16_y15_on1"}


def from_faery(folder):
    for name, theirs in FAERY.items():
        for start in (UNIX, 2**32 - 20_000):
            e = scene(5_050, start)
            with rxspike("receive", f"udp://127.0.0.1:0?format={name}&idle=30000") as end:
                port = port_of(line_of(end))
                for_faery(e).to_udp(("127.0.0.1", port), format=theirs)
                finish(port)
                got = outcome(end)
            # 32 bits of a time begin anywhere; the loops after that are followed.
            base = start - start % 2**32 if name == "faery-t32" else 0
            moved = e.copy()
            moved["t"] -= base
            verdict(got["digest"] == digest_of(moved), f"faery's events ({name}, from {start} µs)", got)


def to_faery(folder):
    import faery

    for name, theirs in FAERY.items():
        for start in (UNIX, 2**32 - 20_000):
            e = scene(5_050, start)
            port = free_port(socket.SOCK_DGRAM)
            parts = []

            def read():
                for part in faery.events_stream_from_udp(SIZE, ("127.0.0.1", port), format=theirs):
                    parts.append(part.copy())
                    if sum(map(len, parts)) >= len(e):
                        return

            reader = threading.Thread(target=read, daemon=True)
            reader.start()
            time.sleep(0.5)
            with rxspike("send", write(e, folder), f"udp://127.0.0.1:{port}?format={name}", rate=100_000) as end:
                sent = outcome(end)
            reader.join(5)
            got = numpy.concatenate(parts) if parts else numpy.zeros(0, faery.EVENTS_DTYPE)
            expected = e["t"] - numpy.uint64(start - start % 2**32 if name == "faery-t32" else 0)
            same = digest(got["t"], got["x"], got["y"], got["on"]) == digest(expected, e["x"], e["y"], e["p"])
            verdict(same, f"faery reads RxSpike's events ({name}, from {start} µs)", (sent, len(got)))


# TCP

WRITER = """
import json, os, socket, sys, time
import numpy, dv_processing as dv
path, compression, tls = json.loads(sys.argv[1])
events = dv.EventStore()
for t, x, y, p in numpy.load(path).tolist():
    events.push_back(t, x, y, bool(p))
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
stream = dv.io.Stream.EventStream(0, "events", "DVXplorer_test", (640, 480))
stream.setCompression(getattr(dv.CompressionType, compression))
writer = dv.io.NetworkWriter("127.0.0.1", port, stream, *tls)
print(port, flush=True)
while writer.getClientCount() == 0:
    time.sleep(0.01)
writer.writeEvents(events)
while writer.getQueuedPacketCount() > 0:
    time.sleep(0.01)
time.sleep(4 if compression.endswith('HIGH') else 0.5)
# Its destructor waits for clients that wait for it.
os._exit(0)
"""

READER = """
import json, os, sys
import numpy, dv_processing as dv
port, path, tls = json.loads(sys.argv[1])
reader = dv.io.NetworkReader("127.0.0.1", port, *tls)
assert tuple(reader.getEventResolution()) == (640, 480), reader.getEventResolution()
parts = []
# What it has received stays there when the connection has ended.
while True:
    running = reader.isRunning()
    batch = reader.getNextEventBatch()
    if batch is not None:
        parts.append(batch.numpy())
    elif not running:
        break
numpy.save(path, numpy.concatenate(parts))
os._exit(0)
"""


def from_dv(folder, tls=None):
    e = scene(25_000, UNIX)
    numpy.save(folder / "events.npy", e)
    for compression in ["NONE", "LZ4", "LZ4_HIGH", "ZSTD", "ZSTD_HIGH"] if tls is None else ["NONE"]:
        setting = json.dumps([str(folder / "events.npy"), compression, tls["dv_server"] if tls else []])
        writer = subprocess.Popen([sys.executable, "-c", WRITER, setting], stdout=subprocess.PIPE, text=True)
        try:
            port = int(line_of(writer) or 0)
            with rxspike("receive", f"dv://127.0.0.1:{port}", **({"tls": tls["client"]} if tls else {})) as end:
                got = outcome(end)
        finally:
            writer.kill()
        same = got["digest"] == digest_of(e) and got["error"] is None
        verdict(same, f"dv_processing's NetworkWriter, {compression}{', TLS' if tls else ''}", got)


def to_dv(folder, tls=None):
    e = scene(25_000, UNIX)
    for compression in ["none", "lz4"] if tls is None else ["none"]:
        options = {"compression": compression, **({"tls": tls["server"]} if tls else {})}
        path = folder / "read.npy"
        path.unlink(missing_ok=True)
        with rxspike("send", write(e, folder), "dv://127.0.0.1:0", **options) as end:
            setting = json.dumps([port_of(line_of(end)), str(path), tls["dv_client"] if tls else []])
            said = subprocess.run([sys.executable, "-c", READER, setting], timeout=LIMIT, capture_output=True, text=True)
            sent = outcome(end)
        read = numpy.load(path) if path.exists() else None
        same = read is not None and digest(*(read[k] for k in ("timestamp", "x", "y", "polarity"))) == digest_of(e)
        verdict(same, f"dv_processing's NetworkReader, {compression}{', TLS' if tls else ''}", (sent, None if read is None else len(read), said.returncode, said.stderr[-500:]))


def certificates(folder):
    """An authority, and what it signed for a server and for a client."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=LIMIT)

    key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "client"):
        openssl("req", *key[:3], "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
        openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
        chain = (folder / f"{name}.pem").read_text() + (folder / "ca.pem").read_text()
        (folder / f"{name}-chain.pem").write_text(chain)
    at = lambda name: str(folder / name)  # noqa: E731
    return {
        "server": {"cert": at("server.pem"), "key": at("server.key"), "ca": at("ca.pem"), "requestCert": True},
        "client": {"cert": at("client.pem"), "key": at("client.key"), "ca": at("ca.pem")},
        "dv_server": [at("server-chain.pem"), at("server.key"), at("ca.pem")],
        "dv_client": [at("client-chain.pem"), at("client.key")],
    }


def from_dv_by_tls(folder):
    from_dv(folder, certificates(folder))


def to_dv_by_tls(folder):
    to_dv(folder, certificates(folder))


# WebSocket


def to_websockets(folder):
    """The client of examples/python, written from docs/protocol.md alone."""
    for start in (1_000, 2**32 - 20_000, UNIX):
        e = scene(30_000, start)
        serve = [str(DIST / "cli" / "main.js"), "serve", write(e, folder), "--clients", "1", "--speed", "max"]
        server = subprocess.Popen(["node", *serve], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        timer = threading.Timer(LIMIT, server.kill)
        timer.start()
        try:
            url = next((w for line in server.stdout for w in line.split() if w.startswith("ws://")), "")
            command = [sys.executable, ROOT / "examples" / "python" / "client.py", url, folder / "got.npz"]
            said = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
            served = server.stdout.read()
        finally:
            timer.cancel()
            server.kill()
            server.wait()
        got = numpy.load(folder / "got.npz") if said.returncode == 0 else None
        same = got is not None and digest(*(got[name] for name in "txyp")) == digest_of(e)
        verdict(same, f"the Python client, from {start} µs: {said.stdout.strip()}", (said.stderr[-500:], served))


def captured(send):
    """The datagrams that `send` sends to a port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(1)
        send(s.getsockname()[1])
        found = []
        with contextlib.suppress(TimeoutError):
            while True:
                found.append(s.recv(65_536).hex())
        return found


def keep(folder):
    target = ROOT / "test" / "data" / "network"
    kept = {}
    for count, times in [(6, True), (20, True), (35, True), (48, True), (60, True), (130, False)]:
        e = scene(count, 2**32 - 300)
        name = f"aestream {count} {'timed' if times else 'bare'}"
        kept[name] = (e, captured(lambda port: send_by_aestream(e, times, port, folder)))
    for name, theirs in FAERY.items():
        e = scene(130, 2**32 - 300)
        kept[name] = (e, captured(lambda port: for_faery(e).to_udp(("127.0.0.1", port), format=theirs)))
    text = {name: {"events": e.tolist(), "datagrams": datagrams} for name, (e, datagrams) in kept.items()}
    (target / "datagrams.json").write_text(json.dumps(text, separators=(",", ":")) + "\n")
    e = scene(40, UNIX)
    numpy.save(folder / "events.npy", e)
    for compression in ("NONE", "LZ4"):
        setting = json.dumps([str(folder / "events.npy"), compression, []])
        writer = subprocess.Popen([sys.executable, "-c", WRITER, setting], stdout=subprocess.PIPE, text=True)
        with socket.create_connection(("127.0.0.1", int(line_of(writer)))) as s:
            data = b"".join(iter(lambda: s.recv(65_536), b""))
        writer.wait()
        (target / f"dv-{compression.lower()}.bin").write_bytes(data)
    (target / "dv.json").write_text(json.dumps(e.tolist(), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "write":
        with tempfile.TemporaryDirectory() as work:
            keep(pathlib.Path(work))
        sys.exit()
    chosen = sys.argv[2:]
    with tempfile.TemporaryDirectory() as work:
        udp = [from_aestream, to_aestream, from_faery, to_faery]
        tcp = [from_dv, to_dv, from_dv_by_tls, to_dv_by_tls]
        for check in [*udp, *tcp, to_websockets]:
            if not chosen or check.__name__ in chosen:
                check(pathlib.Path(work))
    sys.exit(1 if failures else 0)
