"""Writes med3dinsight/src/test/resources/io/med3dinsight/network/unet_{residual,plain,flat}.safetensors: one training step of the
product's UNet in PyTorch, in double precision: weights, input, labels, loss, every gradient, the weights after a step of Adam; flat has
kernels of 1x3x3 at first, as nnU-Net for thick slices. Parameters are named as in the product. Run from the root of the repository: /usr/bin/python3 oracle/unet_step.py"""
import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tiny_safetensors import save

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
OUT = "med3dinsight/src/test/resources/io/med3dinsight/network"
SLOPE, CLASSES, LEVELS = 0.01, 3, 3
CHANNELS, CONVOLUTIONS = (4, 6, 8, 10), 2
CUBES = ((1, 2, 2, (1, 2, 2)), (3, 3, 3, 3))
FLAT = ((1, (1, 2, 2), (1, 2, 2), 2), ((1, 3, 3), (1, 3, 3), 3, 3))
margins = []


def leaky(x):
    # How close a value comes to the kink: one that rounding moves to the other side would change gradients by much more than rounding.
    margins.append(float(x.detach().abs().min()))
    return F.leaky_relu(x, SLOPE)


class Block(nn.Module):
    def __init__(self, cin, cout, kernel, stride, residual):
        super().__init__()
        self.residual = residual
        for i in range(CONVOLUTIONS):
            step = stride if i == 0 else 1
            padding = kernel // 2 if isinstance(kernel, int) else tuple(k // 2 for k in kernel)
            self.add_module(f"conv{i}", nn.Conv3d(cin if i == 0 else cout, cout, kernel, step, padding, bias=False))
            self.add_module(f"norm{i}", nn.InstanceNorm3d(cout, eps=1e-5, affine=True))
        if residual and (cin != cout or stride != 1):
            self.shortcut = nn.Conv3d(cin, cout, 1, stride, bias=False)
            self.shortcut_norm = nn.InstanceNorm3d(cout, eps=1e-5, affine=True)

    def forward(self, x):
        y = x
        for i in range(CONVOLUTIONS):
            y = getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(y))
            if i < CONVOLUTIONS - 1 or not self.residual:
                y = leaky(y)
        if not self.residual:
            return y
        return leaky(y + (self.shortcut_norm(self.shortcut(x)) if hasattr(self, "shortcut") else x))


class Encoder(nn.Module):
    def __init__(self, cin, strides, kernels, residual):
        super().__init__()
        for i, (cout, stride, kernel) in enumerate(zip(CHANNELS, strides, kernels)):
            self.add_module(f"stage{i}", Block(cin, cout, kernel, stride, residual))
            cin = cout

    def forward(self, x):
        pyramid = []
        for i in range(len(CHANNELS)):
            x = getattr(self, f"stage{i}")(x)
            pyramid.append(x)
        return pyramid


class Decoder(nn.Module):
    def __init__(self, strides, kernels):
        super().__init__()
        for i in reversed(range(len(CHANNELS) - 1)):
            self.add_module(f"up{i}", nn.ConvTranspose3d(CHANNELS[i + 1], CHANNELS[i], strides[i + 1], strides[i + 1]))
            self.add_module(f"stage{i}", Block(2 * CHANNELS[i], CHANNELS[i], kernels[i], 1, False))

    def forward(self, pyramid):
        y, out = pyramid[-1], []
        for i in reversed(range(len(pyramid) - 1)):
            y = getattr(self, f"stage{i}")(torch.cat((getattr(self, f"up{i}")(y), pyramid[i]), 1))
            out.insert(0, y)
        return out


class UNet(nn.Module):
    def __init__(self, cin, strides, kernels, residual):
        super().__init__()
        self.encoder, self.decoder = Encoder(cin, strides, kernels, residual), Decoder(strides, kernels)
        for i in range(LEVELS):
            self.add_module(f"head{i}", nn.Conv3d(CHANNELS[i], CLASSES, 1))

    def forward(self, x):
        decoded = self.decoder(self.encoder(x))
        return [getattr(self, f"head{i}")(decoded[i]) for i in range(LEVELS)]


def dice_ce(logits, y):
    """nnU-Net: cross-entropy minus soft Dice of each sample and foreground class."""
    p = torch.softmax(logits, 1)
    t = F.one_hot(y, CLASSES).movedim(-1, 1).to(p.dtype)
    axes = (2, 3, 4)
    dice = (2 * (p * t).sum(axes) + 1e-5) / ((p + t).sum(axes) + 1e-5)
    return F.cross_entropy(logits, y) - dice[:, 1:].mean()


def deep_supervision(levels, y):
    weights = [0.5**i for i in range(len(levels))]
    total = 0
    for w, logits in zip(weights, levels):
        small = F.interpolate(y[:, None].double(), logits.shape[2:], mode="nearest-exact")[:, 0].long()
        total = total + w / sum(weights) * dice_ce(logits, small)
    return total


def single(t):
    return t.detach().to(torch.float32).numpy().copy()


def run(name, shape, residual, seed):
    gen = torch.Generator().manual_seed(seed)
    net = UNet(2, *shape, residual)
    for n, p in net.named_parameters():
        # Float32 values, so that both sides start from the same numbers.
        scale = (2 / p[0].numel()) ** 0.5 if p.ndim > 1 else 0.2
        centre = 1.0 if "norm" in n and n.endswith("weight") else 0.0
        p.data = (torch.randn(p.shape, generator=gen) * scale + centre).float().double()
    x = torch.randn(2, 2, 8, 16, 16, generator=gen).float().double()
    y = torch.randint(0, CLASSES, (2, 8, 16, 16), generator=gen)
    margins.clear()
    # With an epsilon well above the rounding of gradients: with 1e-8 the first step is their sign, which rounding may turn around.
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01, eps=1e-4)
    levels = net(x)
    loss = deep_supervision(levels, y)
    loss.backward()
    store = {"x": single(x.movedim(1, -1)), "y": y.to(torch.int32).numpy(), "loss": np.array([float(loss)])}
    store["scores"] = single(levels[0].movedim(1, -1))
    for n, p in net.named_parameters():
        store["init." + n] = single(p)
        store["grad." + n] = single(p.grad)
    optimiser.step()
    for n, p in net.named_parameters():
        store["final." + n] = single(p)
    print(f"{name}: seed {seed}, loss {float(loss):.6f}, distance to the kinks {min(margins):.2g}", flush=True)
    return min(margins), store


os.makedirs(OUT, exist_ok=True)
for name, shape, residual in (("residual", CUBES, True), ("plain", CUBES, False), ("flat", FLAT, True)):
    # Of some seeds the one whose values keep farthest from the kinks of leaky ReLU.
    margin, store = max((run(name, shape, residual, seed) for seed in range(20)), key=lambda r: r[0])
    print(f"{name}: kept the one with {margin:.2g}")
    save(f"{OUT}/unet_{name}.safetensors", store)
