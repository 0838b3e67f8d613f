"""Random SQS neurons, their circuits as data and their inputs: what both circuit simulators are given.

Gates are written as in src/quantum/gate.ts; qubits 0…N−1 are io, N…N+M−1 memory.
"""

import math
import random

STEPS = 60


def default_circuit():
    return [
        {"gate": "CRX", "control": 1, "target": 0, "angle": 0},
        {"gate": "RX", "target": 1, "angle": 1},
        {"gate": "RX", "target": 0, "angle": 2},
    ]


def write_circuit():
    return [
        {"gate": "RX", "target": 0, "angle": 0},
        {"gate": "CRX", "control": 0, "target": 1, "angle": 1},
        {"gate": "CRX", "control": 1, "target": 0, "angle": 2},
        {"gate": "RX", "target": 1, "angle": 3},
    ]


def layered_circuit(lines, memory, depth):
    gates = []

    def rotate(gate, **where):
        gates.append({"gate": gate, **where, "angle": sum("angle" in g for g in gates)})

    for _ in range(depth):
        for qubit in range(lines + memory):
            rotate("RX", target=qubit)
            rotate("RZ", target=qubit)
        for m in range(memory):
            for n in range(lines):
                rotate("CRX", control=lines + m, target=n)
    return gates


def mixed_circuit(lines, memory):
    """Every kind of gate; couplings both ways between io and memory, and along each register."""
    gates = []

    def rotate(gate, **where):
        gates.append({"gate": gate, **where, "angle": sum("angle" in g for g in gates)})

    qubits = lines + memory
    for qubit in range(qubits):
        rotate("RY", target=qubit)
        rotate("RZ", target=qubit)
    for m in range(memory):
        for n in range(lines):
            rotate("CRY", control=lines + m, target=n)
            rotate("CRZ", control=n, target=lines + m)
            rotate("CRX", control=n, target=lines + m)
    for qubit in range(qubits - 1):
        gates.append({"gate": "CNOT", "control": qubit, "target": qubit + 1})
        gates.append({"gate": "CZ", "control": qubit + 1, "target": qubit})
    gates.append({"gate": "H", "target": qubits - 1})
    gates.append({"gate": "Z", "target": 0})
    gates.append({"gate": "X", "target": lines})
    gates.append({"gate": "RY", "target": lines, "value": 0.7})
    for qubit in range(qubits):
        rotate("RX", target=qubit)
    return gates


def encode(encoder, z):
    v = encoder.get("scale", 1) * z + encoder.get("shift", 0)
    if encoder["kind"] == "relu":
        return math.pi * max(v, 0)
    if encoder["kind"] == "sigmoid":
        return math.pi / (1 + math.exp(-4 * v))
    return math.pi * min(max(v + 0.5, 0), 1)


ENCODERS = [
    {"kind": "relu"},
    {"kind": "sigmoid", "scale": 1.5, "shift": -0.75},
    {"kind": "clip", "scale": 0.8, "shift": 0.1},
]


def cases(seed=20261123):
    rng = random.Random(seed)
    made = []

    def add(kind, lines, memory, gates, precession, depth=None):
        angles = 1 + max(g.get("angle", -1) for g in gates)
        case = {"name": f"{kind} {lines}+{memory}{' with precession' if precession else ''}", "kind": kind}
        case |= {"lines": lines, "memory": memory, "depth": depth, "gates": gates}
        case["encoder"] = ENCODERS[len(made) % len(ENCODERS)]
        case["angles"] = [rng.uniform(-math.pi, math.pi) for _ in range(angles)]
        case["omega"] = [rng.uniform(-20, 20) for _ in range(memory)] if precession else None
        case["z"] = [[rng.uniform(-1.5, 1.5) for _ in range(lines)] for _ in range(STEPS)]
        case["seconds"] = [0.0] + [rng.choice([0.001, 0.025, 0.4]) for _ in range(STEPS - 1)]
        made.append(case)

    for _ in range(3):  # once with each encoder
        add("default", 1, 1, default_circuit(), False)
        add("write", 1, 1, write_circuit(), True)
    for _ in range(2):
        add("default", 1, 1, default_circuit(), True)
        add("write", 1, 1, write_circuit(), False)
    for lines, memory in [(n, m) for n in (1, 2, 3) for m in (1, 2, 3)] + [(4, 4)]:
        depth = 1 if lines == 4 else 1 + (lines + memory) % 2
        add("layered", lines, memory, layered_circuit(lines, memory, depth), False, depth)
        add("custom", lines, memory, mixed_circuit(lines, memory), True)
    return made


def gate_angle(gate, angles):
    return angles[gate["angle"]] if "angle" in gate else gate.get("value")
