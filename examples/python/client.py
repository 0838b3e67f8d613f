"""Receives the events that `rxspike serve` sends: python client.py ws://127.0.0.1:PORT/ [FILE.npz]"""
import asyncio, sys
import msgpack, numpy, websockets  # pip install msgpack numpy websockets

WINDOW, COLUMNS = 16, {"dt": "<u4", "t": "<f8", "x": "<u2", "y": "<u2", "p": "u1"}

async def receive(url):
    """Gives the stream's info first, then a map for each packet: arrays t (µs), x, y and p, until, mark."""
    packets = events = missing = due = granted = 0
    async with websockets.connect(url, subprotocols=["rxspike.v1"], max_size=2**20, compression=None) as socket:
        async for message in socket:
            frame = msgpack.unpackb(message)
            if frame["type"] == "hello":
                yield frame["info"]
            elif frame["type"] == "packet":
                assert frame["seq"] == due, f"packet {frame['seq']} came, {due} was due"
                packet = {name: numpy.frombuffer(frame[name], of) for name, of in COLUMNS.items() if name in frame}
                packet["t"] = packet["t"] if "t" in packet else frame["t0"] + packet.pop("dt").astype("f8")
                yield {**packet, "until": frame["until"], "mark": frame.get("mark")}
                packets, events, due = packets + 1, events + frame["count"], due + 1
            elif frame["type"] == "gap":
                missing, due = missing + frame["events"], frame["next"]
            elif frame["type"] == "end":
                sent = frame["packets"], frame["events"], sum(frame.get("dropped", {}).values())
                assert sent == (packets, events, missing), f"{sent} were sent, {(packets, events, missing)} came"
                return
            elif frame["type"] == "error":
                raise ConnectionError(f"{frame['code']}: {frame['message']}")
            if frame["type"] in ("hello", "packet", "gap") and due + WINDOW - granted >= WINDOW // 2:
                granted = due + WINDOW  # as many may be on their way: a slow reader slows the sender down
                await socket.send(msgpack.packb({"type": "credit", "upTo": granted, "taken": due}))
    raise ConnectionError("the stream broke off")

async def main(url, path=None):
    info, *packets = [item async for item in receive(url)]
    columns = {name: numpy.concatenate([packet[name] for packet in packets] or [[]]) for name in "txyp"}
    print(info["id"], f"{info['width']}x{info['height']}:", len(columns["t"]), "events, as many as were sent")
    if path: numpy.savez(path, **columns)

if __name__ == "__main__": asyncio.run(main(*sys.argv[1:]))
