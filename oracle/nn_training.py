"""Writes nn/src/test/resources/io/med3dinsight/nn/training/*.safetensors: a few steps of two small networks in PyTorch, in double
precision, under each optimiser. Run from the root of the repository: python3 oracle/nn_training.py"""
import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tiny_safetensors import save

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
OUT = "nn/src/test/resources/io/med3dinsight/nn/training"
STEPS = 5


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv3d(2, 4, 3, padding=1, bias=False)
        self.norm1 = nn.InstanceNorm3d(4, affine=True)
        self.deep = nn.Conv3d(4, 6, 3, stride=2, padding=1, bias=False)
        self.norm2 = nn.InstanceNorm3d(6, affine=True)
        self.up = nn.ConvTranspose3d(6, 4, 2, stride=2)
        self.head = nn.Conv3d(4, 3, 1)

    def forward(self, x):
        x = F.leaky_relu(self.norm1(self.down(x)), 0.01)
        x = F.leaky_relu(self.norm2(self.deep(x)), 0.01)
        return self.head(self.up(x))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(5, 7)
        self.norm = nn.LayerNorm(7)
        self.fc2 = nn.Linear(7, 3)

    def forward(self, x):
        return self.fc2(self.norm(F.gelu(self.fc1(x))))


def dice_ce(logits, y):
    p = torch.softmax(logits, 1)
    t = F.one_hot(y, logits.shape[1]).permute(0, 4, 1, 2, 3).to(p.dtype)
    axes = (2, 3, 4)
    dice = (2 * (p * t).sum(axes) + 1e-5) / ((p + t).sum(axes) + 1e-5)
    return F.cross_entropy(logits, y) - dice[:, 1:].mean()


def single(t):
    return t.detach().to(torch.float32).numpy().copy()


def perturb(net, gen):
    for p in net.parameters():
        # Float32 values, so that both sides start from the same numbers.
        p.data = (torch.randn(p.shape, generator=gen) * 0.3 + (p.ndim == 1) * 0.5).float().double()


def run(kind, optimizer):
    gen = torch.Generator().manual_seed(7)
    net = Conv() if kind == "conv" else Mlp()
    perturb(net, gen)
    if kind == "conv":
        x = torch.randn(2, 2, 4, 6, 8, generator=gen).float().double()
        y = torch.randint(0, 3, (2, 4, 6, 8), generator=gen)
        loss_of = dice_ce
    else:
        x = torch.randn(11, 5, generator=gen).float().double()
        y = torch.randint(0, 3, (11,), generator=gen)
        loss_of = F.cross_entropy
    decay = [p for p in net.parameters() if p.ndim >= 2]
    rest = [p for p in net.parameters() if p.ndim < 2]
    groups = [{"params": decay, "weight_decay": 0.03}, {"params": rest, "weight_decay": 0.0}]
    opt = {
        "adam": lambda: torch.optim.Adam(groups, lr=1),
        "adamw": lambda: torch.optim.AdamW(groups, lr=1, betas=(0.8, 0.95), eps=1e-6),
        "sgd": lambda: torch.optim.SGD(groups, lr=1, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD(groups, lr=1, momentum=0.99, nesterov=True),
    }[optimizer]()
    store = {"x": single(x.movedim(1, -1) if kind == "conv" else x), "y": y.to(torch.int32).numpy()}
    for n, p in net.named_parameters():
        store["init." + n] = single(p)
    losses, norms = [], []
    for step in range(STEPS):
        for g in opt.param_groups:
            g["lr"] = 0.05 * (1 - step / 10) ** 0.9
        opt.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        for n, p in net.named_parameters():
            store[f"grad{step}." + n] = single(p.grad)
        norms.append(float(torch.nn.utils.clip_grad_norm_(net.parameters(), 0.7)))
        losses.append(float(loss))
        opt.step()
    for n, p in net.named_parameters():
        store["final." + n] = single(p)
    store["losses"] = np.array(losses)
    store["norms"] = np.array(norms)
    save(f"{OUT}/{kind}_{optimizer}.safetensors", store)


os.makedirs(OUT, exist_ok=True)
for k in ("conv", "mlp"):
    for o in ("adam", "adamw", "sgd", "nesterov"):
        run(k, o)
