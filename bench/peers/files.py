"""Reads or writes a recording with somebody else's library; tells the CPU seconds that this took.

    python files.py read PEER FORMAT WARM FILE COLUMNS    COLUMNS: folder for the columns read, or `-`
    python files.py write PEER FORMAT COLUMNS FILE        COLUMNS: folder of the columns to write

Columns are raw little-endian files t (i64, µs), x, y (u16), p (u8). WARM is a small file that is read first, so that
loading the library is not timed. CPU seconds are of all threads, user and system.
"""

import json
import pathlib
import resource
import sys

import numpy

WIDTH, HEIGHT = 346, 260
TYPES = {"t": "<i8", "x": "<u2", "y": "<u2", "p": "u1"}


def read_expelliarmus(path, format):
    import expelliarmus

    return expelliarmus.Wizard(encoding=format).read(path)


def read_faery(path, format):
    import faery

    options = {"dimensions_fallback": (WIDTH, HEIGHT)}
    if format != "csv":
        options["t0"] = 0 * faery.us
    else:
        options["csv_properties"] = faery.CsvProperties(has_header=True, separator=b",", t_scale=-6.0)
    return numpy.concatenate([packet for packet in faery.events_stream_from_file(path, **options)])


def read_dv_processing(path, format):
    import dv_processing

    recording = dv_processing.io.MonoCameraRecording(path)
    parts = []
    while recording.isRunning():
        batch = recording.getNextEventBatch()
        if batch is None:
            break
        parts.append(batch.numpy())
    return numpy.concatenate(parts)


def read_aedat(path, format):
    import aedat

    return numpy.concatenate([packet["events"] for packet in aedat.Decoder(path) if "events" in packet])


def read_event_stream(path, format):
    import event_stream

    # It gives rows as they are stored, from the bottom.
    events = numpy.concatenate([packet for packet in event_stream.Decoder(path)])
    events["y"] = HEIGHT - 1 - events["y"]
    return events


def read_tonic(path, format):
    import tonic

    dtype = numpy.dtype([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")])
    return tonic.io.read_mnist_file(path, dtype)


def read_evlib(path, format):
    import evlib

    frame = evlib.load_events(path, sort=False).collect()
    t = frame["t"].to_numpy()
    t = t.astype("timedelta64[us]").astype("i8") if t.dtype.kind == "m" else t
    return {"t": t, "x": frame["x"].to_numpy(), "y": frame["y"].to_numpy(), "p": frame["polarity"].to_numpy() > 0}


def write_expelliarmus(path, format, columns):
    import expelliarmus

    events = structured(columns, [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")])
    return lambda: expelliarmus.Wizard(encoding=format).save(fpath=path, arr=events)


def write_faery(path, format, columns):
    import faery

    events = numpy.zeros(len(columns["t"]), faery.EVENTS_DTYPE)
    for name, other in zip(faery.EVENTS_DTYPE.names, ("t", "x", "y", "p")):
        events[name] = columns[other]
    options = {"zero_t0": False} if format in ("es", "aedat4") else {}
    if format in ("evt2", "evt3"):
        options["version"] = format
    if format == "dat":
        options["version"] = "dat2"
    return lambda: faery.events_stream_from_array(events, (WIDTH, HEIGHT)).to_file(path, **options)


def write_dv_processing(path, format, columns):
    import dv_processing

    store = dv_processing.EventStore()
    for t, x, y, p in zip(*(columns[name].tolist() for name in "txyp")):
        store.push_back(t, x, y, bool(p))
    config = dv_processing.io.MonoCameraWriter.EventOnlyConfig("bench", (WIDTH, HEIGHT))

    def write():
        writer = dv_processing.io.MonoCameraWriter(path, config)
        writer.writeEvents(store)
        del writer

    return write


def structured(columns, dtype):
    events = numpy.zeros(len(columns["t"]), dtype)
    for name in columns:
        events[name] = columns[name]
    return events


def column(events, *names):
    known = events.keys() if isinstance(events, dict) else events.dtype.names
    return numpy.asarray(events[next(name for name in names if name in known)])


def dump(events, folder):
    found = {"t": column(events, "t", "timestamp"), "x": column(events, "x"), "y": column(events, "y")}
    found["p"] = column(events, "p", "on", "polarity", "is_increase").astype("?")
    for name, dtype in TYPES.items():
        found[name].astype(dtype).tofile(pathlib.Path(folder) / name)
    return len(found["t"])


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


what, peer, format = sys.argv[1:4]
if what == "read":
    warm, path, columns = sys.argv[4:7]
    read = globals()[f"read_{peer}"]
    read(warm, format)
    begin = cpu()
    events = read(path, format)
    seconds = cpu() - begin
    result = {"seconds": seconds}
    if columns != "-":
        result["events"] = dump(events, columns)
else:
    folder, path = sys.argv[4:6]
    columns = {name: numpy.fromfile(pathlib.Path(folder) / name, dtype) for name, dtype in TYPES.items()}
    write = globals()[f"write_{peer}"](path, format, columns)
    begin = cpu()
    write()
    result = {"seconds": cpu() - begin}
# Some libraries end the process badly; what counts has been said by then.
print(json.dumps(result), flush=True)
