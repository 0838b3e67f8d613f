"""Reads the files of test/data/files with other people's readers and says which give the digest in expected.json.

    pip install numpy dv-processing faery aedat tonic evlib
    python scripts/oracles/compare_aedat_readers.py test/data/files [MORE FILES]
"""

import json
import pathlib
import sys

import numpy


def digest(t, x, y, p):
    record = numpy.zeros(len(t), dtype=[("t", "<u8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
    record["t"], record["x"], record["y"], record["p"] = t, x, y, p
    h = 0xCBF29CE484222325
    for byte in record.tobytes():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}", len(t)


def by_dv_processing(path):
    import dv_processing

    recording = dv_processing.io.MonoCameraRecording(path)
    parts = []
    while recording.isRunning():
        batch = recording.getNextEventBatch()
        if batch is None:
            break
        parts.append(batch.numpy())
    e = numpy.concatenate(parts)
    return digest(e["timestamp"], e["x"], e["y"], e["polarity"])


def by_faery(path):
    import faery

    parts = [packet for packet in faery.events_stream_from_file(path)]
    e = numpy.concatenate(parts)
    return digest(e["t"], e["x"], e["y"], e["on"])


def by_aedat(path):
    import aedat

    decoder = aedat.Decoder(path)
    ids = [i for i, stream in decoder.id_to_stream().items() if stream["type"] == "events"]
    e = numpy.concatenate([packet["events"] for packet in decoder if packet["stream_id"] == ids[0]])
    return digest(e["t"], e["x"], e["y"], e["on"])


def by_tonic(path):
    import tonic

    if path.endswith(".aedat4"):
        e = tonic.io.read_aedat4(path)
        return digest(e["t"], e["x"], e["y"], e["p"] if "p" in e.dtype.names else e["on"])
    # The named readers of tonic.io fail to unpack their own header function; its parts work.
    version, start, _ = tonic.io.read_aedat_header_from_file(path)
    e = tonic.io.get_aer_events_from_file(path, version, start)
    address = e["address"].astype("u4")
    if version >= 3:
        return digest(e["timeStamp"], address >> 17, address >> 2 & 0x7FFF, address >> 1 & 1)
    return digest(e["timeStamp"], address >> 12 & 0x3FF, address >> 22 & 0x1FF, address >> 11 & 1)


def by_evlib(path):
    import evlib

    e = evlib.load_events(path).collect().to_dict(as_series=False)
    t = numpy.array([v.total_seconds() * 1e6 if hasattr(v, "total_seconds") else v for v in e["t"]])
    p = numpy.array(e["polarity"])
    return digest(numpy.rint(t).astype("i8"), numpy.array(e["x"]), numpy.array(e["y"]), p > 0)


folder = pathlib.Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())
paths = [str(folder / name) for name in expected] + sys.argv[2:]
for path in paths:
    wanted = expected.get(pathlib.Path(path).name, {}).get("digest")
    for name, reader in list(globals().items()):
        if not name.startswith("by_"):
            continue
        try:
            found, count = reader(path)
            verdict = "same" if found == wanted else f"differs: {count} events {found}"
        except BaseException as error:  # noqa: BLE001  (some readers panic)
            verdict = f"fails: {type(error).__name__}: {str(error).splitlines()[0][:80] if str(error) else ''}"
        print(f"{pathlib.Path(path).name:22} {name[3:]:14} {verdict}", flush=True)
