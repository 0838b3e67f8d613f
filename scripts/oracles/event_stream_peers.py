"""Event Stream files: written by others for the tests, and read by others.

    pip install numpy faery event_stream
    python scripts/oracles/event_stream_peers.py write     # makes test/data/files/*.es and expected-es.json anew
    python scripts/oracles/event_stream_peers.py check     # what others make of them is what expected-es.json says

DVS, ATIS, colour and generic events of 2.0 are written by event_stream; what no public writer knows (display events, resets,
version 1.0) is written here from the specification. The encoder under test must write dvs.es byte for byte.
"""

import json
import pathlib
import struct
import sys
import tempfile

import event_stream
import faery
import numpy

FOLDER = pathlib.Path(__file__).parents[2] / "test" / "data" / "files"
WIDTH, HEIGHT = 300, 260
# Times between events that meet every kind of overflow.
STEPS = [0, 1, 14, 15, 16, 30, 31, 32, 62, 63, 64, 125, 126, 127, 128, 188, 189, 190, 252, 253, 254, 255, 381, 508, 70_000]


def digest(t, x, y, p):
    h = 0xCBF29CE484222325
    for record in zip(t, x, y, p):
        for byte in struct.pack("<QHHB", *(int(v) for v in record)):
            h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}"


def columns(seed, width=WIDTH, height=HEIGHT, count=400):
    generator = numpy.random.default_rng(seed)
    t = numpy.cumsum(generator.choice(STEPS, count))
    x = generator.integers(0, width, count)
    y = generator.integers(0, height, count)
    x[:2], y[:2] = [0, width - 1], [0, height - 1]
    return t, x, y, generator.integers(0, 2, count), generator


def expectation(t, x, y, p, side, **info):
    on = int(sum(p))
    facts = {"events": len(t), "on": on, "t0": int(t[0]) if len(t) else None, "t1": int(t[-1]) if len(t) else None}
    return {**info, **facts, "side": side, "digest": digest(t, x, y, p)}


def by_event_stream(path, kind, array, size=(WIDTH, HEIGHT)):
    with event_stream.Encoder(str(path), kind, *size) as encoder:
        encoder.write(array)


