"""Writes med3dinsight/src/test/resources/io/med3dinsight/psat/psat.safetensors: the plane-slice-aware transformer in PyTorch, in double
precision: weights, two batches of features of different extents, embeddings, and the gradients of a random weighting of them, for each
combination of the plane and slice switches. Run from the root of the repository: python3 oracle/psat.py"""
import os

import torch
from torch import nn
from torch.nn import functional as F

from tiny_safetensors import save

OUT = "med3dinsight/src/test/resources/io/med3dinsight/psat"
WIDTH, HEADS, LAYERS, QUERIES, CHANNELS, EMBEDDING = 12, 3, 2, 3, 5, 7


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.proj = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x, c):
        q, k, v = (f(t).unflatten(2, (HEADS, -1)).transpose(1, 2) for f, t in ((self.q, x), (self.k, c), (self.v, c)))
        a = (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).softmax(-1)
        return self.proj((a @ v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, hidden), nn.Linear(hidden, WIDTH)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2, self.norm_context, self.norm3 = (nn.LayerNorm(WIDTH) for _ in range(4))
        self.self_attn, self.cross_attn = Attention(), Attention()
        self.mlp = Mlp(4 * WIDTH)

    def forward(self, x, context):
        n = self.norm1(x)
        x = x + self.self_attn(n, n)
        x = x + self.cross_attn(self.norm2(x), self.norm_context(context))
        return x + self.mlp(self.norm3(x))


def sinusoid(p, pairs):
    """[...] positions in 0..1 to [..., 2 pairs]: sines, then cosines."""
    w = 10000.0 ** (-torch.arange(pairs) / pairs)
    angle = 100 * torch.as_tensor(p)[..., None] * w
    return torch.cat([angle.sin(), angle.cos()], -1)


def axis(n):
    return torch.arange(n) / (n - 1.0) if n > 1 else torch.tensor([0.5])


class Psat(nn.Module):
    def __init__(self):
        super().__init__()
        self.queries = nn.Parameter(torch.zeros(QUERIES, WIDTH))
        self.planes = nn.Embedding(3, WIDTH)
        self.position = Mlp(WIDTH)
        self.context = nn.Linear(CHANNELS, WIDTH)
        for i in range(LAYERS):
            setattr(self, f"block{i}", Block())
        self.norm, self.projection = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, EMBEDDING)

    def forward(self, features, planes, positions, plane_aware, slice_aware):
        """features [N,D,H,W,C], planes and positions [N,S]"""
        n, s = planes.shape
        grids = torch.meshgrid(*(axis(e) for e in features.shape[1:4]), indexing="ij")
        where = torch.cat([sinusoid(g, WIDTH // 6) for g in grids], -1).flatten(0, 2)
        context = self.context(features.flatten(1, 3)) + where
        y = self.queries.expand(n * s, -1, -1)
        if plane_aware:
            y = y + self.planes(planes.flatten())[:, None]
        if slice_aware:
            y = y + self.position(sinusoid(positions.flatten(), WIDTH // 2))[:, None]
        for i in range(LAYERS):
            y = getattr(self, f"block{i}")(y, context.repeat_interleave(s, 0))
        return F.normalize(self.projection(self.norm(y.mean(1))), dim=1)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(5)
    net = Psat()
    out = {}
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_((p + 0.3 * torch.randn(p.shape)).float().double())
            out["weight/" + name] = p
    for batch, extents, slices in (("a", (2, 3, 4), 3), ("b", (1, 2, 5), 1)):
        x = torch.randn(2, *extents, CHANNELS).float().double().requires_grad_()
        planes = torch.randint(0, 3, (2, slices))
        positions = torch.rand(2, slices)
        weighting = torch.randn(2 * slices, EMBEDDING).float().double()
        out |= {batch + "/x": x, batch + "/planes": planes, batch + "/positions": positions, batch + "/weighting": weighting}
        for plane_aware, slice_aware in ((1, 1), (1, 0), (0, 1), (0, 0)):
            key = f"{batch}{plane_aware}{slice_aware}/"
            net.zero_grad()
            x.grad = None
            y = net(x, planes, positions, plane_aware, slice_aware)
            (y * weighting).sum().backward()
            out[key + "y"], out[key + "gradient/x"] = y, x.grad.clone()
            if plane_aware and slice_aware:
                out |= {key + "gradient/" + n: p.grad.clone() for n, p in net.named_parameters()}
    os.makedirs(OUT, exist_ok=True)
    keep = lambda k, t: t.numpy() if k.endswith("planes") or k.endswith("positions") else t.detach().float().numpy()
    save(OUT + "/psat.safetensors", {k: keep(k, t) for k, t in out.items()})


if __name__ == "__main__":
    main()
