"""Writes nn/src/test/resources/io/med3dinsight/nn/block/blocks.safetensors: transformer blocks in PyTorch, in double precision, with
the gradients of a random weighting of their outputs. Run from the root of the repository: python3 oracle/nn_blocks.py"""
import os

import torch
from torch import nn
from torch.nn import functional as F

from tiny_safetensors import save

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
OUT = "nn/src/test/resources/io/med3dinsight/nn/block"
gen = torch.Generator().manual_seed(3)


def rand(*shape):
    return torch.randn(*shape, generator=gen).float().double().requires_grad_()


class Attention(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = nn.Linear(width, width), nn.Linear(context, width), nn.Linear(context, width)
        self.proj = nn.Linear(width, width)

    def forward(self, x, c, bias=None):
        def split(t):
            return t.unflatten(2, (self.heads, -1)).transpose(1, 2)

        q, k, v = split(self.q(x)), split(self.k(c)), split(self.v(c))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        if bias is not None:
            scores = scores + bias
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Self(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(12), Attention(12, 12, 3)
        self.norm2, self.mlp = nn.LayerNorm(12), Mlp(12, 20)

    def forward(self, x, bias):
        n = self.norm1(x)
        x = x + self.attn(n, n, bias)
        return x + self.mlp(self.norm2(x))


class Cross(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.self_attn = nn.LayerNorm(12), Attention(12, 12, 2)
        self.norm2, self.norm_context = nn.LayerNorm(12), nn.LayerNorm(8)
        self.cross_attn, self.norm3, self.mlp = Attention(12, 8, 2), nn.LayerNorm(12), Mlp(12, 20)

    def forward(self, x, c):
        n = self.norm1(x)
        x = x + self.self_attn(n, n)
        x = x + self.cross_attn(self.norm2(x), self.norm_context(c))
        return x + self.mlp(self.norm3(x))


store = {}


def keep(name, t):
    store[name] = t.detach().float().numpy().copy()


for name, net, inputs in [
    ("self", Self(), {"x": rand(2, 5, 12), "other": rand(3, 5, 5)}),
    ("cross", Cross(), {"x": rand(2, 4, 12), "other": rand(2, 7, 8)}),
]:
    for p in net.parameters():
        p.data = (torch.randn(p.shape, generator=gen) * 0.4 + (p.ndim == 1) * 0.3).float().double()
    y = net(*inputs.values())
    weight = rand(*y.shape)
    (y * weight).sum().backward()
    for n, t in inputs.items():
        keep(f"{name}_in.{n}", t)
        keep(f"{name}_grad_in.{n}", t.grad)
    keep(f"{name}_weight", weight)
    keep(f"{name}_y", y)
    for n, p in net.named_parameters():
        keep(f"{name}.{n}", p)
        keep(f"{name}_grad.{n}", p.grad)
os.makedirs(OUT, exist_ok=True)
save(f"{OUT}/blocks.safetensors", store)
