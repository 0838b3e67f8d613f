"""The digest that RxSpike prints, and the events that small files are made of."""

import numpy

EVENTS = numpy.dtype([("t", "<u8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])


def digest(t, x, y, p):
    record = numpy.zeros(len(t), dtype=EVENTS)
    record["t"], record["x"], record["y"], record["p"] = t, x, y, p
    h = 0xCBF29CE484222325
    for byte in record.tobytes():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}"


def sample(n=150, start=3_811):
    """Events on 640 x 480: uneven steps, equal times, times that end in zeros."""
    random = numpy.random.default_rng(7)
    e = numpy.zeros(n, dtype=EVENTS)
    e["t"] = start + numpy.cumsum(random.integers(0, 60, n) * random.integers(0, 2, n))
    e["x"], e["y"], e["p"] = random.integers(0, 640, n), random.integers(0, 480, n), random.integers(0, 2, n)
    return e
