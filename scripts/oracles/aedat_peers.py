"""Lets other readers and writers of AEDAT meet the files of test/data/files.

    pip install numpy dv-processing faery aedat tonic evlib polars
    python scripts/oracles/aedat_peers.py write [FOLDER]    writes faery's file anew, and what all files hold
    python scripts/oracles/aedat_peers.py check [FOLDER]    exits with 1 where anybody disagrees

`*-rxspike.*` are files that RxSpike writes: a test writes them anew, byte for byte. AEDAT 4.0 is read by dv_processing,
faery, aedat, tonic and evlib; AEDAT 3.1 by tonic where its times stay below the first overflow, which tonic does not
know. No public reader gets AEDAT 1.0 and 2.0 right (tonic knows one address layout and takes every word for an event),
so that these, and 3.1, are read here too, word by word from iniVation's pages and jAER's chip classes.
"""

import json
import pathlib
import re
import struct
import sys
import tempfile

import numpy

from event_digest import digest

HERE = pathlib.Path(__file__).resolve().parent.parent.parent / "test" / "data" / "files"
EXPECTED = "expected-aedat.json"
UNIX = 1_605_537_493_718_345


def scene(t0, count, seed, width, height, back=20):
    """Events of all sorts: runs in a row, equal times, both polarities, small steps back in time."""
    state = seed

    def draw(below):
        nonlocal state
        state = (state * 1103515245 + 12345) % 2**31
        return (state >> 8) % below

    t, x, y, p = t0, 0, 0, 0
    events = []
    for _ in range(count):
        what = draw(10)
        if what < 5:
            x = min(width - 1, x + 1 + draw(3))
        elif what < 7:
            x = draw(width)
            y = draw(height)
            p = draw(2)
        else:
            t += draw(400) - back
        events.append((max(t, t0), x, y, p))
    return events


# File, width, height, events.
WRITTEN = {
    "dvs128-2.0-rxspike.aedat": (128, 128, scene(2**31 - 9_000, 300, 1, 128, 128)),
    "davis346-2.0-rxspike.aedat": (346, 260, scene(UNIX, 300, 2, 346, 260)),
    "hd-2.0-rxspike.aedat": (1280, 720, scene(5_000, 300, 3, 1280, 720)),
    "davis240-3.1-rxspike.aedat": (240, 180, scene(7_000, 300, 4, 240, 180)),
    "wrap-3.1-rxspike.aedat": (346, 260, scene(2**31 - 9_000, 300, 5, 346, 260)),
    # Without steps back: faery raises such a time to the latest before it, evlib sorts.
    "none-rxspike.aedat4": (346, 260, scene(UNIX, 300, 6, 346, 260, 0)),
    "lz4-rxspike.aedat4": (346, 260, scene(UNIX, 300, 7, 346, 260, 0)),
    "lz4-faery.aedat4": (640, 480, scene(UNIX, 300, 8, 640, 480, 0)),
}


def digest_of(events):
    return digest(*[numpy.array(column) for column in zip(*events)])


def write_faery(path, width, height, events):
    import faery

    e = numpy.zeros(len(events), dtype=faery.EVENTS_DTYPE)
    e["t"], e["x"], e["y"], e["on"] = [numpy.array(column) for column in zip(*events)]
    faery.events_stream_from_array(e, (width, height)).to_file(str(path))


# Readers. Each gives columns t, x, y, p.


def lines_of(data):
    """Lines of the header, and where it ends: at jAER's closing line, libcaer's, or the first byte that is no '#'."""
    lines, at = [], 0
    while data[at : at + 1] == b"#":
        end = data.index(b"\n", at)
        lines.append(data[at:end].rstrip(b"\r").decode("latin1"))
        at = end + 1
        if lines[-1] in ("#End Of ASCII Header", "#!END-HEADER"):
            break
    return lines, at


LAYOUTS = {
    "DVS128": lambda a: (a >> 1 & 127, a >> 8 & 127, 1 - (a & 1), a & 0x80008000 == 0),
    "DVS1280x720SD": lambda a: (a >> 1 & 2047, a >> 12 & 1023, a & 1, a < 1 << 22),
}


def davis(a):
    return a >> 12 & 1023, a >> 22 & 511, a >> 11 & 1, a & 0x80000400 == 0


def unwrapped(stamps, base):
    """Steps modulo 2^32 of signed times."""
    t, last, out = base, 0, []
    for stamp in stamps.tolist():
        t += (stamp - last + 2**31) % 2**32 - 2**31
        last = stamp
        out.append(t)
    return numpy.array(out)


def by_page_2(path):
    lines, at = lines_of(path.read_bytes())
    words = numpy.frombuffer(path.read_bytes()[at:], dtype=[("address", ">u4"), ("time", ">i4")])
    chip = next((line.split(".")[-1] for line in lines if line.startswith("# AEChip:")), "")
    base = next((int(line.split()[-1]) for line in lines if line.startswith("# RxSpike timeBase:")), 0)
    x, y, p, event = LAYOUTS.get(chip, davis)(words["address"].astype("i8"))
    return unwrapped(words["time"][event], base), x[event], y[event], p[event]


