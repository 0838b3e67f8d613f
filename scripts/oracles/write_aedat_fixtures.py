"""Writes the small AEDAT files of test/data/files and what a reader must make of them (expected.json).

AEDAT 1.0, 2.0, 3.0 and 3.1 are written here, byte by byte, from iniVation's format pages and libcaer's headers; AEDAT 4.0 is
written by dv_processing. Neither shares code with the readers under test.

    pip install numpy dv-processing
    python scripts/oracles/write_aedat_fixtures.py test/data/files
"""

import json
import pathlib
import struct
import sys

import numpy

OUT = pathlib.Path(sys.argv[1])
EXPECTED = {}
EXPECTED_AEDAT1 = {}


def events(seed, count, width, height, start, step):
    """Columns t, x, y, p with runs of equal times."""
    generator = numpy.random.default_rng(seed)
    t = start + numpy.cumsum(generator.integers(0, step, count))
    return numpy.rec.fromarrays(
        [t, generator.integers(0, width, count), generator.integers(0, height, count), generator.integers(0, 2, count)],
        names="t,x,y,p",
    )


def digest(delivered):
    h = 0xCBF29CE484222325
    for e in delivered:
        record = struct.pack("<QHHB", int(e["t"]) % 2**64, int(e["x"]), int(e["y"]), int(e["p"]))
        for byte in record:
            h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}"


def expect(name, delivered, into=EXPECTED, **facts):
    into[name] = {
        **facts,
        "events": len(delivered),
        "on": int(sum(delivered["p"])),
        "t0": int(delivered["t"][0]) if len(delivered) else None,
        "t1": int(delivered["t"][-1]) if len(delivered) else None,
        "digest": digest(delivered),
    }


# AEDAT 2.0: u32 address, i32 time, big-endian.


def davis_word(e):
    return (int(e["y"]) << 22) | (int(e["x"]) << 12) | (int(e["p"]) << 11)


def aedat2(name, header, words):
    lines = b"".join(line.encode() + b"\r\n" for line in ["#!AER-DAT2.0", *header])
    body = b"".join(struct.pack(">Ii", address, (time + 2**31) % 2**32 - 2**31) for address, time in words)
    (OUT / name).write_bytes(lines + body)


def write_aedat2():
    # The first event has y = 140, so that the data begin with '#' (0x23); time wraps in the middle.
    e = events(1, 400, 240, 180, 2**31 - 40_000, 200)
    e["y"][0] = 140
    words = []
    for i, event in enumerate(e):
        words.append((davis_word(event), int(event["t"])))
        if i % 10 == 3:
            words.append((0x80000000 | davis_word(event) & ~0xC00 | 0x400 | 321, int(event["t"])))  # APS signal read
        if i % 200 == 7:  # an IMU sample: acceleration, temperature, rotation
            for code, value in enumerate([8192, -4096, 2048, -3400, 655, -1310, 0]):
                words.append((0x80000C00 | code << 28 | (value & 0xFFFF) << 12, int(event["t"])))
        if i % 100 == 9:
            words.append((0x400, int(event["t"])))  # external input
    header = [
        "# Timestamps tick is 1 us",
        '#  <entry key="ImuGyroScale" value="GyroFullScaleDegPerSec500"/>',
        '#  <entry key="ImuAccelScale" value="ImuAccelScaleG4"/>',
        "# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C",
    ]
    aedat2("davis240.aedat", header, words)
    side = {"aps": 40, "imu": 14, "triggers": 4}
    expect("davis240.aedat", e, format="aedat2", width=240, height=180, sensor="DAVIS240C", side=side)

    e = events(2, 300, 128, 128, 5_000, 200)
    e["t"][200] -= 3_000  # one step back
    words = [((int(v["y"]) << 8) | (int(v["x"]) << 1) | (1 - int(v["p"])), int(v["t"])) for v in e]
    words.insert(100, (0x8000, words[100][1]))
    aedat2("dvs128.aedat", ["# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128"], words)
    expect("dvs128.aedat", e, format="aedat2", width=128, height=128, sensor="DVS128", side={"triggers": 1})


# AEDAT 1.0: u16 address, i32 time, big-endian; with a header and without.


def write_aedat1():
    e = events(6, 400, 128, 128, 2**31 - 30_000, 200)
    e["t"][300] -= 2_000  # one step back, after the wrap
    words = [((int(v["y"]) << 8) | (int(v["x"]) << 1) | (1 - int(v["p"])), int(v["t"])) for v in e]
    words.insert(150, (0x8000, words[150][1]))
    body = b"".join(struct.pack(">Hi", address, (time + 2**31) % 2**32 - 2**31) for address, time in words)
    (OUT / "dvs128-1.0.aedat").write_bytes(b"#!AER-DAT1.0\r\n# This is a raw AE data file\r\n" + body)
    (OUT / "dvs128-headerless.dat").write_bytes(body)
    for name in ["dvs128-1.0.aedat", "dvs128-headerless.dat"]:
        expect(name, e, EXPECTED_AEDAT1, format="aedat1", width=128, height=128, sensor=None, side={"triggers": 1})


# AEDAT 3.1: packets of a 28-byte header and events, little-endian.


def packet(kind, source, size, offset, overflow, bodies, valid, room=0):
    header = struct.pack(
        "<hhiiiiii", kind, source, size, offset, overflow, len(bodies) + room, len(bodies), valid
    )
    assert all(len(body) == size for body in bodies)
    return header + b"".join(bodies)


