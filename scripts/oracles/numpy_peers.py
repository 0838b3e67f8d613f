"""NPY and NPZ between RxSpike, numpy and tonic.

    pip install numpy tonic
    python scripts/oracles/numpy_peers.py write test/data/files    # what numpy writes, for RxSpike to read
    python scripts/oracles/numpy_peers.py check [test/data/files]  # lets the others read what RxSpike wrote
"""

import io
import json
import pathlib
import sys
import zipfile

import numpy

from event_digest import digest, sample


def write(folder):
    e = sample()
    n = len(e)

    def structured(dtype):
        out = numpy.zeros(n, dtype=dtype)
        for name, other in zip(("t", "x", "y", "p"), numpy.dtype(dtype).names):
            place = next(k for k in numpy.dtype(dtype).names if k[0] == name or (name == "p" and k == "on"))
            out[place] = e[name]
        return out

    # The types of expelliarmus, tonic and faery, and one that no tool has.
    numpy.save(folder / "expelliarmus.npy", structured([("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")]))
    numpy.save(folder / "tonic.npy", structured([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")]))
    numpy.save(folder / "aligned.npy", structured(numpy.dtype([("p", "i1"), ("y", ">u4"), ("t", ">u8"), ("x", ">f4")], align=True)))
    table = numpy.stack([e[k].astype("i8") for k in ("t", "x", "y", "p")], axis=1)
    numpy.save(folder / "fortran.npy", numpy.asfortranarray(table))
    numpy.save(folder / "lying.npy", table[:, [1, 2, 0, 3]].T.astype(">i4").copy())
    seconds = table.astype("f8")
    seconds[:, 0] /= 1e6
    seconds[:, 3] = 2 * seconds[:, 3] - 1
    with open(folder / "seconds.npy", "wb") as file:
        numpy.lib.format.write_array(file, seconds, version=(2, 0))
    with open(folder / "nanoseconds.npy", "wb") as file:
        timed = structured([("t", "<M8[ns]"), ("x", "<u2"), ("y", "<u2"), ("p", "?")])
        timed["t"] = (e["t"].astype("i8") * 1000 + 1_700_000_000_000_000_000).view("<M8[ns]")
        numpy.lib.format.write_array(file, timed, version=(3, 0))
    numpy.savez(folder / "columns.npz", x=e["x"], y=e["y"], t=e["t"], p=e["p"].astype(bool), width=640, height=480)
    numpy.savez_compressed(
        folder / "deflated.npz", frames=numpy.zeros((3, 4, 5)), events=structured([("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")])
    )
    numpy.savez_compressed(folder / "fortran.npz", events=numpy.asfortranarray(table))
    # Sizes after the content, as programs write that cannot seek.
    class Pipe(io.RawIOBase):
        def __init__(self, file):
            self.file = file

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)

    with open(folder / "descriptors.npz", "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("t", "x", "y", "p"):
            with archive.open(f"event_{name}.npy", "w") as entry:
                numpy.lib.format.write_array(entry, numpy.ascontiguousarray(e[name]))
    numpy.save(folder / "pickled.npy", numpy.array([{"t": 1}], dtype=object), allow_pickle=True)
    same = {"events": n, "digest": digest(e["t"], e["x"], e["y"], e["p"])}
    later = {"events": n, "digest": digest(e["t"].astype("i8") + 1_700_000_000_000_000, e["x"], e["y"], e["p"])}
    names = ("expelliarmus.npy", "tonic.npy", "aligned.npy", "fortran.npy", "lying.npy", "seconds.npy")
    expected = {name: same for name in names}
    expected["nanoseconds.npy"] = later
    expected["columns.npz"] = {**same, "width": 640, "height": 480}
    for name in ("deflated.npz", "fortran.npz", "descriptors.npz"):
        expected[name] = same
    (folder / "expected-numpy.json").write_text(json.dumps(expected, indent=2) + "\n")


def agree(what, got, wanted):
    if got != wanted:
        sys.exit(f"NOT the same: {what} gives {got}, not {wanted}")
    print(f"ok: {what}")


def check(folder):
    import tonic

    same = json.loads((folder / "expected-numpy.json").read_text())["tonic.npy"]["digest"]
    e = numpy.load(folder / "rxspike.npy")
    agree("rxspike.npy (written by RxSpike) by numpy", digest(e["t"], e["x"], e["y"], e["p"]), same)
    agree("rxspike.npy is of the type that the page says", e.dtype.descr, [("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "|b1")])
    frame = tonic.transforms.ToFrame(sensor_size=(640, 480, 2), time_window=1e6, include_incomplete=True)(e)
    wanted = numpy.zeros((2, 480, 640), dtype=frame.dtype)
    numpy.add.at(wanted, (e["p"].astype(int), e["y"], e["x"]), 1)
    agree("rxspike.npy as a frame of tonic", bool((frame[0] == wanted).all()) and int(frame.sum()), len(e))
    with numpy.load(folder / "rxspike.npz") as z:
        agree("rxspike.npz (written by RxSpike) by numpy", digest(z["t"], z["x"], z["y"], z["p"]), same)
        agree("its times are whole numbers", z["t"].dtype.str, "<i8")
        agree("its size", (int(z["width"]), int(z["height"])), (640, 480))
        times = z["t"]
    for name in ("rxspike.npz", "rxspike-fractions.npz", "rxspike-zip64.npz"):
        with zipfile.ZipFile(folder / name) as archive:
            agree(f"{name} is sound for zipfile", archive.testzip(), None)
    with numpy.load(folder / "rxspike-fractions.npz") as z:
        agree("rxspike-fractions.npz by numpy", z["t"].tolist(), (times + 0.125).tolist())
        agree("its orientation", (int(z["y_up"]), int(z["mirrored_x"]), int(z["unix_epoch"])), (1, 1, 1))
    with numpy.load(folder / "rxspike-zip64.npz") as z:
        agree("rxspike-zip64.npz (headers of ZIP64 throughout) by numpy", z["t"].tolist(), [1, 2, 3])


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parents[2] / "test/data/files")
    {"write": write, "check": check}[sys.argv[1]](place)
