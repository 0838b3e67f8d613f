"""Lets other readers and writers of Prophesee RAW and DAT meet the files of test/data/files.

    pip install numpy faery expelliarmus evlib polars
    python scripts/oracles/prophesee_peers.py write [FOLDER]    writes the files of others anew, and what all files hold
    python scripts/oracles/prophesee_peers.py check [FOLDER]    exits with 1 where anybody disagrees

`*-rxspike.*` are files that RxSpike writes: a test writes them anew, byte for byte. `*-faery.*` and `*-expelliarmus.*` are
made by those libraries. `*-spec.*` are made here, word by word from the documents and from the vendor's public decoders,
for what no library writes: EVT2.1 in both orders, EVT4, DAT version 1, triggers, and words that are no events.
"""

import json
import pathlib
import struct
import sys
import tempfile

import numpy

from event_digest import digest

HERE = pathlib.Path(__file__).resolve().parent.parent.parent / "test" / "data" / "files"
EXPECTED = "expected-prophesee.json"
WIDTH, HEIGHT = 96, 64


def scene(t0, count, seed, gaps=()):
    """Events of all sorts: runs in a row, equal times, both polarities, gaps at the given numbers."""
    state = seed

    def draw(below):
        nonlocal state
        state = (state * 1103515245 + 12345) % 2**31
        return (state >> 8) % below

    t, x, y, p = t0, 0, 0, 0
    events = []
    for k in range(count):
        what = draw(10)
        if what < 6:
            x = min(WIDTH - 1, x + 1 + draw(3))
        elif what < 8:
            x, y, p = draw(WIDTH), draw(HEIGHT), draw(2)
        else:
            t += draw(3000)
        t += dict(gaps).get(k, 0)
        events.append((t, x, y, p))
    return events


def head(*lines):
    return "".join(f"% {line}\n" for line in lines).encode()


SIZE = f"height={HEIGHT};width={WIDTH}"


# Words by hand: each function gives the bytes of a file and the (x, y, p, t) that it stands for.


