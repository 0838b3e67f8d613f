"""Reference values of sin, cos, exp, log and atan for test/elementary.test.ts, by mpmath with 200 bits.

    pip install mpmath
    python scripts/oracles/elementary.py test/data/quantum/elementary.json

Each row: function, argument, the true value rounded to a double, and what the rounding lost: their sum is the truth to
about 106 bits, so that errors of a fraction of an ulp can be told.
"""

import json
import random
import sys

import mpmath
from mpmath import mp, mpf

mp.prec = 200
random.seed(20261123)


def arguments(name):
    """Random and awkward arguments of one function."""
    if name in ("sin", "cos"):
        for k in range(1, 40):
            yield k * 1.5707963267948966  # next to a multiple of pi/2: the result is what the reduction leaves
        yield from (1e-300, 1e-9, 0.7853981633974483, 1048575.9, 1e5)
        for _ in range(400):
            yield random.uniform(-1, 1) * 10 ** random.uniform(-3, 6)
    elif name == "exp":
        yield from (1e-300, -1e-17, 0.34657359027997264, 709.78, -708.3, -740.0)
        for _ in range(300):
            yield random.uniform(-1, 1) * 10 ** random.uniform(-3, 2.8)
    elif name == "log":
        yield from (5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.9999999999999999, 1.0000000000000002)
        yield from (0.7071067811865475, 0.7071067811865476, 1.414213562373095, 1.4142135623730951)
        for _ in range(150):
            yield random.uniform(0.3, 3)
        for _ in range(150):
            yield mp_power(random.uniform(-300, 300))
    else:
        yield from (1e-300, 0.0625, 0.4375, 1.0, 1.0000000000000002, 16.0, 1e300)
        for _ in range(300):
            yield random.uniform(-1, 1) * 10 ** random.uniform(-3, 3)


def mp_power(exponent):
    return float(mpmath.power(10, exponent))


rows = []
for name in ("sin", "cos", "exp", "log", "atan"):
    for x in arguments(name):
        truth = getattr(mpmath, name)(mpf(x))
        value = float(truth)
        rows.append([name, x, value, float(truth - mpf(value))])

with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"made by": "scripts/oracles/elementary.py", "mpmath": mpmath.__version__, "rows": rows}, file)
    file.write("\n")
