"""Writes test/data/network/peer.safetensors with the Python package, or reads a file that RxSpike wrote.

    pip install safetensors numpy
    python safetensors_peer.py write test/data/network/peer.safetensors
    python safetensors_peer.py read model.safetensors      # prints metadata keys, and name, shape, sum of each tensor
"""

import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file


def write(path: str) -> None:
    tensors = {
        "w.in.out": np.arange(12, dtype=np.float32).reshape(4, 3) / 8 - 0.5,
        "wide": np.array([1 / 3, -2e-300], dtype=np.float64),
        "empty": np.zeros((0, 2), dtype=np.float32),
    }
    save_file(tensors, path, metadata={"who": "python", "grüße": "ja"})


def read(path: str) -> None:
    with safe_open(path, framework="numpy") as file:
        print(sorted(file.metadata()))
        for name in sorted(file.keys()):
            tensor = file.get_tensor(name)
            print(name, tensor.dtype, list(tensor.shape), repr(float(tensor.astype(np.float64).sum())))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