def evt2_spec():
    events = scene(2**34 - 20_000, 240, 1)
    words, high = [0xE0000014, 0xF0000001, 0x00400000], None  # monitoring, and an event without a time
    for k, (t, x, y, p) in enumerate(events):
        if t >> 6 != high:
            high = t >> 6
            words.append(8 << 28 | high % 2**28)
        words.append(p << 28 | (t & 63) << 22 | x << 11 | y)
        if k % 60 == 9:
            words.append(0xA << 28 | (t & 63) << 22 | 3 << 8 | k // 60 % 2)
    words.append(0x70000000)
    data = head("date 2026-11-23 00:00:00", "evt 2.0", f"format EVT2;{SIZE}", f"geometry {WIDTH}x{HEIGHT}", "sensor_name Gen3.1", "end")
    side = {"others": 1, "continued": 1, "triggers": 4}
    return data + struct.pack(f"<{len(words)}I", *words), events, side, {"missingTimeHigh": 1, "unknownWord": 1}


def evt21_words(events):
    words, high, k = [], None, 0
    while k < len(events):
        t, x, y, p = events[k]
        if t >> 6 != high:
            high = t >> 6
            words.append((8 << 28 | high % 2**28, 0))
        base, mask = x & ~31, 0
        while k < len(events) and events[k][0] == t and events[k][2:] == (y, p):
            column = events[k][1] - base
            if not 0 <= column < 32 or mask >> column:
                break
            mask |= 1 << column
            k += 1
        words.append((p << 28 | (t & 63) << 22 | base << 11 | y, mask))
        if len(words) >= 40 and (0xE << 28 | 0x14, 0xF0000005) not in words:
            words.append((0xA << 28 | (t & 63) << 22 | 1 << 8 | 1, 0))
            words.append((0xE << 28 | 0x14, 0xF0000005))
    return words


def evt21_spec():
    events = scene(5_000_000, 240, 2)
    words = b"".join(struct.pack("<II", mask, first) for first, mask in evt21_words(events))
    return head(f"format EVT21;{SIZE}", "endianness little", "end") + words, events, {"triggers": 1, "others": 1}, {}


def evt21_legacy_spec():
    events = scene(6_000_000, 240, 3)
    words = b"".join(struct.pack("<II", first, mask) for first, mask in evt21_words(events))
    return head("evt 2.1", f"geometry {WIDTH}x{HEIGHT}") + words, events, {"triggers": 1, "others": 1}, {}


def evt3_spec():
    events = scene(2**24 - 40_000, 300, 4)
    words, high, low, row, k = [0x2005], None, None, None, 0  # an event without a time
    while k < len(events):
        t, x, y, p = events[k]
        if t >> 12 != high:
            start = t >> 12 if high is None else high + 1
            words += [0x8000 | step % 4096 for step in range(start, (t >> 12) + 1)]
            high, low = t >> 12, 0
        if t & 4095 != low:
            low = t & 4095
            words.append(0x6000 | low)
        if y != row:
            row = y
            words.append(y)
        base, mask = min(x, WIDTH - 32), 0
        while k < len(events) and events[k][0] == t and events[k][2:] == (y, p):
            column = events[k][1] - base
            if not 0 <= column < 32 or mask >> column:
                break
            mask |= 1 << column
            k += 1
        words += [0x3000 | p << 11 | base, 0x4000 | mask & 0xFFF, 0x4000 | mask >> 12 & 0xFFF, 0x5000 | mask >> 24]
        if len(words) > 200 and 0xE014 not in words:
            words += [0xA200, 0xE014, 0xF001, 0xF002, 0x7003, 0x9000]
    data = head("evt 3.0", f"format EVT3;{SIZE}", f"geometry {WIDTH}x{HEIGHT}", "plugin_name hal_plugin_imx636_evk4", "end")
    count = words.count(0xE014)
    side = {"triggers": count, "others": count, "continued": 3 * count}
    return data + struct.pack(f"<{len(words)}H", *words), events, side, {"missingTimeHigh": 1, "unknownWord": count}


def evt4_spec():
    events = scene(7_000_000, 240, 5)
    words, high, k = [0xFFFFFFFF], None, 0
    while k < len(events):
        t, x, y, p = events[k]
        if t >> 6 != high:
            high = t >> 6
            words.append(0xE << 28 | high)
        last = k + 1
        while last < len(events) and events[last][0] == t and events[last][2:] == (y, p):
            if not events[last - 1][1] < events[last][1] < x + 32:
                break
            last += 1
        first = (t & 63) << 22 | x << 11 | y
        if last - k > 2:
            words += [(0xC | p) << 28 | first, sum(1 << event[1] - x for event in events[k:last])]
        else:
            words += [(0xA | p) << 28 | (t & 63) << 22 | event[1] << 11 | y for event in events[k:last]]
        k = last
    words += [0x9 << 28 | 5 << 8 | 1, 0x60000014, 0x70000001]
    data = head(f"format EVT4;{SIZE}", "end")
    side = {"padding": 1, "triggers": 1, "others": 1, "continued": 1}
    return data + struct.pack(f"<{len(words)}I", *words), events, side, {}


def dat1_spec():
    events = scene(2**32 - 10_000, 240, 6)
    data = head("Data file containing CD events.", "Version 1", f"Height {HEIGHT}", f"Width {WIDTH}") + bytes([12, 8])
    return data + b"".join(struct.pack("<II", t % 2**32, p << 17 | y << 9 | x) for t, x, y, p in events), events, {}, {}


def triggers_spec():
    data = head("Data file containing EventExtTrigger events.", "Version 2") + bytes([14, 8])
    return data + b"".join(struct.pack("<II", 1000 * k, k << 26 | k % 2) for k in range(5)), [], {"triggers": 5}, {}


SPEC = {
    "evt2-spec.raw": ("evt2", evt2_spec),
    "evt21-spec.raw": ("evt2.1", evt21_spec),
    "evt21-legacy-spec.raw": ("evt2.1", evt21_legacy_spec),
    "evt3-spec.raw": ("evt3", evt3_spec),
    "evt4-spec.raw": ("evt4", evt4_spec),
    "dat1-spec.dat": ("dat", dat1_spec),
    "triggers-spec.dat": ("dat", triggers_spec),
}
FAERY = {"evt2-faery.raw": ("evt2", "evt2"), "evt3-faery.raw": ("evt3", "evt3"), "dat2-faery.dat": ("dat", "dat2")}
EXPELLIARMUS = {"evt2-expelliarmus.raw": "evt2", "dat2-expelliarmus.dat": "dat"}
# What RxSpike wrote: format, first time, gaps.
RXSPIKE = {
    "evt2-rxspike.raw": ("evt2", 4_000_000, 10, ()),
    "evt2-wrap-rxspike.raw": ("evt2", 2**34 - 40_000, 11, ()),
    "evt21-rxspike.raw": ("evt2.1", 3_000_000, 12, ()),
    "evt3-rxspike.raw": ("evt3", 60_000_000, 13, ((100, 20_000_000),)),
    "evt3-far-rxspike.raw": ("evt3", 1_700_000_000_000_000, 14, ()),
    "dat2-rxspike.dat": ("dat", 2**32 - 40_000, 15, ()),
}


def lone_vectors(path):
    """Vector words that are not in a group of 12, 12 and 8 columns, of which faery makes none."""
    data = path.read_bytes()
    data = data[data.rindex(b"\n% ") + 1 :]
    data = data[data.index(b"\n") + 1 :]
    types = [word >> 12 for word in struct.unpack(f"<{len(data) // 2}H", data)]
    assert [4, 4, 5] not in [types[k : k + 3] for k in range(len(types))]
    runs = sum(1 for k, kind in enumerate(types) if kind == 5 or (kind == 4 and types[k - 1] != 4))
    double = sum(1 for k, kind in enumerate(types) if kind == 4 and types[k - 1] == 4)
    assert double == 0, "count them by hand"
    return {"partialVect12_12_8": runs}


def columns(events):
    return [numpy.array([event[k] for event in events], dtype="u8") for k in range(4)]


def write_faery(path, events, version):
    import faery

    packet = numpy.zeros(len(events), dtype=faery.EVENTS_DTYPE)
    packet["t"], packet["x"], packet["y"], packet["on"] = columns(events)
    faery.events_stream_from_array(packet, (WIDTH, HEIGHT)).to_file(path, version=version)


def write_expelliarmus(path, events, encoding):
    import expelliarmus

    packet = numpy.zeros(len(events), dtype=[("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "u1")])
    packet["t"], packet["x"], packet["y"], packet["p"] = columns(events)
    # It fills its first buffer of EVT2 with words of time.
    expelliarmus.Wizard(encoding=encoding, buff_size=64).save(fpath=path, arr=packet)


def read_faery(path):
    import faery

    e = numpy.concatenate([packet for packet in faery.events_stream_from_file(path)])
    return e["t"], e["x"], e["y"], e["on"]


def read_expelliarmus(path):
    import expelliarmus

    encoding = "dat" if path.endswith(".dat") else pathlib.Path(path).name[:4]
    e = expelliarmus.Wizard(encoding=encoding).read(path)
    return e["t"], e["x"], e["y"], e["p"]


def read_evlib(path):
    import evlib
    import polars

    e = evlib.load_events(path, sort=False).collect()
    return e["t"].cast(polars.Int64).to_numpy(), e["x"].to_numpy(), e["y"].to_numpy(), e["polarity"].to_numpy() > 0


READERS = {"faery": read_faery, "expelliarmus": read_expelliarmus, "evlib": read_evlib}
# Who is asked about what; the reasons for those that are not are in docs/formats/prophesee.md.
ASKED = {
    "evt2-rxspike.raw": ("faery", "expelliarmus", "evlib"),
    "evt2-wrap-rxspike.raw": ("faery",),
    "evt21-rxspike.raw": ("evlib",),
    "evt3-rxspike.raw": ("faery", "evlib"),
    "evt3-far-rxspike.raw": ("faery",),
    "dat2-rxspike.dat": ("faery", "expelliarmus"),
    "evt2-spec.raw": (),
    "evt21-spec.raw": ("evlib",),
    "evt21-legacy-spec.raw": (),
    "evt3-spec.raw": ("evlib",),
    "dat1-spec.dat": ("faery",),
    "evt2-faery.raw": ("faery",),
    "evt3-faery.raw": ("faery",),
    "dat2-faery.dat": ("faery",),
    "evt2-expelliarmus.raw": ("expelliarmus", "evlib", "faery"),
    "dat2-expelliarmus.dat": ("expelliarmus",),
}


def about(format, events, side=None, violations=None, size=True):
    t, x, y, p = columns(events)
    return {
        "format": format,
        "width": WIDTH if size else None,
        "height": HEIGHT if size else None,
        "events": len(events),
        "on": int(p.sum()),
        "t0": events[0][0] if events else None,
        "t1": events[-1][0] if events else None,
        "digest": digest(t, x, y, p),
        "side": side or {},
        "violations": violations or {},
    }


def make(folder):
    """Writes the files of others; returns what all files hold."""
    expected = {}
    for name, (format, spec) in SPEC.items():
        data, events, side, violations = spec()
        (folder / name).write_bytes(data)
        expected[name] = about(format, events, side, violations, size=name != "triggers-spec.dat")
    for k, (name, (format, version)) in enumerate(FAERY.items()):
        events = scene(8_000_000 + k, 240, 21 + k)
        write_faery(str(folder / name), events, version)
        expected[name] = about(format, events, violations=lone_vectors(folder / name) if format == "evt3" else None)
    for k, (name, format) in enumerate(EXPELLIARMUS.items()):
        events = scene(9_000_000 + k, 240, 31 + k)
        write_expelliarmus(str(folder / name), events, format)
        expected[name] = about(format, events, size=False)
    for name, (format, t0, seed, gaps) in RXSPIKE.items():
        expected[name] = about(format, scene(t0, 300, seed, gaps))
    return expected


def main():
    task = sys.argv[1] if len(sys.argv) > 1 else "check"
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE
    if task == "write":
        expected = make(folder)
        (folder / EXPECTED).write_text(json.dumps(expected, indent=1) + "\n")
        return 0
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        expected = make(pathlib.Path(work))
        if json.loads((folder / EXPECTED).read_text()) != expected:
            wrong += 1
            print(f"NOT the same: {EXPECTED}")
        for name in [*SPEC, *FAERY, *EXPELLIARMUS]:
            same = (folder / name).read_bytes() == (pathlib.Path(work) / name).read_bytes()
            wrong += not same
            print(f"ok: {name} comes out the same, byte for byte" if same else f"NOT the same bytes: {name}")
    for name, readers in ASKED.items():
        for reader in readers:
            try:
                found = digest(*READERS[reader](str(folder / name)))
            except Exception as error:  # what a reader fails with is its own
                found = f"{type(error).__name__}: {error}"
            same = found == expected[name]["digest"]
            wrong += not same
            print(f"ok: {reader} reads the same events from {name}" if same else f"NOT the same events: {name} by {reader}: {found}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