def by_page_1(path):
    _, at = lines_of(path.read_bytes())
    words = numpy.frombuffer(path.read_bytes()[at:], dtype=[("address", ">u2"), ("time", ">i4")])
    x, y, p, event = LAYOUTS["DVS128"](words["address"].astype("i8"))
    return unwrapped(words["time"][event], 0), x[event], y[event], p[event]


def by_page_3(path):
    data = path.read_bytes()
    lines, at = lines_of(data)
    assert lines[0] == "#!AER-DAT3.1" and lines[-1] == "#!END-HEADER"
    events = []
    while at < len(data):
        kind, _, size, offset, overflow, capacity, number, valid = struct.unpack_from("<hhiiiiii", data, at)
        assert (kind, size, offset) == (1, 8, 4) and capacity >= number == valid
        for k in range(number):
            word, time = struct.unpack_from("<Ii", data, at + 28 + 8 * k)
            assert word & 1 == 1 and time >= 0
            events.append((overflow * 2**31 + time, word >> 17, word >> 2 & 0x7FFF, word >> 1 & 1))
        at += 28 + number * size
    return [numpy.array(column) for column in zip(*events)]


def by_tonic(path):
    import tonic

    if path.suffix == ".aedat4":
        e = tonic.io.read_aedat4(str(path))
        return e["t"], e["x"], e["y"], e["p"] if "p" in e.dtype.names else e["on"]
    version, start, _ = tonic.io.read_aedat_header_from_file(str(path))
    e = tonic.io.get_aer_events_from_file(str(path), version, start)
    a = e["address"].astype("u4")
    return e["timeStamp"], a >> 17, a >> 2 & 0x7FFF, a >> 1 & 1


def by_dv_processing(path):
    import dv_processing

    recording = dv_processing.io.MonoCameraRecording(str(path))
    parts = []
    while recording.isRunning():
        batch = recording.getNextEventBatch()
        if batch is None:
            break
        parts.append(batch.numpy())
    e = numpy.concatenate(parts)
    return e["timestamp"], e["x"], e["y"], e["polarity"]


def by_dv_processing_table(path):
    """By the data table: all events between the times that it says."""
    import dv_processing

    recording = dv_processing.io.MonoCameraRecording(str(path))
    first, last = recording.getTimeRange()
    e = recording.getEventsTimeRange(first, last + 1).numpy()
    return e["timestamp"], e["x"], e["y"], e["polarity"]


def by_faery(path):
    import faery

    e = numpy.concatenate(list(faery.events_stream_from_file(str(path))))
    return e["t"], e["x"], e["y"], e["on"]


def by_aedat(path):
    import aedat

    decoder = aedat.Decoder(str(path))
    e = numpy.concatenate([packet["events"] for packet in decoder if "events" in packet])
    return e["t"], e["x"], e["y"], e["on"]


def by_evlib(path):
    import evlib

    e = evlib.load_events(str(path)).collect().to_dict(as_series=False)
    t = numpy.array([v.total_seconds() * 1e6 if hasattr(v, "total_seconds") else v for v in e["t"]])
    return numpy.rint(t).astype("i8"), numpy.array(e["x"]), numpy.array(e["y"]), numpy.array(e["polarity"]) > 0


FIVE = [by_dv_processing, by_faery, by_aedat, by_tonic, by_evlib]


def readers_of(name):
    if name.endswith(".aedat4"):
        return FIVE
    if "3.1" in name:
        return [by_page_3] + ([] if "wrap" in name else [by_tonic])
    return [by_page_1] if re.search(r"1\.0|headerless", name) else [by_page_2]


def check(folder):
    expected = json.loads((folder / EXPECTED).read_text())
    first = json.loads((folder / "expected-aedat1.json").read_text())
    disagree = 0
    for name, held in {**expected, **first}.items():
        for reader in readers_of(name):
            try:
                found = digest(*reader(folder / name))
            except BaseException as error:  # noqa: BLE001  (some readers panic)
                found = f"{type(error).__name__}: {str(error)[:100]}"
            if found == held["digest"]:
                print(f"ok: {name} by {reader.__name__[3:]}")
            else:
                disagree += 1
                print(f"DISAGREE: {name} by {reader.__name__[3:]}: {found}, expected {held['digest']}")
    for name in ["none-rxspike.aedat4", "lz4-rxspike.aedat4", "lz4-faery.aedat4"]:
        same = digest(*by_dv_processing_table(folder / name)) == digest(*by_dv_processing(folder / name))
        print(f"ok: {name} by its data table" if same else f"DISAGREE: {name} by its data table")
        disagree += 0 if same else 1
    with tempfile.TemporaryDirectory() as work:
        name = "lz4-faery.aedat4"
        write_faery(pathlib.Path(work) / name, *WRITTEN[name])
        same = (pathlib.Path(work) / name).read_bytes() == (folder / name).read_bytes()
        print(f"ok: {name} comes out the same" if same else f"DISAGREE: {name} comes out otherwise")
        disagree += 0 if same else 1
    return disagree


def write(folder):
    write_faery(folder / "lz4-faery.aedat4", *WRITTEN["lz4-faery.aedat4"])
    expected = {
        name: {"width": width, "height": height, "events": len(events), "digest": digest_of(events)}
        for name, (width, height, events) in WRITTEN.items()
    }
    (folder / EXPECTED).write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE
    if sys.argv[1] == "write":
        write(target)
    else:
        sys.exit(1 if check(target) else 0)
