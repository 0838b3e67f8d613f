"""Sends or receives events over TCP with dv-processing, on this machine.

    python dv_tcp.py write PORT FOLDER COUNT PACKET   columns t (i64, µs), x, y (u16), p (u8) of FOLDER, in packets
    python dv_tcp.py read PORT FOLDER COUNT WARM      keeps COUNT events, tells million events per second as JSON, then
                                                      writes their columns into FOLDER

The clock of the reader runs from the batch with event WARM to the last one.
"""

import json
import os
import pathlib
import sys
import time

import dv_processing as dv
import numpy

TYPES = {"t": "<i8", "x": "<u2", "y": "<u2", "p": "u1"}
SIZE = (346, 260)
# Packets that may wait in the writer: it takes more without bound.
QUEUE = 64


def write(port, folder, count, packet):
    columns = [numpy.fromfile(folder / name, kind, count) for name, kind in TYPES.items()]
    stores = []
    for begin in range(0, len(columns[0]), packet):
        store = dv.EventStore()
        for t, x, y, p in zip(*(column[begin : begin + packet].tolist() for column in columns)):
            store.push_back(t, x, y, p == 1)
        stores.append(store)
    stream = dv.io.Stream.EventStream(0, "events", "DVXplorer_bench", SIZE)
    stream.setCompression(dv.CompressionType.NONE)
    writer = dv.io.NetworkWriter("127.0.0.1", port, stream)
    print("ready", flush=True)
    while writer.getClientCount() == 0:
        time.sleep(0.001)
    for store in stores:
        while writer.getQueuedPacketCount() > QUEUE:
            time.sleep(0.0002)
        writer.writeEvents(store)
    while True:
        time.sleep(1)


def read(port, folder, count, warm):
    reader = dv.io.NetworkReader("127.0.0.1", port)
    batches = []
    got = head = 0
    begin = end = used = 0.0
    while got < count and reader.isRunning():
        batch = reader.getNextEventBatch()
        if batch is None:
            time.sleep(0.0001)
            continue
        batches.append(batch)
        got += batch.size()
        end = time.perf_counter()
        if head == 0 and got >= warm:
            begin, head, used = end, got, time.process_time()
    used = time.process_time() - used
    events = numpy.concatenate([batch.numpy() for batch in batches])
    for name, field in {"t": "timestamp", "x": "x", "y": "y", "p": "polarity"}.items():
        events[field].astype(TYPES[name]).tofile(folder / name)
    print(json.dumps({"rate": (got - head) / (end - begin) / 1e6, "cpu": 1e9 * used / (got - head)}), flush=True)


what, port, folder, *numbers = sys.argv[1:]
{"write": write, "read": read}[what](int(port), pathlib.Path(folder), *map(int, numbers))
# Its destructors wait for the other side.
sys.stdout.flush()
os._exit(0)