def packed(path, type_byte, time_bits, times, bodies, reset_every=50):
    """Version 1.0: `bodies` are whole numbers, what follows the time bits from the lowest on, and their bits."""
    ones = (1 << time_bits) - 1
    most = (1 << (8 - time_bits)) - 1
    out = bytearray(b"Event Stream" + bytes([1, 0, type_byte]))
    before = 0
    resets = 0
    for k, (t, (body, bits)) in enumerate(zip(times, bodies)):
        if k % reset_every == 0:
            out += bytes([ones] * 3)
            resets += 3
        dt = int(t) - before
        before = int(t)
        while dt >= ones:
            times_ones = min(most, dt // ones)
            out.append(ones | (times_ones << time_bits))
            dt -= times_ones * ones
        out += (dt | (int(body) << time_bits)).to_bytes((time_bits + bits) // 8, "little")
    path.write_bytes(out)
    return resets


def write(folder):
    expected = {}
    size = {"width": WIDTH, "height": HEIGHT}
    t, x, y, p, _ = columns(1)
    by_event_stream(folder / "dvs.es", "dvs", numpy.array(list(zip(t, x, y, p > 0)), dtype=event_stream.dvs_dtype))
    turned = HEIGHT - 1 - y
    expected["dvs.es"] = expectation(t, x, turned, p, {}, sniffed="Event Stream 2.0, DVS events", **size, yUp=False)

    # Five resets before every tenth event, and at the end.
    body = (folder / "dvs.es").read_bytes()
    out, at, events = bytearray(body[:20]), 20, 0
    while at < len(body):
        if body[at] == 0xFF:
            out.append(body[at])
            at += 1
            continue
        if events % 10 == 0:
            out += b"\xfe" * 5
        out += body[at : at + 5]
        at += 5
        events += 1
    (folder / "dvs-resets.es").write_bytes(out + b"\xfe" * 5)
    expected["dvs-resets.es"] = {**expected["dvs.es"], "side": {"resets": 205}}

    t, x, y, p, generator = columns(2)
    crossing = generator.integers(0, 2, len(t)) > 0
    rows = list(zip(t, x, y, crossing, p > 0))
    by_event_stream(folder / "atis.es", "atis", numpy.array(rows, dtype=event_stream.atis_dtype))
    dvs = ~crossing
    expected["atis.es"] = expectation(
        t[dvs], x[dvs], HEIGHT - 1 - y[dvs], p[dvs], {"thresholdCrossings": int(sum(crossing))},
        sniffed="Event Stream 2.0, ATIS events", **size, yUp=False,
    )

    t, x, y, p, generator = columns(3)
    rgb = generator.integers(0, 256, (3, len(t)))
    by_event_stream(folder / "colour.es", "color", numpy.array(list(zip(t, x, y, *rgb)), dtype=event_stream.color_dtype))
    expected["colour.es"] = expectation(
        t, x, y, 0 * p, {"colours": len(t)}, sniffed="Event Stream 2.0, colour events (no polarity)", **size, yUp=True
    )

    nothing = numpy.zeros(0, int)
    none = {"width": None, "height": None}
    t, *_, generator = columns(4, count=100)
    array = numpy.zeros(len(t), dtype=event_stream.generic_dtype)
    array["t"] = t
    # Not without bytes: event_stream 1.6.3 writes no size then, so that the next event is read as one.
    array["bytes"] = [generator.bytes(int(n)) for n in generator.choice([1, 5, 127, 128, 300], len(t))]
    by_event_stream(folder / "generic.es", "generic", array, (0, 0))
    expected["generic.es"] = expectation(
        nothing, nothing, nothing, nothing, {"generic": len(t)}, sniffed="Event Stream 2.0, generic events", **none, yUp=False
    )

    t, x, y, p, generator = columns(5, 256, 256)
    out, before = bytearray(b"Event Stream" + bytes([2, 0, 0, 3])), 0
    for k, (tk, xk, yk) in enumerate(zip(t, x, y)):
        out += b"\xfe" * (4 if k % 100 == 0 else 0)
        dt = int(tk) - before
        before = int(tk)
        out += b"\xff" * (dt // 254) + bytes([dt % 254, xk, yk, k % 256])
    (folder / "display.es").write_bytes(out)
    expected["display.es"] = expectation(
        t, x, y, 0 * p, {"resets": 16}, sniffed="Event Stream 2.0, display events (no polarity)", **none, yUp=False
    )

    t, x, y, p, _ = columns(6, 1024, 512)
    resets = packed(folder / "dvs-1.0.es", 0, 4, t, [(a | b << 10 | c << 19, 20) for a, b, c in zip(x, y, p)])
    expected["dvs-1.0.es"] = expectation(
        t, x, y, p, {"resets": resets}, sniffed="Event Stream 1.0, DVS events", **none, yUp=True
    )
    t, x, y, p, generator = columns(7, 512, 256)
    crossing = generator.integers(0, 2, len(t)) > 0
    bodies = [(a | b << 9 | int(d) << 17 | c << 18, 19) for a, b, c, d in zip(x, y, p, crossing)]
    resets = packed(folder / "atis-1.0.es", 1, 5, t, bodies)
    dvs = ~crossing
    expected["atis-1.0.es"] = expectation(
        t[dvs], x[dvs], y[dvs], p[dvs], {"resets": resets, "thresholdCrossings": int(sum(crossing))},
        sniffed="Event Stream 1.0, ATIS events", **none, yUp=True,
    )
    t, *_, generator = columns(8)
    resets = packed(folder / "display-1.0.es", 2, 5, t, [(v, 19) for v in generator.integers(0, 2**19, len(t))])
    expected["display-1.0.es"] = expectation(
        nothing, nothing, nothing, nothing, {"resets": resets, "display": len(t)},
        sniffed="Event Stream 1.0, display events (no polarity)", **none, yUp=False,
    )
    t, x, y, p, generator = columns(9, 512, 256)
    bodies = [(int(a) | int(b) << 9 | int(c) << 17, 41) for a, b, c in zip(x, y, generator.integers(0, 2**24, len(t)))]
    resets = packed(folder / "colour-1.0.es", 3, 7, t, bodies)
    expected["colour-1.0.es"] = expectation(
        t, x, y, 0 * p, {"resets": resets, "colours": len(t)},
        sniffed="Event Stream 1.0, colour events (no polarity)", **none, yUp=True,
    )
    t, *_, generator = columns(10, count=100)
    resets = packed(folder / "generic-1.0.es", 4, 7, t, [(int.from_bytes(generator.bytes(8), "little"), 65) for _ in t])
    expected["generic-1.0.es"] = expectation(
        nothing, nothing, nothing, nothing, {"resets": resets, "generic": len(t)},
        sniffed="Event Stream 1.0, generic events", **none, yUp=False,
    )
    (folder / "expected-es.json").write_text(json.dumps(expected, indent=1) + "\n")


def read_event_stream(path):
    """Columns as stored, DVS events of ATIS files only, and how many others there are."""
    decoder = event_stream.Decoder(str(path))
    parts = list(decoder)
    e = numpy.concatenate(parts)
    if decoder.type == "generic":
        return None, len(e)
    y = e["y"] if decoder.type == "color" else decoder.height - 1 - e["y"].astype(int)
    if decoder.type == "dvs":
        return (e["t"], e["x"], y, e["on"]), 0
    if decoder.type == "color":
        return (e["t"], e["x"], y, 0 * e["x"]), len(e)
    keep = ~e["exposure"]
    return (e["t"][keep], e["x"][keep], y[keep], e["polarity"][keep]), int(sum(~keep))


def read_faery(path):
    parts = list(faery.events_stream_from_file(path, t0=0 * faery.us))
    e = numpy.concatenate(parts)
    return e["t"], e["x"], e["y"], e["on"]


def agree(what, found, wanted):
    if found != wanted:
        sys.exit(f"NOT the same: {what}: {found}, expected {wanted}")
    print(f"ok: {what}")


def check():
    expected = json.loads((FOLDER / "expected-es.json").read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder)
        for path in sorted(folder.iterdir()):
            agree(f"{path.name} comes out the same, byte for byte", path.read_bytes() == (FOLDER / path.name).read_bytes(), True)
        # faery writes what event_stream writes.
        t, x, y, p = read_faery(FOLDER / "dvs.es")
        array = numpy.array(list(zip(t, x, y, p > 0)), dtype=faery.EVENTS_DTYPE)
        stream = faery.events_stream_from_array(array, dimensions=(WIDTH, HEIGHT))
        stream.to_file(folder / "faery.es", zero_t0=False)
        same = (folder / "faery.es").read_bytes() == (FOLDER / "dvs.es").read_bytes()
        agree("dvs.es is what faery writes, byte for byte", same, True)
    for name in ["dvs.es", "dvs-resets.es", "atis.es", "colour.es", "generic.es"]:
        events, others = read_event_stream(FOLDER / name)
        wanted = expected[name]
        if events is not None:
            agree(f"{name} by event_stream: the same events", digest(*events), wanted["digest"])
        count = sum(n for kind, n in wanted["side"].items() if kind != "resets")
        agree(f"{name} by event_stream: as many others", others, count)
    for name in ["dvs.es", "dvs-resets.es", "atis.es"]:
        agree(f"{name} by faery: the same events", digest(*read_faery(FOLDER / name)), expected[name]["digest"])


if __name__ == "__main__":
    {"write": lambda: write(FOLDER), "check": check}[sys.argv[1]]()
