"""Writes Zstandard frames of the reference library (through python-zstandard) and what they expand to.

    pip install numpy zstandard xxhash
    python scripts/oracles/write_zstd_frames.py test/data/files/zstd-frames.json [SEED]

With a seed other than the default, frames for a one-off comparison on other content.
"""

import base64
import json
import sys

import numpy
import xxhash
import zstandard

SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
random = numpy.random.default_rng(SEED)


def words(count):
    vocabulary = [bytes(random.integers(97, 123, random.integers(2, 9)).astype("u1")) for _ in range(60)]
    return b" ".join(vocabulary[i] for i in random.zipf(1.3, count) % 60)


def events(count):
    record = numpy.zeros(count, dtype=[("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1"), ("_", "V3")])
    record["t"] = 1_605_537_493_718_345 + numpy.cumsum(random.integers(0, 9, count))
    record["x"], record["y"] = random.integers(0, 20, count), random.integers(0, 20, count)
    record["p"] = random.integers(0, 2, count)
    return record.tobytes()


CONTENTS = {
    "empty": b"",
    "one byte": b"x",
    "text": words(int(random.integers(20, 2000))),
    "zeros": bytes(300_000),
    "noise": random.integers(0, 256, int(random.integers(1, 900))).astype("u1").tobytes(),
    "few symbols": random.choice([65, 66, 67], 6000, p=[0.9, 0.08, 0.02]).astype("u1").tobytes(),
    "bell": numpy.clip(random.normal(128, 9, 4000), 0, 255).astype("u1").tobytes(),
    "events": events(500),
    "far repeats": (block := random.integers(0, 256, 700).astype("u1").tobytes()) + bytes(140_000) + block + bytes(9) + block,
}

out = []
for name, content in CONTENTS.items():
    for level in [-5, 1, 3, 9, 19, 22]:
        sized = level != 3
        compressor = zstandard.ZstdCompressor(level=level, write_checksum=level in (1, 22), write_content_size=sized)
        if sized:
            frame = compressor.compress(content)
        else:
            chunks = compressor.compressobj()
            half = len(content) // 2
            frame = chunks.compress(content[:half]) + chunks.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
            frame += chunks.compress(content[half:]) + chunks.flush()
        out.append(
            {
                "name": f"{name}, level {level}",
                "frame": base64.b64encode(frame).decode(),
                "length": len(content),
                "xxh32": xxhash.xxh32_intdigest(content),
            }
        )
open(sys.argv[1], "w").write("[\n" + ",\n".join(json.dumps(row) for row in out) + "\n]\n")
