"""Conditional memory states and outcome probabilities of SQS neurons, by Qiskit Aer and by PennyLane.

    pip install qiskit qiskit-aer pennylane
    python scripts/oracles/circuits.py test/data/quantum

Writes circuits.json (neurons, inputs, and the outcomes that Aer measured), aer.json and pennylane.json (for each case
and step the probabilities of all outcomes before the measurement, and the memory's amplitudes after it).

Aer runs each case as ONE circuit of 60 steps with `measure` and `reset` in its middle, one shot, and the state is saved
after every reset. PennyLane (`default.qubit`) takes one step at a time: the memory prepared, the gates,
`qml.measure(wire, reset=True, postselect=…)` on each io wire with the outcome that Aer measured, and the density matrix
of the memory wires; its purity is checked, and its dominant column is the memory of the next step.

Outcome s: bit n is io qubit n. Memory index: bit m is memory qubit m. (Qiskit counts bits this way; PennyLane's first
wire is the highest bit, so wires are handed to it in reverse.)
"""

import json
import math
import os
import sys

import numpy as np
import pennylane as qml
import qiskit
import qiskit_aer
from qiskit import QuantumCircuit

from circuit_cases import STEPS, cases, encode, gate_angle

QISKIT = {"CNOT": "cx"}
PENNYLANE = {
    "H": qml.Hadamard, "X": qml.PauliX, "Z": qml.PauliZ, "CNOT": qml.CNOT, "CZ": qml.CZ,
    "RX": qml.RX, "RY": qml.RY, "RZ": qml.RZ, "CRX": qml.CRX, "CRY": qml.CRY, "CRZ": qml.CRZ,
}


def step_gates(case, t):
    """All gates of step t with their angles: precession, encoding, V(θ)."""
    lines = case["lines"]
    if case["omega"] is not None:
        for m, omega in enumerate(case["omega"]):
            yield "RX", [lines + m], omega * case["seconds"][t]
    for n in range(lines):
        yield "RX", [n], encode(case["encoder"], case["z"][t][n])
    for gate in case["gates"]:
        wires = [gate["control"]] if "control" in gate else []
        yield gate["gate"], wires + [gate["target"]], gate_angle(gate, case["angles"])


def by_aer(case, seed):
    lines, memory = case["lines"], case["memory"]
    circuit = QuantumCircuit(lines + memory, lines * STEPS)
    io = list(range(lines))
    for t in range(STEPS):
        for name, wires, angle in step_gates(case, t):
            method = getattr(circuit, QISKIT.get(name, name.lower()))
            method(*([] if angle is None else [angle]), *wires)
        circuit.save_probabilities(io, label=f"p{t}")
        circuit.measure(io, list(range(lines * t, lines * (t + 1))))
        circuit.reset(io)
        circuit.save_statevector(label=f"m{t}")
    simulator = qiskit_aer.AerSimulator(
        method="statevector", precision="double", zero_threshold=1e-300, fusion_enable=False, max_parallel_threads=1
    )
    result = simulator.run(circuit, shots=1, seed_simulator=seed).result()
    assert result.success, result.status
    data = result.data(0)
    bits = int(next(iter(data["counts"])), 16)
    outcomes = [(bits >> (lines * t)) & (2**lines - 1) for t in range(STEPS)]
    p, states = [], []
    for t in range(STEPS):
        p.append(np.asarray(data[f"p{t}"]))
        full = np.asarray(data[f"m{t}"])
        kept = full[:: 2**lines]
        assert abs(np.linalg.norm(kept) - 1) < 1e-12, "io qubits are not reset"
        states.append(kept)
    return outcomes, p, states


def by_pennylane(case, outcomes):
    lines, memory = case["lines"], case["memory"]
    wires = list(range(lines + memory))
    device = qml.device("default.qubit", wires=2 * lines + memory)
    io = wires[:lines][::-1]
    mem = wires[lines:][::-1]

    def gates(psi, t):
        qml.StatePrep(psi, wires=mem)
        for name, where, angle in step_gates(case, t):
            PENNYLANE[name](*([] if angle is None else [angle]), wires=where)

    @qml.qnode(device)
    def probabilities(psi, t):
        gates(psi, t)
        return qml.probs(wires=io)

    @qml.qnode(device, mcm_method="deferred")
    def remembered(psi, t):
        gates(psi, t)
        for n in range(lines):
            qml.measure(n, reset=True, postselect=(outcomes[t] >> n) & 1)
        return qml.density_matrix(mem)

    psi = np.zeros(2**memory, dtype=complex)
    psi[0] = 1
    p, states = [], []
    for t in range(STEPS):
        p.append(np.asarray(probabilities(psi, t)))
        rho = np.asarray(remembered(psi, t))
        assert abs(np.trace(rho @ rho) - 1) < 1e-12, "the memory is not pure"
        column = int(np.argmax(np.real(np.diag(rho))))
        psi = rho[:, column] / math.sqrt(rho[column, column].real)
        psi = psi / np.linalg.norm(psi)
        states.append(psi)
    return p, states


def digits(x):
    return float(f"{x:.16g}")


def rows(p, states):
    return {
        "p": [[digits(x) for x in row] for row in p],
        "memory": [[digits(x) for a in row for x in (a.real, a.imag)] for row in states],
    }


def write(folder, name, head, entries):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write('{"made by": "scripts/oracles/circuits.py", ' + json.dumps(head)[1:-1] + ', "cases": [\n')
        file.write(",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries))
        file.write("\n]}\n")


def main(folder):
    given, aer, pennylane = [], [], []
    for i, case in enumerate(cases()):
        outcomes, p, states = by_aer(case, 1000 + i)
        q, others = by_pennylane(case, outcomes)
        worst = max(np.abs(a - b).max() for a, b in zip(p, q))
        overlap = max(abs(abs(np.vdot(a, b)) - 1) for a, b in zip(states, others))
        print(f"{case['name']:32} outcomes {len(set(outcomes))}/{2 ** case['lines']}"
              f"  |Δp| {worst:.1e}  1-|overlap| {overlap:.1e}", file=sys.stderr)
        given.append(case | {"outcomes": outcomes})
        aer.append(rows(p, states))
        pennylane.append(rows(q, others))
    write(folder, "circuits.json", {"steps": STEPS, "outcomes by": "qiskit-aer"}, given)
    write(folder, "aer.json", {"qiskit": qiskit.__version__, "qiskit-aer": qiskit_aer.__version__}, aer)
    write(folder, "pennylane.json", {"pennylane": qml.__version__}, pennylane)


main(sys.argv[1])
