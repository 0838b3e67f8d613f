"""HDF5 files by h5py and hdf5plugin for the tests, and what h5py and evlib read of a file that RxSpike wrote.

    python hdf5_peers.py write [FOLDER]     writes the fixtures and hdf5-expected.json (default: test/data/files)
    python hdf5_peers.py check [FOLDER]     reads them again, compares with hdf5-expected.json, prints one ok: line each
    python hdf5_peers.py large FILE N KIND  one file of N events with a chunk index of KIND, to try by hand

Needs numpy, h5py 3.16, hdf5plugin 7.1, and for `check` evlib 0.13. ECF chunks are encoded
here from the description of the codec; where ECF_LIBRARY names a shared library made of the codec of
github.com/prophesee-ai/hdf5_ecf with the C functions `size_t ecf_decode(const uint8_t*, size_t, void*)` and
`size_t ecf_encode(const void*, size_t, uint8_t*)`, that one is asked too.
"""

import ctypes
import json
import os
import pathlib
import sys

import h5py
import hdf5plugin
import numpy as np

ECF = 0x8ECF
CD = np.dtype({"names": ["x", "y", "p", "t"], "formats": ["<u2", "<u2", "<i2", "<i8"], "offsets": [0, 2, 4, 8], "itemsize": 16})
TRIGGER = np.dtype({"names": ["p", "t", "id"], "formats": ["<i2", "<i8", "<i2"], "offsets": [0, 8, 16], "itemsize": 24})
ROOT = pathlib.Path(__file__).resolve().parents[2]


