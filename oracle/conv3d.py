"""Writes what PyTorch computes for some 3D convolutions: /usr/bin/python3 oracle/conv3d.py

Inputs follow from a formula that the test repeats, so only results are stored. Layout as in the engine: activations [N,D,H,W,C],
weights [kD,kH,kW,Cin/groups,Cout], of transposed convolutions [kD,kH,kW,Cin,Cout/groups].
"""
import os

import torch

torch.set_num_threads(1)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine/src/test/resources/io/med3dinsight/engine/op/conv3d.txt")

# name, transposed, x [N,D,H,W,C], w as in the engine, stride, pad, dilation, output pad, groups
CASES = [
    ("plain", 0, (1, 3, 4, 5, 2), (3, 3, 3, 2, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), (0, 0, 0), 1),
    ("strided", 0, (2, 4, 5, 3, 3), (3, 2, 1, 3, 2), (2, 1, 2), (1, 0, 0), (1, 2, 1), (0, 0, 0), 1),
    ("patches", 0, (1, 4, 4, 8, 1), (4, 4, 4, 1, 6), (4, 4, 4), (0, 0, 0), (1, 1, 1), (0, 0, 0), 1),
    ("groups", 0, (1, 3, 2, 4, 6), (2, 3, 3, 3, 4), (1, 1, 1), (1, 2, 1), (1, 1, 1), (0, 0, 0), 2),
    ("depthwise", 0, (1, 3, 3, 4, 5), (3, 3, 3, 1, 5), (1, 2, 1), (1, 1, 1), (1, 1, 1), (0, 0, 0), 5),
    ("up", 1, (1, 2, 3, 2, 4), (2, 2, 2, 4, 3), (2, 2, 2), (0, 0, 0), (1, 1, 1), (0, 0, 0), 1),
    ("up with padding", 1, (1, 2, 3, 3, 2), (3, 2, 3, 2, 2), (2, 1, 3), (1, 0, 1), (1, 2, 1), (1, 0, 2), 1),
    ("up in groups", 1, (1, 2, 2, 3, 4), (2, 3, 1, 4, 2), (2, 2, 1), (0, 1, 0), (1, 1, 1), (0, 1, 0), 2),
]


def values(shape, seed):
    n = 1
    for s in shape:
        n *= s
    i = torch.arange(n, dtype=torch.int64)
    return (((i * 7919 + seed * 104729) % 257 - 128).double() / 128).reshape(shape)


def line(f, name, t):
    f.write(name + " " + " ".join(f"{v:.7g}" for v in t.detach().flatten().tolist()) + "\n")


with open(OUT, "w") as f:
    for name, transposed, xs, ws, stride, pad, dilation, output_pad, groups in CASES:
        cout = ws[4] * groups if transposed else ws[4]
        x, w, b = (values(s, k).requires_grad_() for s, k in ((xs, 1), (ws, 2), ((cout,), 3)))
        xt, wt = x.permute(0, 4, 1, 2, 3), w.permute(3, 4, 0, 1, 2) if transposed else w.permute(4, 3, 0, 1, 2)
        if transposed:
            y = torch.nn.functional.conv_transpose3d(xt, wt, b, stride, pad, output_pad, groups, dilation)
        else:
            y = torch.nn.functional.conv3d(xt, wt, b, stride, pad, dilation, groups)
        y = y.permute(0, 2, 3, 4, 1).contiguous()
        y.backward(values(y.shape, 4))
        f.write(f"case {name.replace(' ', '-')} {transposed} {groups}\n")
        for key, v in (("x", xs), ("w", ws), ("stride", stride), ("pad", pad), ("dilation", dilation), ("outputPad", output_pad)):
            f.write(key + " " + " ".join(map(str, v)) + "\n")
        f.write("shape " + " ".join(map(str, y.shape)) + "\n")
        for key, t in (("y", y), ("dx", x.grad), ("dw", w.grad), ("db", b.grad)):
            line(f, key, t)
