"""Writes what PyTorch computes for arithmetic, reductions, products, activations, softmax, attention, indexing and moving of elements:
/usr/bin/python3 oracle/tensors.py

Inputs follow from a formula that the test repeats, so only results are stored, computed in double precision: y, and the gradients
d0, d1, ... of sum(y * values(seed 4)) with respect to the inputs, of which input k is values(seed k + 1).
"""
import os

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine/src/test/resources/io/med3dinsight/engine/op/tensors.txt")


def values(shape, seed):
    n = 1
    for s in shape:
        n *= s
    i = torch.arange(n, dtype=torch.int64)
    return (((i * 7919 + seed * 104729) % 257 - 128).double() / 128).reshape(shape)


def indices(shape, bound):
    n = 1
    for s in shape:
        n *= s
    return ((torch.arange(n) * 31 + 17) % 101 % bound).reshape(shape)


f = open(OUT, "w")


def case(name, run, *shapes):
    leaves = [values(s, k + 1).requires_grad_() for k, s in enumerate(shapes)]
    y = run(*leaves)
    y.backward(values(y.shape, 4))
    for key, t in [("y", y)] + [(f"d{k}", leaf.grad) for k, leaf in enumerate(leaves)]:
        f.write(f"{name}.{key} " + " ".join(f"{v:.7g}" for v in t.detach().flatten().tolist()) + "\n")


def arithmetic():
    a, b = (2, 3, 1, 5), (4, 1)
    case("add", lambda x, y: x + y, a, b)
    case("sub", lambda x, y: x - y, a, b)
    case("mul", lambda x, y: x * y, a, b)
    case("div", lambda x, y: x / (y + 3), a, b)
    case("sum", lambda x: x.sum((0, 2)), (3, 4, 5))
    case("mean", lambda x: x.mean((1,), keepdim=True), (3, 4, 5))
    case("max", lambda x: x.max(1)[0], (3, 7, 5))
    case("min", lambda x: x.min(2, keepdim=True)[0], (3, 7, 5))
    case("broadcast", lambda x: x.expand(3, 4, 5), (4, 1))


def products():
    case("matmul", lambda x, y: x @ y, (3, 5), (5, 4))
    case("batched", lambda x, y: x @ y, (2, 3, 5, 7), (3, 7, 4))
    case("transposed", lambda x, y: x.transpose(1, 2) @ y.transpose(1, 2), (2, 5, 3), (2, 4, 5))
    case("distance", lambda x, y: torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist"), (2, 3, 6), (2, 4, 6))


def activations():
    for name, run in (
        ("relu", F.relu),
        ("leaky", lambda x: F.leaky_relu(x, 0.01)),
        ("gelu", F.gelu),
        ("geluTanh", lambda x: F.gelu(x, approximate="tanh")),
        ("silu", F.silu),
        ("sigmoid", torch.sigmoid),
        ("tanh", torch.tanh),
        ("exp", torch.exp),
        ("log", lambda x: torch.log(x + 5)),
        ("sqrt", lambda x: torch.sqrt(x + 5)),
        ("clamp", lambda x: torch.clamp(x, -1.51, 2.01)),
    ):
        case(name, lambda x: run(4 * x), (7, 37))


def rows():
    for last in (4, 33):
        case(f"softmax{last}", lambda x: torch.softmax(4 * x, -1), (2, 3, last))
        case(f"logSoftmax{last}", lambda x: torch.log_softmax(4 * x, -1), (2, 3, last))
        case(f"layerNorm{last}", lambda x, g, b: F.layer_norm(x, (last,), g, b, 1e-5), (2, 3, last), (last,), (last,))


def attention():
    def run(bias_shape, masked):
        def attend(q, k, v, *bias):
            scores = 2 * q @ k.transpose(-1, -2) * 2 / q.shape[-1] ** 0.5
            if bias:
                scores = scores + bias[0]
            if masked:
                mask = indices((2, 1, 5, 7), 3) > 0
                mask[..., 0] = True
                scores = scores.masked_fill(~mask, float("-inf"))
            return scores.softmax(-1) @ v

        return attend

    q, k, v, bias = (2, 3, 5, 8), (2, 3, 7, 8), (2, 3, 7, 6), (3, 5, 7)
    case("attention", run(None, False), q, k, v)
    case("attentionBias", run(bias, False), q, k, v, bias)
    case("attentionMask", run(None, True), q, k, v)
    case("attentionBoth", run(bias, True), q, k, v, bias)


def indexing():
    case("embedding", lambda x: F.embedding(indices((3, 4), 6), x), (6, 5))
    case("gather", lambda x: x.gather(1, indices((3, 9, 4), 5)), (3, 5, 4))
    case("scatterAdd", lambda x, v: x.scatter_add(1, indices((3, 9, 4), 5), v), (3, 5, 4), (3, 9, 4))


def moving():
    case("roll", lambda x: x.roll((-1, 2, 8), (1, 2, 3)), (2, 3, 4, 5, 2))
    case("pad", lambda x: F.pad(x, (0, 0, 1, 2, 3, 0, 0, 1), value=0.5), (2, 3, 4, 5, 2))
    case("concat", lambda x, y: torch.cat((x, y), 1), (3, 2, 4), (3, 3, 4))
    case("slice", lambda x: x[:, :, 1:4], (3, 2, 5))
    case("permute", lambda x: x.permute(2, 0, 1), (3, 2, 4))


arithmetic()
products()
activations()
rows()
attention()
indexing()
moving()
f.close()
