"""Reads and writes safetensors files with numpy alone, written from the format's description, as a second opinion on the Java code."""
import json
import struct

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}


def save(path, tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, a in tensors.items():
        kind = next(k for k, t in TYPES.items() if np.dtype(t) == a.dtype)
        raw = np.ascontiguousarray(a).astype(TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def load(path):
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = f.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, e in header.items():
        start, end = e["data_offsets"]
        tensors[name] = np.frombuffer(data[start:end], TYPES[e["dtype"]]).reshape(e["shape"])
    return tensors, metadata
