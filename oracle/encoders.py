"""Writes med3dinsight/src/test/resources/io/med3dinsight/network/*.safetensors: nnFormer, Swin UNETR and UNETR as their authors published
them, run in double precision on small sizes with made-up weights: scores (a sample of them), pooled features, the gradient of every
parameter and of the input. Weights and inputs are not stored: both sides make them from names by the same integer arithmetic.

Run from the root of the repository: /usr/bin/python3 oracle/encoders.py NNFORMER MONAI_1_5_0 MONAI_1_3_2 EINOPS
with the folders of
  https://github.com/282857341/nnFormer   commit d48aaeb05612a09538f70c38a2357149ea3a7ac0
  https://github.com/Project-MONAI/MONAI  tags 1.5.0 and 1.3.2
  https://github.com/arogozhnikov/einops  tag v0.6.1
in that order. nnFormer needs timm and batchgenerators for parts that are not used here; small stand-ins take their place."""
import hashlib
import importlib
import json
import math
import os
import subprocess
import sys
import types

import numpy as np
import torch
from torch import nn

from tiny_safetensors import save

OUT = "med3dinsight/src/test/resources/io/med3dinsight/network"
CLASSES = 2


def mix(x):
    """splitmix64's finaliser."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def numbers(name, count):
    """Uniform in [-1, 1), from the name alone."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    with np.errstate(over="ignore"):
        x = mix(np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return ((x >> np.uint64(40)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def weights(salt, name, shape):
    u = numbers(salt + name, int(np.prod(shape))).reshape(shape)
    if "bias_table" in name or "position" in name:
        return u * np.float32(0.5)
    if len(shape) > 1:
        # Powers of two, so that the product is exact.
        return u * np.float32(2.0 ** round(math.log2(math.sqrt(3 / np.prod(shape[1:])))))
    if name.endswith("weight"):
        return np.float32(1) + u * np.float32(0.25)
    return u * np.float32(0.25)


margins = []


def watch(net):
    """How close values come to the kink of leaky ReLU: one that rounding moves to the other side changes gradients by more than rounding."""
    for m in net.modules():
        if isinstance(m, nn.LeakyReLU):
            m.register_forward_pre_hook(lambda module, given: margins.append(float(given[0].detach().abs().min())))


def step(net, salt, shape, pooled, dtype, backward=True):
    """Scores, pooled features, loss and gradients of one step, as float64 arrays with channels last."""
    torch.set_default_dtype(dtype)
    net = net.to(dtype).eval()
    net.zero_grad(set_to_none=True)
    for name, p in net.named_parameters():
        p.data = torch.from_numpy(weights(salt, name, tuple(p.shape))).to(dtype)
    n, c, *space = shape
    x = torch.from_numpy(numbers(salt + "input", int(np.prod(shape))).reshape(n, *space, c)).to(dtype)
    x = x.movedim(-1, 1).contiguous().requires_grad_(True)
    margins.clear()
    with torch.set_grad_enabled(backward):
        y = net(x)
    if not backward:
        return min(margins, default=math.inf)
    r = torch.from_numpy(numbers(salt + "loss", y.numel()).reshape(tuple(y.movedim(1, -1).shape))).to(dtype)
    e = pooled(net, x)
    s = torch.from_numpy(numbers(salt + "pooled", e.numel()).reshape(tuple(e.shape))).to(dtype)
    loss = (y.movedim(1, -1) * r).sum() / math.sqrt(y.numel()) + (e * s).sum()
    loss.backward()
    out = {"loss": loss.reshape(1), "scores": y.movedim(1, -1), "pooled": e, "grad input": x.grad.movedim(1, -1)}
    for n, p in net.named_parameters():
        if p.grad is not None:
            out["grad " + n] = p.grad
    return {n: t.detach().double().numpy().copy() for n, t in out.items()}


def sample(name, a):
    """All of a small tensor; of a large one every 37th element. A product with made-up numbers stands for the rest."""
    a = a.ravel()
    product = (a * numbers("product " + name, a.size)).sum() / math.sqrt(a.size)
    return (a if a.size <= 600 else a[::37]).astype(np.float32), np.array([product, np.abs(a).max()], np.float32)


def run(name, net, shape, pooled, config):
    """shape: N, C, D, H, W; pooled: the coarsest features of an input."""
    watch(net)
    # Of some sets of weights one that rounding disturbs little.
    salts = [f"{name} {k} " for k in range(24)]
    distance = {salt: step(net, salt, shape, pooled, torch.float64, backward=False) for salt in salts}
    best, worst, exact = None, math.inf, None
    for salt in sorted(salts, key=lambda k: -distance[k])[:3]:
        double, single = step(net, salt, shape, pooled, torch.float64), step(net, salt, shape, pooled, torch.float32)
        # Some gradients are 0: those of biases of windows of one token.
        error = max(np.abs(double[n] - single[n]).max() / max(1e-2, np.abs(double[n]).max()) for n in double)
        if error < worst:
            best, worst, exact = salt, error, double
    store = {}
    for n, a in exact.items():
        store[n], store["product " + n] = sample(n, a)
    # Many blocks hold the same constants: each once, and who holds which.
    constants, held = {}, {}
    for n, b in net.named_buffers():
        held[n] = constants.setdefault(b.numpy().tobytes(), n)
        if held[n] == n:
            store["buffer " + n] = b.numpy().astype(np.int32)
    unused = [n for n, p in net.named_parameters() if p.grad is None]
    path = f"{OUT}/{name}.safetensors"
    meta = {"salt": best, "config": json.dumps(config), "shape": json.dumps(list(shape)), "unused": json.dumps(unused),
            "buffers": json.dumps(held)}
    save(path, store, meta)
    print(f"{name}: scores {exact['scores'].shape}, {os.path.getsize(path)} bytes, {sum(p.numel() for p in net.parameters())} parameters, "
          f"kinks {distance[best]:.2g} away, float32 in PyTorch is off by {worst:.2g}", flush=True)


def stand_ins(root):
    """What nnFormer's modules import beside PyTorch."""

    class DropPath(nn.Module):
        def __init__(self, p):
            super().__init__()
            self.p = p

        def forward(self, x):
            assert not self.training
            return x

    layers = types.ModuleType("timm.models.layers")
    layers.DropPath = DropPath
    layers.to_3tuple = lambda n: (n, n, n) if isinstance(n, int) else n
    layers.trunc_normal_ = lambda t, std: nn.init.normal_(t, std=std)
    modules = {"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"), "timm.models.layers": layers}
    for n in ("nnformer", "nnformer.utilities", "nnformer.network_architecture"):
        m = types.ModuleType(n)
        m.__path__ = [os.path.join(root, *n.split("."))]
        modules[n] = m
    for n, attribute, value in (
        ("nnformer.utilities.nd_softmax", "softmax_helper", None),
        ("nnformer.network_architecture.initialization", "InitWeights_He", None),
        ("nnformer.network_architecture.neural_network", "SegmentationNetwork", nn.Module),
    ):
        modules[n] = types.ModuleType(n)
        setattr(modules[n], attribute, value)
    sys.modules.update(modules)


def nnformer(root):
    stand_ins(root)

    def pooled(net, x):
        return net.model_down(x)[-1].mean((2, 3, 4))

    def one(name, variant, shape, embedding, depths, heads, patch, windows, **more):
        module = importlib.import_module("nnformer.network_architecture.nnFormer_" + variant)
        net = module.nnFormer(
            crop_size=list(shape[2:]), embedding_dim=embedding, input_channels=shape[1], num_classes=CLASSES, depths=depths,
            num_heads=heads, patch_size=patch, window_size=windows, deep_supervision=False, **more)
        cubes = [w if isinstance(w, list) else [w, w, w] for w in windows]
        config = {"type": "nnformer", "inputChannels": shape[1], "variant": variant, "crop": list(shape[2:]), "embedding": embedding,
                  "depths": depths, "heads": heads, "patch": patch, "windows": cubes, "dropPath": 0.2, "hidePadding": False}
        run(name, net, shape, pooled, config)

    # Windows of 3 do not divide 8 tokens: padded, shifted and masked; the coarsest stage has one window of everything.
    one("nnformer_tumor", "tumor", (2, 1, 32, 32, 32), 16, [2, 3, 2, 2], [1, 2, 4, 8], [4, 4, 4], [3, 3, 8, 4])
    one("nnformer_synapse", "synapse", (1, 2, 16, 64, 32), 16, [2, 2, 2, 2], [1, 2, 4, 8], [2, 4, 4], [4, 4, 8, 4])
    one("nnformer_acdc", "acdc", (1, 1, 14, 64, 32), 16, [2, 2, 2, 2], [1, 2, 4, 8], [1, 4, 4],
        [[3, 5, 5], [3, 5, 5], [7, 4, 2], [3, 5, 5]], down_stride=[[1, 4, 4], [1, 8, 8], [2, 16, 16], [4, 32, 32]])


def thin_swin():
    """feature_size must be a multiple of 12 only because of a check, and windows are 7 wide in older versions; less keeps the fixtures
    small."""
    import monai.networks.nets.swin_unetr as m
    source = open(m.__file__).read().replace("feature_size % 12 != 0", "False").replace("ensure_tuple_rep(7, ", "ensure_tuple_rep(4, ")
    exec(compile(source, m.__file__, "exec"), m.__dict__)
    return m.SwinUNETR


def monai_15():
    m = thin_swin()

    def pooled(net, x):
        return net.swinViT(x, True)[-1].mean((2, 3, 4))

    def one(name, shape, features, heads, depths, window, merging, convolutions):
        net = m(in_channels=shape[1], out_channels=CLASSES, depths=depths, num_heads=heads, window_size=window, feature_size=features,
                downsample="mergingv2" if merging == "v2" else "merging", use_v2=convolutions)
        config = {"type": "swin_unetr", "inputChannels": shape[1], "features": features, "depths": depths, "heads": heads,
                  "window": [window] * 3, "merging": merging, "convolutions": convolutions, "dropPath": 0.0, "hidePadding": False}
        run(name, net, shape, pooled, config)

    # 32, 16, 8, 4 tokens and windows of 3: padded and shifted, then a window over everything.
    one("swin_unetr_corrected", (1, 1, 64, 64, 32), 6, [1, 1, 2, 2], [2, 1, 2, 1], 3, "v1_corrected", False)
    one("swin_unetr_v2", (1, 2, 64, 32, 64), 6, [1, 2, 2, 4], [2, 1, 1, 2], 3, "v2", True)


def monai_13():
    m = thin_swin()

    def pooled(net, x):
        return net.swinViT(x, True)[-1].mean((2, 3, 4))

    shape = (1, 1, 32, 64, 64)
    net = m(in_channels=1, out_channels=CLASSES, depths=[1, 2, 1, 1], num_heads=[1, 1, 2, 2], feature_size=6, img_size=shape[2:])
    config = {"type": "swin_unetr", "inputChannels": 1, "features": 6, "depths": [1, 2, 1, 1], "heads": [1, 1, 2, 2],
              "window": [4, 4, 4], "merging": "v1", "convolutions": False, "dropPath": 0.0, "hidePadding": False}
    run("swin_unetr_v1", net, shape, pooled, config)

    from monai.networks.nets import UNETR

    shape = (1, 1, 32, 48, 32)
    net = UNETR(in_channels=1, out_channels=CLASSES, img_size=shape[2:], feature_size=4, hidden_size=24, mlp_dim=72, num_heads=2)
    config = {"type": "unetr", "inputChannels": 1, "image": list(shape[2:]), "features": 4, "hidden": 24, "mlp": 72, "heads": 2, "layers": 12}

    def tokens(net, x):
        return net.vit(x)[0].mean(1)

    run("unetr", net, shape, tokens, config)


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    os.makedirs(OUT, exist_ok=True)
    if len(sys.argv) == 5 and sys.argv[1] != "--part":
        # Two versions of MONAI do not fit into one process.
        for part, folders in (("nnformer", [sys.argv[1], sys.argv[4]]), ("monai_15", [sys.argv[2], sys.argv[4]]), ("monai_13", [sys.argv[3], sys.argv[4]])):
            subprocess.run([sys.executable, __file__, "--part", part, *folders], check=True)
    else:
        part, folders = sys.argv[2], sys.argv[3:]
        sys.path[:0] = folders
        if part == "nnformer":
            nnformer(folders[0])
        elif part == "monai_15":
            monai_15()
        else:
            monai_13()