def polarity(e, valid=1):
    word = valid | (int(e["p"]) << 1) | (int(e["y"]) << 2) | (int(e["x"]) << 17)
    return struct.pack("<Ii", word, int(e["t"]) % 2**31)


def frame(valid, t):
    """A grey frame of 2 x 2 pixels: info, times of frame and exposure, size, position, pixels."""
    return struct.pack("<I8i4H", valid | 1 << 1, t, t + 40, t + 10, t + 20, 2, 2, 0, 0, 1000, 2000, 3000, 65535)


def aedat3(name, version, lines, packets):
    header = [f"#!AER-DAT{version}", "#Format: RAW", *lines]
    (OUT / name).write_bytes(b"".join(line.encode() + b"\r\n" for line in header) + b"".join(packets))


def write_aedat3():
    e = events(3, 600, 346, 260, 2**31 - 60_000, 200)
    before = int(numpy.searchsorted(e["t"], 2**31))
    invalid = [polarity(v, valid=0) for v in e[10:15]]
    packets = [
        packet(0, 1, 8, 4, 0, [struct.pack("<Ii", 1 | 1 << 1, 77)], 1),  # special: time reset
        packet(1, 1, 8, 4, 0, [polarity(v) for v in e[:10]] + invalid + [polarity(v) for v in e[10:before]], before),
        packet(2, 1, 36 + 8, 4, 0, [frame(1, 90), frame(0, 95)], 1),  # frames of four pixels
        packet(3, 1, 36, 4, 0, [struct.pack("<Ii7f", 1, 88, *[0.5] * 7)] * 5, 5),  # IMU
        packet(4, 1, 48, 4, 1, [struct.pack("<Ii10f", 1, 89, *range(10))], 1),  # IMU with a magnetometer
        packet(77, 1, 4, 0, 0, [bytes(4)] * 3, 0),  # a type that nobody knows
        packet(1, 1, 8, 4, 1, [polarity(v) for v in e[before:]], len(e) - before, room=64),
        packet(1, 2, 8, 4, 1, [polarity(v) for v in e[:7]], 7),  # a second camera
        packet(1, 1, 8, 4, 1, [], 0),
    ]
    lines = ["#Source 1: DAVIS346", "#Source 2: DVS128", "#Start-Time: 2026-11-23 04:00:00 (TZ+0000)", "#!END-HEADER"]
    aedat3("davis346-3.1.aedat", "3.1", lines, packets)
    side = {"triggers": 1, "invalid": 5, "frames": 2, "imu": 6, "type77": 3, "events@2": 7}
    expect("davis346-3.1.aedat", e, format="aedat3.1", width=346, height=260, sensor="DAVIS346", side=side)

    # Polarity events of one source alone, all valid and before the first overflow: what simple readers get right too.
    e = events(4, 500, 128, 128, 1_000, 100)
    packets = [packet(1, 1, 8, 4, 0, [polarity(v) for v in e[i : i + 100]], 100) for i in range(0, 500, 100)]
    aedat3("dvs128-3.1.aedat", "3.1", ["#Source 1: DVS128", "#!END-HEADER"], packets)
    expect("dvs128-3.1.aedat", e, format="aedat3.1", width=128, height=128, sensor="DVS128", side={})
    aedat3("dvs128-3.0.aedat", "3.0", ["#Source 1: DVS128"], packets)
    expect("dvs128-3.0.aedat", e, format="aedat3.0", width=128, height=128, sensor="DVS128", side={})


def write_aedat4():
    import dv_processing as dv

    e = events(5, 1200, 346, 260, 1_605_537_493_718_345, 200)
    for kind in ["NONE", "LZ4", "LZ4_HIGH", "ZSTD", "ZSTD_HIGH"]:
        name = f"{kind.lower().replace('_', '-')}.aedat4"
        config = dv.io.MonoCameraWriter.Config("DAVIS346_00000001")
        config.compression = getattr(dv.CompressionType, kind)
        config.addEventStream((346, 260))
        config.addFrameStream((346, 260))
        config.addImuStream()
        config.addTriggerStream()
        (OUT / name).unlink(missing_ok=True)
        writer = dv.io.MonoCameraWriter(str(OUT / name), config)
        writer.setPackagingCount(4)
        for i in range(0, len(e), 400):
            store = dv.EventStore()
            for v in e[i : i + 400]:
                store.push_back(int(v["t"]), int(v["x"]), int(v["y"]), bool(v["p"]))
            writer.writeEvents(store)
            t = int(e["t"][i + 399])
            writer.writeFrame(dv.Frame(t, numpy.zeros((6, 8), dtype=numpy.uint8)))
            for k in range(4):
                writer.writeImu(dv.IMU(t + k, 20.0, *[0.25] * 9))
            for k in range(4):
                writer.writeTrigger(dv.Trigger(t + k, dv.TriggerType.EXTERNAL_SIGNAL_RISING_EDGE))
        del writer
        side = {"frames": 3, "imu": 12, "triggers": 12}
        expect(name, e, format="aedat4", width=346, height=260, sensor="DAVIS346_00000001", side=side)


write_aedat1()
write_aedat2()
write_aedat3()
write_aedat4()
(OUT / "expected.json").write_text(json.dumps(EXPECTED, indent=1) + "\n")
(OUT / "expected-aedat1.json").write_text(json.dumps(EXPECTED_AEDAT1, indent=1) + "\n")