def events(n, seed, width=346, height=260, start=0, style="mixed"):
    """Events with equal times, long silences, rows of neighbours and runs of one polarity."""
    rng = np.random.default_rng(seed)
    out = np.zeros(n, CD)
    steps = rng.choice([0, 0, 0, 1, 2, 14, 15, 16, 300, 70000], n, p=[0.25, 0.2, 0.15, 0.15, 0.1, 0.05, 0.03, 0.03, 0.03, 0.01])
    out["t"] = start + np.cumsum(steps)
    if style == "rows":
        out["y"] = np.repeat(rng.integers(0, height, n // 40 + 1), 40)[:n]
        out["x"] = (np.arange(n) * 1 + rng.integers(0, 3)) % width
        out["p"] = np.repeat(rng.integers(0, 2, n // 150 + 1), 150)[:n]
    elif style == "columns":
        out["y"] = np.repeat(rng.integers(0, height, n // 8 + 1), 8)[:n]
        out["x"] = rng.integers(0, width, n)
        out["p"] = rng.integers(0, 2, n)
    else:
        out["y"] = rng.integers(0, height, n)
        out["x"] = rng.integers(0, width, n)
        out["p"] = rng.integers(0, 2, n)
    return out


SMALL = np.dtype([("t", "<u4"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])


def small(data):
    """The events as records of 9 bytes."""
    out = np.zeros(len(data), SMALL)
    for name in "txyp":
        out[name] = data[name]
    return out


def digest(t, x, y, p):
    """FNV-1a 64 over the records t u64, x u16, y u16, p u8."""
    record = np.zeros(len(t), np.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")]))
    record["t"], record["x"], record["y"], record["p"] = t, x, y, p
    state = 0xCBF29CE484222325
    for byte in record.tobytes():
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"


def runs(values):
    """(value, length) of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    starts = np.concatenate([[0], edges])
    return [(int(values[a]), int(b - a)) for a, b in zip(starts, np.concatenate([edges, [len(values)]]))]


def ecf_encode(chunk, packing):
    """One ECF chunk. packing: 'rows' (y, x, p packed), 'columns' (runs of y, x and p packed), 'masked'."""
    n = len(chunk)
    flags = {"rows": 2, "columns": 1, "masked": 0}[packing]
    out = bytearray((n << 2 | flags).to_bytes(4, "little") + int(chunk["t"][0]).to_bytes(8, "little"))
    now = int(chunk["t"][0])
    for t, count in runs(chunk["t"]):
        step = t - now
        if step >= 15:
            while step > 0:
                out.append(0xF0 | step & 15)
                step >>= 4
        now = t
        out += bytes([step << 4 | count]) if count < 15 else bytes([step << 4 | 15]) + count.to_bytes(2, "little")
    pad = np.zeros(-n % 4, CD)
    padded = np.concatenate([chunk, pad])
    x, y, p = (padded[name].astype(int) for name in "xyp")
    if packing == "rows":
        for k in range(0, len(padded), 4):
            a, b, c, d = (y[k : k + 4] << 12 | x[k : k + 4] << 1 | p[k : k + 4]).tolist()
            for word in (a << 8 | b & 0xFF, b >> 8 << 16 | c & 0xFFFF, c >> 16 << 24 | d):
                out += word.to_bytes(4, "little")
        return bytes(out)
    for value, count in runs(chunk["y"]):
        out += (value << 5 | min(count, 31)).to_bytes(2, "little") + (count.to_bytes(2, "little") if count >= 31 else b"")
    if packing == "columns":
        for k in range(0, len(padded), 4):
            a, b, c, d = (x[k : k + 4] << 1 | p[k : k + 4]).tolist()
            for word in (a << 4 | b & 15, b >> 4 << 8 | c & 255, c >> 8 << 12 | d):
                out += word.to_bytes(2, "little")
        return bytes(out)
    i = 0
    while i < n:
        base, mask = int(chunk["x"][i]), 0
        i += 1
        for k in range(1, 6):
            if i < n and int(chunk["x"][i]) == base + k:
                mask |= 1 << (5 - k)
                i += 1
        out += (base << 5 | mask).to_bytes(2, "little")
    for value, count in runs(chunk["p"]):
        out += bytes([value << 7 | count]) if count < 127 else bytes([value << 7 | 127]) + count.to_bytes(2, "little")
    return bytes(out)


def vendor():
    path = os.environ.get("ECF_LIBRARY")
    if path is None:
        return None
    library = ctypes.CDLL(path)
    library.ecf_decode.restype = library.ecf_encode.restype = ctypes.c_size_t
    return library


def ecf_file(path, chunks, packings, chunk_rows, libver="earliest"):
    """A file as OpenEB 5 writes it: unlimited datasets, chunks written past the filter, attributes of variable length."""
    library = vendor()
    text = h5py.string_dtype()
    with h5py.File(path, "w", libver=libver) as f:
        def dataset(name, dtype, rows, filtered):
            space = h5py.h5s.create_simple((rows,), (h5py.h5s.UNLIMITED,))
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk((chunk_rows,))
            if filtered:
                plist.set_filter(ECF, h5py.h5z.FLAG_OPTIONAL, ())
            group, name = name.split("/")
            gid = h5py.h5g.open(f.id, group.encode()) if group in f else f.create_group(group).id
            return h5py.h5d.create(gid, name.encode(), h5py.h5t.py_create(dtype), space, plist)

        cd = dataset("CD/events", CD, sum(map(len, chunks)), True)
        at = 0
        for chunk, packing in zip(chunks, packings):
            stored = ecf_encode(chunk, packing)
            if library is not None:
                back = np.zeros(len(chunk) + 8, CD)
                library.ecf_decode(stored, ctypes.c_size_t(len(stored)), back.ctypes.data_as(ctypes.c_void_p))
                assert np.array_equal(back[: len(chunk)], chunk), f"the codec reads {packing} otherwise"
            cd.write_direct_chunk((at,), stored, 0)
            at += chunk_rows
        triggers = np.zeros(5, TRIGGER)
        triggers["t"], triggers["p"], triggers["id"] = [100, 200, 250, 300, 70000], [1, 0, 1, 0, 1], [0, 0, 1, 1, 0]
        padded = np.zeros(chunk_rows, TRIGGER)
        padded[:5] = triggers
        dataset("EXT_TRIGGER/events", TRIGGER, 5, False).write_direct_chunk((0,), padded.tobytes(), 0)
        for key, value in {
            "version": "1.0", "format": "ECF;height=260;width=346", "geometry": "346x260", "generation": "4.2",
            "camera_integrator_name": "Prophesee", "plugin_integrator_name": "Prophesee", "integrator_name": "Prophesee",
            "sensor_name": "IMX636", "serial_number": "00000000", "system_ID": "49", "date": "2026-01-01 00:00:00",
        }.items():
            f.attrs.create(key, value, dtype=text)


def columns(group, data, names="xytp", types=None, **options):
    for name, field in zip(names if not isinstance(names, str) else list(names), "xytp"):
        values = data[field] if types is None else types[field](data[field])
        group.create_dataset(name, data=values, **options)


BLOSC = hdf5plugin.Blosc
DSEC_TYPES = {"x": lambda v: v.astype("u2"), "y": lambda v: v.astype("u2"), "t": lambda v: v.astype("u4"), "p": lambda v: v.astype("u1")}


def ms_to_idx(t):
    return np.searchsorted(t, np.arange(0, t[-1] // 1000 + 1) * 1000).astype("u8")


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}

    def record(name, group, data, t=None, **more):
        t = data["t"] if t is None else t
        expected.setdefault(name, []).append(
            {"topic": group, "events": len(data), "on": int((data["p"] > 0).sum()), "t0": float(t[0]), "t1": float(t[-1]),
             "digest": digest(t, data["x"], data["y"], data["p"] > 0), **more})

    # Prophesee, all packings, the last chunk with fewer events than it has room for.
    parts = [("rows", "mixed"), ("masked", "rows"), ("columns", "columns"), ("masked", "rows")]
    data, chunks, start = [], [], 1000
    for k, (_, style) in enumerate(parts):
        chunk = events(300 if k < 3 else 170, 10 + k, start=start, style=style)
        start = int(chunk["t"][-1])
        chunks.append(chunk)
    data = np.concatenate(chunks)
    ecf_file(folder / "prophesee-ecf.hdf5", chunks, [packing for packing, _ in parts], 300)
    record("prophesee-ecf.hdf5", "CD/events", data, width=346, height=260, triggers=5)

    # DSEC: Blosc with zstd, as the data set has it.
    data = events(700, 1)
    offset = 49599300523
    with h5py.File(folder / "dsec-blosc.h5", "w") as f:
        columns(f.create_group("events"), data, types=DSEC_TYPES, chunks=(256,), **BLOSC(cname="zstd", clevel=1, shuffle=BLOSC.SHUFFLE))
        f["ms_to_idx"] = ms_to_idx(data["t"])
        f["t_offset"] = np.int64(offset)
    record("dsec-blosc.h5", "events", data, data["t"] + offset)

    # M3ED: two cameras, resolution in calib; the newest structures, chunks that grow.
    with h5py.File(folder / "m3ed.h5", "w", libver="latest") as f:
        for seed, side in enumerate(["left", "right"]):
            data = events(400, 20 + seed, 1280, 720)
            group = f.create_group(f"prophesee/{side}")
            columns(group, data, types={**DSEC_TYPES, "t": lambda v: v.astype("i8"), "p": lambda v: v.astype("i1")}, chunks=(128,), maxshape=(None,), compression="lzf")
            group["ms_map_idx"] = ms_to_idx(data["t"])
            group["calib/resolution"] = np.array([1280, 720])
            record("m3ed.h5", f"prophesee/{side}", data, width=1280, height=720)

    # rpg: float seconds, deflate with shuffle and checksums.
    data = events(600, 3, 240, 180)
    with h5py.File(folder / "rpg.h5", "w") as f:
        group = f.create_group("events")
        types = {"x": lambda v: v.astype("i2"), "y": lambda v: v.astype("i2"), "t": lambda v: v / 1e6, "p": lambda v: v.astype(bool)}
        columns(group, data, ["xs", "ys", "ts", "ps"], types, chunks=(128,), compression="gzip", shuffle=True, fletcher32=True)
        f.attrs["sensor_resolution"] = (180, 240)
        f.attrs["num_events"] = len(data)
    record("rpg.h5", "events", data, width=240, height=180)

    # MVSEC: a table of float64, x y t p, seconds of 1970, polarity −1 and 1, chunks that cut its columns apart.
    data = events(300, 4)
    start = 1504645177_000000
    table = np.stack([data["x"], data["y"], (data["t"] + start) / 1e6, data["p"] * 2.0 - 1], axis=1)
    with h5py.File(folder / "mvsec.h5", "w") as f:
        for side in ["left", "right"]:
            f.create_dataset(f"davis/{side}/events", data=table, chunks=(96, 3), compression="gzip")
    for side in ["left", "right"]:
        record("mvsec.h5", f"davis/{side}/events", data, data["t"] + start)

    # Plain columns at the root in one piece each, big-endian; and small ones inside their headers.
    data = events(250, 5)
    with h5py.File(folder / "plain.h5", "w", libver="latest") as f:
        columns(f, data, types={"x": lambda v: v.astype(">u2"), "y": lambda v: v.astype(">i4"), "t": lambda v: v.astype(">i8"), "p": lambda v: v.astype(bool)})
        inside = f.create_group("small")
        for name in "xytp":
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_layout(h5py.h5d.COMPACT)
            values = data[name][:50].astype("f4" if name in "xy" else data[name].dtype)
            dset = h5py.h5d.create(inside.id, name.encode(), h5py.h5t.py_create(values.dtype), h5py.h5s.create_simple((50,)), plist)
            dset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values))
        inside.attrs.update({"width": 346, "height": 260, "y_up": 1, "mirrored_x": 1, "epoch": "unix", **{f"note{k}": k for k in range(12)}})
    record("plain.h5", "", data)
    record("plain.h5", "small", data[:50], width=346, height=260, yUp=True, mirroredX=True, epoch="unix")

    # One group a filter: more groups than fit into a header, so that the newest structures keep them in a heap.
    data = events(600, 6, style="rows")
    filters = {
        **{f"blosc-{c}": BLOSC(cname=c, clevel=5, shuffle=BLOSC.SHUFFLE) for c in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]},
        "blosc-bits-lz4": BLOSC(cname="lz4", clevel=5, shuffle=BLOSC.BITSHUFFLE),
        "blosc-bits-zstd": BLOSC(cname="zstd", clevel=5, shuffle=BLOSC.BITSHUFFLE),
        "blosc-plain-blosclz": BLOSC(cname="blosclz", clevel=9, shuffle=BLOSC.NOSHUFFLE),
        "lz4": hdf5plugin.LZ4(nbytes=1024),
        "zstd": hdf5plugin.Zstd(clevel=3),
        "bitshuffle": hdf5plugin.Bitshuffle(cname="none"),
        "bitshuffle-lz4": hdf5plugin.Bitshuffle(cname="lz4"),
        "bitshuffle-zstd": hdf5plugin.Bitshuffle(cname="zstd"),
        "deflate": {"compression": "gzip"},
        "lzf-shuffle": {"compression": "lzf", "shuffle": True},
        "fletcher32": {"fletcher32": True},
    }
    with h5py.File(folder / "filters.h5", "w", libver="latest") as f:
        for name, options in filters.items():
            f.create_dataset(f"{name}/events", data=small(data), chunks=(250,), **options)
            record("filters.h5", f"{name}/events", data)

    # One group a chunk index.
    data = events(400, 7)
    table = np.stack([data[name].astype("i4") for name in "txyp"], axis=1)
    with h5py.File(folder / "indexes.h5", "w", libver="latest") as f:
        for filtered, options in {"plain": {}, "filtered": {"compression": "gzip"}}.items():
            def make(name, rows, **shape):
                f.create_dataset(f"{filtered}/{name}/events", data=rows, **shape, **options)
            make("single", table, chunks=(400, 4))
            make("fixed", table, chunks=(7, 4))
            make("extensible", table, chunks=(4, 4), maxshape=(None, 4))
            make("tree2", table, chunks=(9, 2), maxshape=(None, None))
            for name in ["single", "fixed", "extensible", "tree2"]:
                record("indexes.h5", f"{filtered}/{name}/events", data)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((100, 4))
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        group = f.create_group("plain/implicit")
        dset = h5py.h5d.create(group.id, b"events", h5py.h5t.py_create(table.dtype), h5py.h5s.create_simple(table.shape), plist)
        dset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(table))
        record("indexes.h5", "plain/implicit/events", data)
        paged = events(1100, 9)
        f.create_dataset("plain/paged/events", data=small(paged), chunks=(1,))
        record("indexes.h5", "plain/paged/events", paged)
    with h5py.File(folder / "tree1.h5", "w") as f:
        f.create_dataset("events", data=small(data), chunks=(3,), maxshape=(None,))
        record("tree1.h5", "events", data)
    (folder / "hdf5-expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def read_group(f, group):
    """t (µs), x, y, p of a group as h5py reads it."""
    item = f[group or "/"]
    if isinstance(item, h5py.Dataset):
        raw = item[()]
        if raw.dtype.names:
            return raw["t"], raw["x"], raw["y"], raw["p"] > 0
        x, y, t = (raw[:, 0], raw[:, 1], np.rint(raw[:, 2] * 1e6)) if raw.dtype.kind == "f" else (raw[:, 1], raw[:, 2], raw[:, 0])
        return t.astype("i8"), x, y, raw[:, 3] > 0
    names = ["xs", "ys", "ts", "ps"] if "xs" in item else list("xytp")
    x, y, t, p = (item[name][()] for name in names)
    t = np.rint(t * 1e6).astype("i8") if t.dtype.kind == "f" else t.astype("i8")
    return t + int(f["t_offset"][()]) if "t_offset" in f else t, x, y, p > 0


def evlib_events(path):
    import evlib

    frame = evlib.load_events(str(path), sort=False).collect()
    t = frame["t"].dt.total_microseconds().to_numpy()
    return t, frame["x"].to_numpy(), frame["y"].to_numpy(), frame["polarity"].to_numpy() > 0


def ecf_events(path):
    """The chunks as h5py finds them, decoded by evlib's codec; its reader of whole files does not find them in files of
    h5py ("decoded 4 of 300 events")."""
    import evlib

    with h5py.File(path) as f:
        events = f["CD/events"]
        chunks = [events.id.read_direct_chunk(events.id.get_chunk_info(k).chunk_offset)[1] for k in range(events.id.get_num_chunks())]
    rows = np.array([row for chunk in chunks for row in evlib.formats.test_prophesee_ecf_decode(chunk, False)], dtype="i8")
    return rows[:, 3], rows[:, 0], rows[:, 1], rows[:, 2] > 0


def check(folder):
    expected = json.loads((folder / "hdf5-expected.json").read_text())
    good = True

    def compare(what, found, wanted):
        nonlocal good
        same = found == wanted
        good &= same
        print(f"{'ok' if same else 'NOT the same'}: {what}", flush=True)

    for name, groups in expected.items():
        if name == "prophesee-ecf.hdf5":
            compare(f"{name} by h5py and evlib's codec", digest(*ecf_events(folder / name)), groups[0]["digest"])
            continue
        with h5py.File(folder / name) as f:
            found = [digest(*read_group(f, group["topic"])) for group in groups]
        compare(f"{name} by h5py, {len(found)} groups", found, [group["digest"] for group in groups])
    written = folder / "rxspike.h5"
    wanted = json.loads((folder / "hdf5-written.json").read_text())
    with h5py.File(written) as f:
        t, x, y, p = read_group(f, "events")
        compare("rxspike.h5 by h5py", digest(t, x, y, p), wanted["digest"])
        types = [f["events"][name].dtype.str for name in "ptxy"]
        compare("rxspike.h5 has the columns of DSEC", types, ["|u1", "<i8", "<u2", "<u2"])
        index, relative = f["ms_to_idx"][()], f["events/t"][()]
        latest = np.maximum.accumulate(relative)
        compare("rxspike.h5 has the ms_to_idx of DSEC", index.tolist(), ms_to_idx(latest).tolist())
        compare("rxspike.h5 has its size", [int(f.attrs["width"]), int(f.attrs["height"])], wanted["size"])
    compare("rxspike.h5 by evlib", digest(*evlib_events(written)), wanted["relativeDigest"])
    return good


def large(path, n, kind):
    """Millions of events with so many chunks that every part of an index is used."""
    data = events(n, 8)
    shape = {"extensible": {"maxshape": (None,)}, "fixed": {}, "tree1": {"maxshape": (None,)}}[kind]
    with h5py.File(path, "w", libver="earliest" if kind == "tree1" else "latest") as f:
        f.create_dataset("events", data=small(data), chunks=(2,), **shape)
    print(digest(data["t"], data["x"], data["y"], data["p"]))


if __name__ == "__main__":
    if sys.argv[1] == "large":
        large(sys.argv[2], int(sys.argv[3]), sys.argv[4])
        sys.exit()
    where = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "test/data/files"
    if sys.argv[1] == "write":
        write(where)
    elif not check(where):
        sys.exit(1)
