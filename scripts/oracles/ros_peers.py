"""ROS 1 bags and MCAP files by other people's writers, and what other people's readers make of them and of ours.

    pip install numpy==2.4.6 rosbags==0.11.9 mcap==1.6.0 mcap-ros2-support==0.6.0 lz4 zstandard
    python scripts/oracles/ros_peers.py write     makes the files in test/data/files and ros.json beside them
    python scripts/oracles/ros_peers.py check     reads them, and written.mcap, which the suite pins to the bytes that
                                                  RxSpike writes; exits with 1 where an event differs

No library writes the payloads of event_camera_msgs: those here are made from the descriptions in event_camera_msgs,
libcaer_driver (src/message_converter.cpp) and Prophesee's page on EVT3, and read back by a decoder made from
event_camera_codecs (include/event_camera_codecs/*_decoder.h).
"""

import json
import pathlib
import struct
import sys
import tempfile

import numpy
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer as McapWriter
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from rosbags.rosbag1 import Writer as BagWriter
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "test" / "data" / "files"
SECOND = 1_000_000_000
UNIX = 1_605_537_493 * SECOND + 718_345_000

EVENT = "uint16 x\nuint16 y\ntime ts\nbool polarity\n"
EVENT_ARRAY = "# (0, 0) is at top-left corner of image\nHeader header\nuint32 height\nuint32 width\nEvent[] events\n"
OLD_EVENT = "# A DVS event\nuint16 x\nuint16 y\nuint64 time\nbool polarity\n"
OLD_EVENT_ARRAY = "# an array of events\nEvent[] events\n"
EVENT_2 = "uint16 x\nuint16 y\nbuiltin_interfaces/Time ts\nbool polarity\n"
EVENT_ARRAY_2 = "std_msgs/Header header\nuint32 height\nuint32 width\n{}/Event[] events\n"
EVENT_PACKET_2 = """std_msgs/Header header     # standard ROS header
uint32 height     # image height
uint32 width      # image width

uint64 seq        # sequence number to detect lost messages
uint64 time_base  # event ros time = time_base + decoded event_time
string encoding   # the encoding scheme to use
bool is_bigendian # true if machine stores in big endian format

uint8[] events
"""
LINE = "=" * 80 + "\n"
HEADER_2 = LINE + "MSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n"
TIME_2 = LINE + "MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"


