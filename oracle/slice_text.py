"""Writes med3dinsight/src/test/resources/io/med3dinsight/encoder2d/slice_text.safetensors: the compact slice-text model in PyTorch, in
double precision: weights, a batch, its unit vectors, the symmetric InfoNCE and the gradient of every weight. Two of the five texts are
equal. Run from the root of the repository: python3 oracle/slice_text.py"""
import math
import os

import torch
from torch import nn
from torch.nn import functional as F

from tiny_safetensors import save

OUT = "med3dinsight/src/test/resources/io/med3dinsight/encoder2d"
WIDTH, TEXT, HEADS, SIDE, WORDS, MOST = 8, 12, 3, 16, 9, 7
PADDING, START = 0, 2


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.proj = (nn.Linear(TEXT, TEXT) for _ in range(4))

    def forward(self, x, bias):
        q, k, v = (f(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for f in (self.q, self.k, self.v))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5 + bias
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(TEXT, 4 * TEXT), nn.Linear(4 * TEXT, TEXT)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(TEXT), Attention()
        self.norm2, self.mlp = nn.LayerNorm(TEXT), Mlp()

    def forward(self, x, bias):
        x = x + self.attn(self.norm1(x), bias)
        return x + self.mlp(self.norm2(x))


class SliceTower(nn.Module):
    def __init__(self):
        super().__init__()
        n = 4
        for i in range(3):
            out = WIDTH // 2 * 2**i
            setattr(self, f"conv{i}", nn.Conv3d(n, out, (1, 3, 3), (1, 2, 2), (0, 1, 1), bias=False))
            setattr(self, f"norm{i}", nn.GroupNorm(4, out))
            n = out
        self.proj = nn.Linear(n * (SIDE // 8) ** 2, WIDTH)

    def forward(self, x):  # [N,S,S,4], channels last as in Java
        x = x.permute(0, 3, 1, 2).unsqueeze(2)
        for i in range(3):
            x = F.leaky_relu(getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x)), 0.01)
        return self.proj(x.permute(0, 2, 3, 4, 1).flatten(1))


class TextTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(WORDS, TEXT), nn.Embedding(MOST, TEXT)
        self.block0, self.block1 = Block(), Block()
        self.norm, self.proj = nn.LayerNorm(TEXT), nn.Linear(TEXT, WIDTH, bias=False)

    def forward(self, ids):
        real = ids != PADDING
        x = self.token(ids) + self.position.weight[: ids.shape[1]]
        bias = torch.zeros(real.shape).masked_fill(~real, -math.inf)[:, None, None, :]
        x = self.norm(self.block1(self.block0(x, bias), bias))
        return self.proj((x * real[..., None]).sum(1) / real.sum(1, keepdim=True))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.slice, self.text = SliceTower(), TextTower()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(7)
    model = Model()
    with torch.no_grad():
        for p in model.parameters():  # Norms are not left at 1 and 0, and weights are exact in float32.
            p.copy_((p + 0.1 * torch.randn(p.shape)).float().double())
    texts = [[START, 3, 4, 5], [START, 6, 1, 3, 8, 7, 4], [START, 3, 4, 5], [START], [START, 8, 8, 3, 5]]
    ids = torch.zeros(5, MOST, dtype=torch.int64)
    for i, t in enumerate(texts):
        ids[i, : len(t)] = torch.tensor(t)
    planes = F.one_hot(torch.tensor([0, 1, 2, 0, 1]), 3).double()[:, None, None, :].expand(5, SIDE, SIDE, 3)
    x = torch.cat([torch.randn(5, SIDE, SIDE, 1).float().double(), planes], 3)
    u, v = F.normalize(model.slice(x), dim=1), F.normalize(model.text(ids), dim=1)
    logits = u @ v.T * model.logit_scale.clamp(max=math.log(100)).exp()
    target = torch.tensor([[float(a == b) for b in texts] for a in texts])
    target /= target.sum(1, keepdim=True)
    loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target.T)) / 2
    loss.backward()
    out = {"x": x, "ids": ids, "slices": u, "texts": v, "logits": logits, "loss": loss}
    for name, p in model.named_parameters():
        out["weight/" + name] = p
        out["gradient/" + name] = p.grad
    os.makedirs(OUT, exist_ok=True)
    arrays = {k: (t if k == "ids" else t.detach().float()).numpy() for k, t in out.items()}
    save(OUT + "/slice_text.safetensors", arrays)
    print("loss", loss.item())


if __name__ == "__main__":
    main()
