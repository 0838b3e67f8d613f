"""Kills `rxspike record` at random moments and lets other readers open the AEDAT 4 file that is left.

    pip install numpy dv-processing faery aedat
    python scripts/oracles/record_peers.py check [KILLS]    exits with 1 where anybody disagrees; 6 kills

A simulated camera is served at the speed of a sensor. What dv_processing, faery and aedat read of each file is compared
with what RxSpike itself reads, and with the beginning of what was served.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import numpy

from aedat_peers import by_aedat, by_dv_processing, by_faery
from event_digest import digest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CLI = str(pathlib.Path(os.environ.get("RXSPIKE_DIST", ROOT / "dist")) / "cli" / "main.js")
LIMIT = 30
failures = 0


def verdict(same, what, told=""):
    global failures
    failures += 0 if same else 1
    print(f"ok: {what}" if same else f"DISAGREE: {what}: {told}", flush=True)


def rxspike(*args):
    return subprocess.run(["node", CLI, *map(str, args)], capture_output=True, text=True, timeout=LIMIT)


def events_of(path):
    """The events as RxSpike reads them, and what it has to say of the file."""
    done = rxspike("cat", path)
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    return numpy.array(rows, dtype="i8").reshape(-1, 4).T, done.stderr


def kill_one(folder, url, k, wait):
    path = folder / f"killed-{k}.aedat4"
    child = subprocess.Popen(["node", CLI, "record", url, str(path)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + LIMIT
        while not (path.exists() and path.stat().st_size > 2000):
            if time.monotonic() > until:
                raise TimeoutError("nothing was recorded")
            time.sleep(0.01)
        time.sleep(wait)
    finally:
        child.kill()
        child.wait()
    return path


def check(kills):
    seeded = random.Random(4)
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        # One reading for each: every file begins with the stream's first event.
        served = ["serve", "sim:digits", "--loop", "--grace", "0"]
        server = subprocess.Popen(["node", CLI, *served], stdout=subprocess.PIPE, text=True)
        try:
            url = server.stdout.readline().split()[1]
            longest = folder / "whole.aedat4"
            done = rxspike("record", "sim:digits", longest, "--json")
            assert json.loads(done.stdout)["events"] > 0, done.stderr
            whole, _ = events_of(longest)
            for k in range(kills):
                path = kill_one(folder, url, k, seeded.uniform(0, 2))
                own, said = events_of(path)
                n = own.shape[1]
                verdict(n > 0 and said == "", f"RxSpike reads kill {k}: {n} events", said)
                verdict((own == whole[:, :n]).all(), f"kill {k}: the beginning of what was served")
                for by in [by_dv_processing, by_faery, by_aedat]:
                    try:
                        theirs = digest(*by(path))
                    except Exception as error:
                        theirs = repr(error)
                    verdict(theirs == digest(*own), f"{by.__name__[3:]} reads the same of kill {k}", theirs)
        finally:
            server.kill()
            server.wait()


if sys.argv[1:2] != ["check"]:
    sys.exit(__doc__)
check(int(sys.argv[2]) if len(sys.argv) > 2 else 6)
sys.exit(1 if failures else 0)
