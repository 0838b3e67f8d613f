"""Text recordings between RxSpike, faery and numpy.

    pip install numpy faery evlib
    python scripts/oracles/text_peers.py write test/data/files    # what the others write, for RxSpike to read
    python scripts/oracles/text_peers.py check [test/data/files]  # lets the others read it and what RxSpike wrote
"""

import json
import pathlib
import sys

import faery
import numpy

from event_digest import digest, sample

SIZE = (640, 480)


def prophesee(path, e, separator, head, end):
    """As the converters of Prophesee's SDK do: x, y, polarity, time; written from their documentation."""
    lines = [separator.join(str(v) for v in (x, y, p, t)) for t, x, y, p in e.tolist()]
    path.write_bytes((head + end.join(lines) + end).encode())


def write(folder):
    e = sample()
    by_faery = numpy.zeros(len(e), dtype=faery.EVENTS_DTYPE)
    for name, other in zip(faery.EVENTS_DTYPE.names, ("t", "x", "y", "p")):
        by_faery[name] = e[other]
    faery.events_stream_from_array(by_faery, SIZE).to_file(folder / "faery.csv")
    table = numpy.stack([e["t"].astype("i8"), e["x"].astype("i8"), e["y"].astype("i8"), e["p"].astype("i8")], axis=1)
    seconds = table.astype("f8")
    seconds[:, 0] /= 1e6
    numpy.savetxt(folder / "rpg.txt", seconds, fmt=("%.9f", "%d", "%d", "%d"))
    numpy.savetxt(folder / "savetxt.txt", seconds, header="t x y p")
    signed = table.copy()
    signed[:, 3] = 2 * signed[:, 3] - 1
    numpy.savetxt(folder / "signed.tsv", signed, fmt="%d", delimiter="\t", header="timestamp_us\tx\ty\tpolarity", comments="")
    # Absolute times of a ROS bag, in seconds with nine digits: more than a float64 has.
    lines = [f"{1468939993 + t // 10**6}.{t % 10**6:06d}000 {x} {y} {p}" for t, x, y, p in e.tolist()]
    (folder / "rpg-unix.txt").write_text("\n".join(lines) + "\n")
    prophesee(folder / "prophesee.csv", e, ",", "%geometry:640,480\n", "\n")
    prophesee(folder / "semicolons.csv", e, ";", "x;y;polarity;timestamp\r\n", "\r\n")
    same = {"events": len(e), "digest": digest(e["t"], e["x"], e["y"], e["p"])}
    unix = {"events": len(e), "digest": digest(e["t"].astype("i8") + 1468939993_000000, e["x"], e["y"], e["p"])}
    sized = {"width": 640, "height": 480}
    expected = {
        "faery.csv": {**same, **sized, "order": "t x y p", "unit": "us"},
        "rpg.txt": {**same, "order": "t x y p", "unit": "s"},
        "savetxt.txt": {**same, "order": "t x y p", "unit": "s"},
        "signed.tsv": {**same, "order": "t x y p", "unit": "us"},
        "rpg-unix.txt": {**unix, "order": "t x y p", "unit": "s"},
        "prophesee.csv": {**same, **sized, "order": "x y p t", "unit": "us"},
        "semicolons.csv": {**same, "order": "x y p t", "unit": "us"},
    }
    (folder / "expected-text.json").write_text(json.dumps(expected, indent=2) + "\n")


def agree(what, got, wanted):
    if got != wanted:
        sys.exit(f"NOT the same: {what} gives {got}, not {wanted}")
    print(f"ok: {what}")


def by_faery(path, **properties):
    stream = faery.events_stream_from_file(
        path, dimensions_fallback=SIZE, file_type="csv", csv_properties=faery.CsvProperties(**{**FAERY, **properties})
    )
    e = numpy.concatenate(list(stream))
    return digest(e["t"], e["x"], e["y"], e["on"])


FAERY = dict(
    has_header=True, separator=b",", t_index=0, x_index=1, y_index=2, on_index=3, t_scale=0.0, on_value=b"1",
    off_value=b"0", skip_errors=False,
)


def by_loadtxt(path, **options):
    t, x, y, p = numpy.loadtxt(path, unpack=True, **options)
    return digest(numpy.rint(t), x, y, p)


def evlib_differs(path, same):
    """How far evlib's times are off: it multiplies a float by 10^6 and cuts off, so some are 1 us early."""
    import evlib

    e = evlib.load_events(str(path)).collect().to_dict(as_series=False)
    t = numpy.rint([v.total_seconds() * 1e6 for v in e["t"]]).astype("i8")
    wanted = numpy.rint(numpy.loadtxt(path)[:, 0] * 1e6).astype("i8")
    off = sorted(set((wanted - t).tolist()))
    rest = digest(wanted, e["x"], e["y"], numpy.array(e["polarity"]) > 0)
    return off, rest == same


def check(folder):
    same = json.loads((folder / "expected-text.json").read_text())["faery.csv"]["digest"]
    agree("faery.csv by faery", by_faery(folder / "faery.csv"), same)
    agree("rpg.txt by faery", by_faery(folder / "rpg.txt", has_header=False, separator=b" ", t_scale=1e6), same)
    agree("rpg.txt by evlib, but for times that it cuts off", evlib_differs(folder / "rpg.txt", same), ([0, 1], True))
    agree("prophesee.csv by faery", by_faery(folder / "prophesee.csv", t_index=3, x_index=0, y_index=1, on_index=2), same)
    agree("rxspike.csv (written by RxSpike) by faery", by_faery(folder / "rxspike.csv"), same)
    agree("rxspike.csv by numpy.loadtxt", by_loadtxt(folder / "rxspike.csv", delimiter=",", skiprows=1), same)
    agree("rxspike-turned.csv by faery", by_faery(folder / "rxspike-turned.csv"), same)
    half = numpy.loadtxt(folder / "rxspike-fractions.csv", delimiter=",", skiprows=1)[:, 0]
    whole = numpy.loadtxt(folder / "rxspike.csv", delimiter=",", skiprows=1)[:, 0]
    agree("rxspike-fractions.csv by numpy.loadtxt", half.tolist(), (whole + 0.125).tolist())


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parents[2] / "test/data/files")
    {"write": write, "check": check}[sys.argv[1]](place)
