"""N-MNIST files with overflows: written here from the format's description, read by tonic.

    pip install numpy tonic
    python scripts/oracles/nmnist_peers.py write     # makes test/data/files/overflows.bin and expected-nmnist.json anew
    python scripts/oracles/nmnist_peers.py check     # tonic reads from it what expected-nmnist.json says

The encoder under test must write overflows.bin byte for byte from its events.
"""

import json
import pathlib
import struct
import sys
import tempfile

import numpy

FOLDER = pathlib.Path(__file__).parents[2] / "test" / "data" / "files"
LATEST = 2**23 - 1
OVERFLOW = 2**13


def digest(t, x, y, p):
    h = 0xCBF29CE484222325
    for record in zip(t, x, y, p):
        for byte in struct.pack("<QHHB", *(int(v) for v in record)):
            h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}"


def events(count=400):
    """Times that reach over the largest that is stored, with steps back as far as they can be."""
    generator = numpy.random.default_rng(11)
    t = 8_000_000 + numpy.cumsum(generator.choice([0, 1, 100, 8191, 8192, 8193], count))
    t[:3] = [5, 6, 1_900_000]
    t[300] = t[:300].max() - (LATEST - (OVERFLOW - 1))
    return t, generator.integers(0, 256, count), generator.integers(0, 240, count), generator.integers(0, 2, count)


def write(folder):
    t, x, y, p = events()
    base, overflows = 0, 0
    out = bytearray()
    for tk, xk, yk, pk in zip(t, x, y, p):
        while tk - base > LATEST:
            out += bytes([0, 240, 0, 0, 0])
            base += OVERFLOW
            overflows += 1
        out += bytes([xk, yk]) + (int(pk) << 23 | int(tk - base)).to_bytes(3, "big")
    (folder / "overflows.bin").write_bytes(out)
    facts = {"events": len(t), "on": int(sum(p)), "t0": int(t[0]), "t1": int(t[-1]), "overflows": overflows}
    text = json.dumps({"overflows.bin": {**facts, "digest": digest(t, x, y, p)}}, indent=1)
    (folder / "expected-nmnist.json").write_text(text + "\n")


def agree(what, found, wanted):
    if found != wanted:
        sys.exit(f"NOT the same: {what}: {found}, expected {wanted}")
    print(f"ok: {what}")


def check():
    import tonic

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder)
        for path in sorted(folder.iterdir()):
            agree(f"{path.name} comes out the same, byte for byte", path.read_bytes() == (FOLDER / path.name).read_bytes(), True)
    dtype = numpy.dtype([("x", int), ("y", int), ("t", int), ("p", int)])
    e = tonic.io.read_mnist_file(str(FOLDER / "overflows.bin"), dtype=dtype)
    wanted = json.loads((FOLDER / "expected-nmnist.json").read_text())["overflows.bin"]
    agree("overflows.bin by tonic: the same events", digest(e["t"], e["x"], e["y"], e["p"]), wanted["digest"])


if __name__ == "__main__":
    {"write": lambda: write(FOLDER), "check": check}[sys.argv[1]]()