def events(seed, n, start, width, height, step=400_000, unit=1_000):
    """Columns t (ns), x, y, p; a step back in the middle, equal times."""
    random = numpy.random.default_rng(seed)
    t = start + numpy.cumsum(random.integers(0, step // unit, n)) * unit
    t[n // 2] -= 2 * step
    x, y = random.integers(0, width, n), random.integers(0, height, n)
    return numpy.stack([t, x, y, random.integers(0, 2, n)])


def digest(columns):
    t, x, y, p = columns
    record = numpy.zeros(len(t), dtype=[("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
    record["t"], record["x"], record["y"], record["p"] = t // 1000, x, y, p
    h = 0xCBF29CE484222325
    for byte in record.tobytes():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}"


def micros(t):
    return int(t) / 1000


def facts(columns, **more):
    t = columns[0]
    said = {"events": len(t), "on": int(columns[3].sum()), "t0": micros(t[0]), "t1": micros(t[-1]), "digest": digest(columns)}
    # The digest is of whole µs: what lies beyond them is summed up apart.
    return {**said, "nanoseconds": int((t % 1000).sum()), **more}


# ROS 1


def store_1(package, event=EVENT, array=EVENT_ARRAY):
    store = get_typestore(Stores.ROS1_NOETIC)
    store.register(get_types_from_msg(event, f"{package}/msg/Event"))
    store.register(get_types_from_msg(array, f"{package}/msg/EventArray"))
    return store


def header_1(store, t, seq):
    kinds = store.types
    stamp = kinds["builtin_interfaces/msg/Time"](int(t // SECOND), int(t % SECOND))
    return kinds["std_msgs/msg/Header"](seq=seq, stamp=stamp, frame_id="camera")


def array_1(store, package, columns, seq, width, height):
    kinds = store.types
    time, event = kinds["builtin_interfaces/msg/Time"], kinds[f"{package}/msg/Event"]
    made = [
        event(int(x), int(y), time(int(t // SECOND), int(t % SECOND)), bool(p)) for t, x, y, p in columns.T.tolist()
    ]
    stamp = columns[0, 0] if columns.shape[1] else UNIX
    return kinds[f"{package}/msg/EventArray"](header_1(store, stamp, seq), height, width, made)


def imu_1(store, t, seq):
    kinds = store.types
    vector, no = kinds["geometry_msgs/msg/Vector3"], numpy.zeros(9)
    return kinds["sensor_msgs/msg/Imu"](
        header_1(store, t, seq),
        kinds["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0),
        no,
        vector(0.1, 0.2, 0.3),
        no,
        vector(0.0, 9.81, 0.0),
        no,
    )


def bag(name, package, columns, width, height, per, compression=None, threshold=2500):
    path = FOLDER / name
    path.unlink(missing_ok=True)
    store = store_1(package)
    writer = BagWriter(path)
    writer.chunk_threshold = threshold
    if compression:
        writer.set_compression(compression)
    with writer:
        kind = f"{package}/msg/EventArray"
        imu = writer.add_connection("/camera/imu", "sensor_msgs/msg/Imu", typestore=store)
        other = writer.add_connection("/other/events", kind, typestore=store)
        main = writer.add_connection("/camera/events", kind, typestore=store)
        nothing = array_1(store, package, columns[:, :0], 0, 0, 0)
        writer.write(other, UNIX, store.serialize_ros1(nothing, kind))
        for k in range(0, columns.shape[1], per):
            part = columns[:, k : k + per]
            t = int(part[0, 0])
            writer.write(imu, t, store.serialize_ros1(imu_1(store, t, k), "sensor_msgs/msg/Imu"))
            message = array_1(store, package, part, k // per, width, height)
            writer.write(main, t, store.serialize_ros1(message, kind))
            if k == per:
                writer.write(other, t, store.serialize_ros1(array_1(store, package, part[:, :3], 1, 9, 9), kind))
    side = {"/camera/imu": -(-columns.shape[1] // per), "/other/events": 2}
    return facts(columns, width=width, height=height, epoch="unix", side=side, topic="/camera/events")


def old_bag(name, columns):
    """dvs_msgs of 2014: no header, no size, whole µs."""
    path = FOLDER / name
    path.unlink(missing_ok=True)
    store = store_1("dvs_msgs", OLD_EVENT, OLD_EVENT_ARRAY)
    event, array = store.types["dvs_msgs/msg/Event"], store.types["dvs_msgs/msg/EventArray"]
    with BagWriter(path) as writer:
        connection = writer.add_connection("/dvs/events", "dvs_msgs/msg/EventArray", typestore=store)
        for k in range(0, columns.shape[1], 40):
            part = columns[:, k : k + 40].T.tolist()
            message = array([event(x, y, t // 1000, bool(p)) for t, x, y, p in part])
            data = store.serialize_ros1(message, "dvs_msgs/msg/EventArray")
            writer.write(connection, UNIX + k, data)
    return facts(columns, width=None, height=None, epoch=None, side={}, topic="/dvs/events")


# ROS 2


def store_2(package):
    store = get_typestore(Stores.ROS2_HUMBLE)
    store.register(get_types_from_msg(EVENT_2, f"{package}/msg/Event"))
    store.register(get_types_from_msg(EVENT_ARRAY_2.format(package), f"{package}/msg/EventArray"))
    store.register(get_types_from_msg(EVENT_PACKET_2, "event_camera_msgs/msg/EventPacket"))
    return store


def header_2(store, t, frame):
    kinds = store.types
    stamp = kinds["builtin_interfaces/msg/Time"](int(t // SECOND), int(t % SECOND))
    return kinds["std_msgs/msg/Header"](stamp=stamp, frame_id=frame)


def cdr_array(store, package, columns, width, height, frame, little):
    kinds = store.types
    time, event = kinds["builtin_interfaces/msg/Time"], kinds[f"{package}/msg/Event"]
    made = [
        event(int(x), int(y), time(int(t // SECOND), int(t % SECOND)), bool(p)) for t, x, y, p in columns.T.tolist()
    ]
    kind = f"{package}/msg/EventArray"
    message = kinds[kind](header_2(store, columns[0, 0], frame), height, width, made)
    return bytes(store.serialize_cdr(message, kind, little_endian=little))


def mcap(name, package, columns, width, height, per, compression, **options):
    store = store_2(package)
    text = EVENT_ARRAY_2.format(package) + HEADER_2 + TIME_2 + LINE + f"MSG: {package}/Event\n" + EVENT_2
    with open(FOLDER / name, "wb") as file:
        writer = McapWriter(file, chunk_size=2500, compression=compression, **options)
        writer.start(profile="ros2", library="python")
        schema = writer.register_schema(f"{package}/msg/EventArray", "ros2msg", text.encode())
        string = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data\n")
        notes = writer.register_channel("/notes", "cdr", string)
        channel = writer.register_channel("/camera/events", "cdr", schema)
        writer.add_attachment(0, 0, "readme.txt", "text/plain", b"beside")
        for k in range(0, columns.shape[1], per):
            part, t = columns[:, k : k + per], int(columns[0, k])
            # Frame names of several lengths put the first event at several alignments; both byte orders.
            data = cdr_array(store, package, part, width, height, "c" * (k // per % 5), k // per % 2 == 0)
            writer.add_message(channel, t, data, t, k // per)
            writer.add_message(notes, t, b"\x00\x01\x00\x00\x02\x00\x00\x00a\x00", t, k // per)
        writer.add_metadata("where", {"room": "1"})
        writer.finish()
    side = {"/notes": -(-columns.shape[1] // per)}
    return facts(columns, width=width, height=height, epoch="unix", side=side, topic="/camera/events")


def ros1_mcap(name, columns):
    store = store_1("prophesee_event_msgs")
    kind = "prophesee_event_msgs/msg/EventArray"
    text, _ = store.generate_msgdef(kind)
    with open(FOLDER / name, "wb") as file:
        writer = McapWriter(file, chunk_size=2500, compression=CompressionType.NONE, use_chunking=False)
        writer.start(profile="ros1", library="python")
        schema = writer.register_schema("prophesee_event_msgs/EventArray", "ros1msg", text.encode())
        channel = writer.register_channel("/prophesee/events", "ros1", schema)
        for k in range(0, columns.shape[1], 40):
            part, t = columns[:, k : k + 40], int(columns[0, k])
            data = bytes(store.serialize_ros1(array_1(store, "prophesee_event_msgs", part, k, 640, 480), kind))
            writer.add_message(channel, t, data, t, k)
        writer.finish()
    return facts(columns, width=640, height=480, epoch="unix", side={}, topic="/prophesee/events")


# Payloads of event_camera_msgs


def mono(columns, base):
    t, x, y, p = (c.astype("u8") for c in columns)
    return ((p << 63) | (y << 48) | (x << 32) | (t - base)).astype("<u8").tobytes()


def libcaer(columns, base):
    t, x, y, p = (c.astype("u8") for c in columns)
    micros = ((t - base) // 1000) % 2**31
    return ((micros << 32) | (x << 17) | (y << 2) | (p << 1) | 1).astype("<u8").tobytes()


def libcaer_cmp(columns, base):
    words, state = [], (0, 0, None)
    high, low, before = state
    rows = columns.T.tolist()
    i = 0
    while i < len(rows):
        t, x, y, p = rows[i]
        dt = (t - base) // 1000
        if dt >> 12 != high:
            high = dt >> 12
            words.append(0x0000 | high)
        if dt & 0xFFF != low:
            low = dt & 0xFFF
            words.append(0x1000 | low)
        if x != before:
            before = x
            words.append(0x2000 | x)
        # Events of one time, column and polarity in ascending rows of one group of 8 make a vector.
        mask, j = 1 << (y & 7), i + 1
        while j < len(rows) and rows[j][0] == t and rows[j][1] == x and rows[j][3] == p:
            if rows[j][2] >> 3 != y >> 3 or mask >> (rows[j][2] & 7) > 0:
                break
            mask |= 1 << (rows[j][2] & 7)
            j += 1
        if j == i + 1:
            words.append(0x3000 | p << 11 | y)
        else:
            words += [0x4000 | p << 11 | (y & ~7), 0x5000 | mask]
        i = j
    return numpy.array(words, "<u2").tobytes()


def evt3(columns, clock):
    """`clock`: what the words before have set, [high, low, row]."""
    words = []
    for t, x, y, p in columns.T.tolist():
        micros = t // 1000 % 2**24
        while micros >> 12 != clock[0]:
            # The sensor leaves none of the high bits out; back it goes at once.
            ahead = 0 if clock[0] is None else ((micros >> 12) - clock[0]) % 4096
            clock[0] = (clock[0] + 1) % 4096 if 0 < ahead < 100 else micros >> 12
            clock[1] = None
            words.append(0x8000 | clock[0])
        if micros & 0xFFF != clock[1]:
            clock[1] = micros & 0xFFF
            words.append(0x6000 | clock[1])
        if y != clock[2]:
            clock[2] = y
            words.append(y)
        words.append(0x2000 | p << 11 | x)
    return numpy.array(words, "<u2").tobytes()


def trigger(times, base):
    return b"".join(struct.pack("<II", t - base, (k % 2) << 31 | 3 << 16) for k, t in enumerate(times))


def columns_for_vectors(seed, n, start):
    """Runs of rows of one column at one time, as a moving edge makes them."""
    random = numpy.random.default_rng(seed)
    rows, t = [], start
    while len(rows) < n:
        t += int(random.integers(0, 900)) * 1000
        x, y, p = int(random.integers(0, 346)), int(random.integers(0, 250)), int(random.integers(0, 2))
        for k in range(int(random.integers(1, 10))):
            if random.random() < 0.8:
                rows.append((t, x, y + k, p))
    return numpy.array(rows[:n]).T


def packets(name):
    """A topic for each encoding; a number of a message is left out on one of them."""
    store = store_2("dvs_msgs")
    kind = "event_camera_msgs/msg/EventPacket"
    made, said = [], {}
    plain = events(5, 200, 3 * SECOND, 640, 480, unit=1)
    device = events(6, 200, 16 * SECOND + 700_000_000, 640, 480, step=9_000_000)
    wrapping = events(7, 200, UNIX, 346, 260)
    edges = columns_for_vectors(8, 300, UNIX)
    clock = [None, None, None]
    triggers = [4 * SECOND + 1_500 * k for k in range(6)]
    for k in range(0, 200, 50):
        parts = [c[:, k : k + 50] for c in (plain, device, wrapping)]
        base = int(parts[0][0].min())
        made.append(("/mono", "mono", base, mono(parts[0], base), (640, 480)))
        made.append(("/evt3", "evt3", 12345, evt3(parts[1], clock), (640, 480)))
        # The sensor's 31 bits of time wrap at the event 75, within the second message.
        wrap = int(wrapping[0, 75])
        sent = wrap - (2**31 * 1000 if k <= 50 else 0)
        made.append(("/libcaer", "libcaer", sent, libcaer(parts[2], sent), (346, 260)))
    for k in range(0, 300, 60):
        part = edges[:, k : k + 60]
        base = int(part[0, 0])
        made.append(("/libcaer_cmp", "libcaer_cmp", base, libcaer_cmp(part, base), (346, 260)))
    made.append(("/triggers", "trigger", 4 * SECOND, trigger(triggers, 4 * SECOND), (640, 480)))
    with open(FOLDER / name, "wb") as file:
        writer = McapWriter(file, chunk_size=2500, compression=CompressionType.LZ4)
        writer.start(profile="ros2", library="python")
        schema = writer.register_schema(kind, "ros2msg", (EVENT_PACKET_2 + HEADER_2 + TIME_2).encode())
        channels, numbers = {}, {}
        for k, (topic, encoding, base, payload, (width, height)) in enumerate(made):
            if topic not in channels:
                channels[topic] = writer.register_channel(topic, "cdr", schema)
                numbers[topic] = 7
            # One packet of /mono is missing.
            numbers[topic] += 2 if topic == "/mono" and numbers[topic] == 9 else 1
            message = store.types[kind](
                header_2(store, UNIX + k, "camera"),
                height,
                width,
                numbers[topic],
                base,
                encoding,
                False,
                numpy.frombuffer(payload, "u1"),
            )
            data = bytes(store.serialize_cdr(message, kind))
            writer.add_message(channels[topic], UNIX + k, data, UNIX + k, k)
        writer.finish()
    counts = {topic: sum(1 for m in made if m[0] == topic) for topic in channels}
    # EVT3 knows its time modulo 2²⁴ µs: the first wrap is before the first event, so the stream begins in the first loop.
    device[0] -= device[0, 0] // 1000 // 2**24 * 2**24 * 1000
    of = {
        "/mono": (plain, None, {"timeStepBack": 1, "missingMessages": 1}),
        "/evt3": (device, None, {"timeStepBack": 1, "nonMonotonicTimeHigh": 1}),
        "/libcaer": (wrapping, "unix", {"timeStepBack": 1}),
        "/libcaer_cmp": (edges, "unix", {}),
    }
    for topic, (columns, epoch, violations) in of.items():
        width, height = (640, 480) if epoch is None else (346, 260)
        side = {other: n for other, n in counts.items() if other != topic}
        about = facts(columns, width=width, height=height, epoch=epoch, side=side, topic=topic)
        said[topic] = {**about, "violations": violations}
    said["/triggers"] = {"triggers": [[t, 3, "rising" if k % 2 else "falling"] for k, t in enumerate(triggers)]}
    return said


def write():
    said = {}
    for name, package, compression in [
        ("dvs.bag", "dvs_msgs", None),
        ("dvs-lz4.bag", "dvs_msgs", BagWriter.CompressionFormat.LZ4),
        ("prophesee-bz2.bag", "prophesee_event_msgs", BagWriter.CompressionFormat.BZ2),
    ]:
        said[name] = bag(name, package, events(1, 300, UNIX, 240, 180), 240, 180, 40, compression)
    said["dvs-2014.bag"] = old_bag("dvs-2014.bag", events(2, 200, 70 * SECOND, 128, 128))
    for name, compression, options in [
        ("dvs.mcap", CompressionType.NONE, {}),
        ("dvs-lz4.mcap", CompressionType.LZ4, {}),
        ("dvs-zstd.mcap", CompressionType.ZSTD, {}),
    ]:
        said[name] = mcap(name, "dvs_msgs", events(3, 300, 1234 * SECOND, 346, 260, unit=1), 346, 260, 37, compression)
    said["ros1.mcap"] = ros1_mcap("ros1.mcap", events(4, 200, UNIX, 640, 480))
    said["packets.mcap"] = packets("packets.mcap")
    (FOLDER / "ros.json").write_text(json.dumps(said, indent=1) + "\n")


# Reading


def columns_of_array(message):
    rows = []
    for e in message.events:
        ts = getattr(e, "ts", None)
        t = e.time * 1000 if ts is None else ts.sec * SECOND + ts.nanosec
        rows.append((t, e.x, e.y, int(e.polarity)))
    return rows


def by_rosbags(path, topic):
    """The events of a topic, by rosbags."""
    store = get_typestore(Stores.ROS2_HUMBLE if path.suffix == ".mcap" else Stores.ROS1_NOETIC)
    rows = []
    with AnyReader([path], default_typestore=store) as reader:
        connections = [c for c in reader.connections if c.topic == topic]
        for connection, _, raw in reader.messages(connections=connections):
            message = reader.deserialize(raw, connection.msgtype)
            rows += columns_of_array(message) if hasattr(message.events, "append") else codec(message, rows)
    return numpy.array(rows).T


def by_mcap(path, topic):
    """The events of a topic, by mcap and mcap_ros2, checksums verified."""
    rows = []
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        for _, _, _, message in reader.iter_decoded_messages(topics=[topic], log_time_order=False):
            rows += columns_of_array(message) if not isinstance(message.events, bytes) else codec(message, rows)
    return numpy.array(rows).T


STATE = {}


def codec(message, before):
    """Events of a packet, by the rules of event_camera_codecs (libcaer_cmp: of its version of 2023-12-15)."""
    payload, base = bytes(message.events), message.time_base
    if message.encoding == "mono":
        words = struct.unpack(f"<{len(payload) // 8}Q", payload)
        return [(base + (w & 0xFFFFFFFF), w >> 32 & 0xFFFF, w >> 48 & 0x7FFF, w >> 63) for w in words]
    if message.encoding == "libcaer":
        rows, last, high = [], 0, base
        for k in range(0, len(payload), 8):
            data, now = struct.unpack_from("<Ii", payload, k)
            # Their rule takes every step back for a wrap.
            high += 2**31 * 1000 if last - now > 2**30 else 0
            last = now
            rows.append((high + now * 1000, data >> 17, data >> 2 & 0x7FFF, data >> 1 & 1))
        return rows
    words = struct.unpack(f"<{len(payload) // 2}H", payload)
    if not before:
        STATE.clear()
    s, rows = STATE, []
    if message.encoding == "libcaer_cmp":
        s.update(high=0, low=0)
        for w in words:
            code, v = w >> 12, w & 0xFFF
            t = base + (s["high"] | s["low"]) * 1000
            if code == 0:
                s["high"] = v << 12
            elif code == 1:
                s["low"] = v
            elif code == 2:
                s["x"] = v & 0x7FF
            elif code == 3:
                rows.append((t, s["x"], v & 0x7FF, v >> 11))
            elif code == 4:
                s["y"], s["p"] = v & 0x7FF, v >> 11
            elif code == 5:
                rows += [(t, s["x"], s["y"] + k, s["p"]) for k in range(8) if v >> k & 1]
        return rows
    if message.encoding == "evt3":
        for w in words:
            code, v = w >> 12, w & 0xFFF
            if code == 0:
                s["y"] = v & 0x7FF
            elif code == 2:
                rows.append(((s["high"] | s["low"]) * 1000, v & 0x7FF, s["y"], v >> 11))
            elif code == 6:
                s["low"] = v
            elif code == 8:
                last = s.get("high", 0) >> 12 & 0xFFF
                loops = s.get("high", 0) >> 24
                s["high"] = (loops + (1 if v < last and last - v > 10 else 0)) << 24 | v << 12
        return rows
    return []


def same(name, reader, columns, about):
    t = columns[0]
    got = {"events": len(t), "digest": digest(columns), "nanoseconds": int((t % 1000).sum())}
    expected = {key: about[key] for key in got}
    if got != expected:
        print(f"NOT the same events: {name} by {reader}: {got}, expected {expected}", file=sys.stderr)
        sys.exit(1)
    print(f"ok: {name} holds the same {len(t)} events for {reader}")


def check():
    said = json.loads((FOLDER / "ros.json").read_text())
    for name, about in said.items():
        topics = about.values() if name == "packets.mcap" else [about]
        for topic in (t for t in topics if "digest" in t):
            label = f"{name} {topic['topic']}"
            # rosbags knows ROS 1 in bags only.
            if name != "ros1.mcap":
                same(label, "rosbags", by_rosbags(FOLDER / name, topic["topic"]), topic)
            if name.endswith(".mcap") and name != "ros1.mcap":
                same(label, "mcap", by_mcap(FOLDER / name, topic["topic"]), topic)
    # What RxSpike writes: the suite pins its bytes, and says what it holds.
    about = json.loads((FOLDER / "ros-written.json").read_text())
    for name, topic in about.items():
        for reader, read in {"rosbags": by_rosbags, "mcap": by_mcap}.items():
            same(f"{name} (by RxSpike)", reader, read(FOLDER / name, topic["topic"]), topic)
        with open(FOLDER / name, "rb") as file:
            reader = make_reader(file, validate_crcs=True)
            statistics = reader.get_summary().statistics
            notes = {m.name: m.metadata for m in reader.iter_metadata()}
            if statistics.message_count != topic["messages"] or notes != {"rxspike": topic["notes"]}:
                print(f"NOT the same summary: {name}: {statistics}, {notes}", file=sys.stderr)
                sys.exit(1)
            print(f"ok: {name} (by RxSpike) has its summary and its metadata for mcap")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]]()
