"""Measures PyTorch on the computations that GpuBenchmark measures, in the same way.

    python3 gpu_peer.py --precision fp32|tf32|bf16 --json FILE [--simulated] [ROW...]

Each row is warmed up, then timed in rounds: as many runs as fill a fifth of a second, with one
synchronisation at the end. The file holds milliseconds for one run, one number a round. PyTorch
2.1 or later; eager mode, channels-last where that is faster (both layouts are measured).
--simulated runs tiny rows on the CPU, to try this program where there is no GPU; its times mean
nothing.
"""

import argparse
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

EPSILON, MASS, NORM_EPSILON, SLOPE = 0.03, 0.95, 1e-5, 0.01
ROUNDS, ROUND_SECONDS = 10, 0.2
DEVICE = "cuda"


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def timed(run):
    """Milliseconds of one run, for each round."""
    if DEVICE == "cpu":
        start = time.perf_counter()
        run()
        return [(time.perf_counter() - start) * 1e3]
    for _ in range(5):
        run()
    synchronize()
    start = time.perf_counter()
    run()
    synchronize()
    once = max(time.perf_counter() - start, 1e-6)
    count = max(3, min(2000, int(ROUND_SECONDS / once)))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            run()
        synchronize()
        rounds.append((time.perf_counter() - start) / count * 1e3)
    return rounds


class Row:
    """Inputs (shape, scale, offset, gradient, keeps float32) and a function of them."""

    def __init__(self, inputs, function, layouts=False, single=False):
        self.inputs, self.function, self.layouts, self.single = inputs, function, layouts, single

    def tensors(self, dtype, channels_last):
        generator = torch.Generator(device=DEVICE).manual_seed(2024)
        made = []
        for shape, scale, offset, gradient, parameter in self.inputs:
            t = (torch.rand(shape, device=DEVICE, generator=generator) * 2 - 1) * scale + offset
            if not self.single and not (parameter and len(shape) == 1):
                t = t.to(dtype)
            if channels_last and len(shape) == 5:
                t = t.contiguous(memory_format=torch.channels_last_3d)
            made.append(t.requires_grad_(gradient))
        return made

    def measure(self, dtype):
        best = {}
        for channels_last in (False, True) if self.layouts else (False,):
            inputs = self.tensors(dtype, channels_last)
            out = self.function(*inputs)
            seed = torch.rand_like(out)
            wanted = [t for t in inputs if t.requires_grad]

            def forward():
                with torch.no_grad():
                    self.function(*inputs)

            def both():
                torch.autograd.grad(self.function(*inputs), wanted, seed)

            for mode, run in (("forward", forward), ("forward + backward", both)):
                ms = timed(run)
                if mode not in best or min(ms) < min(best[mode]["ms"]):
                    variant = "channels last" if channels_last else "NCDHW" if self.layouts else ""
                    best[mode] = {"mode": mode, "variant": variant, "ms": ms}
        return list(best.values())


def x(*shape, scale=1.0, offset=0.0, gradient=True, parameter=False):
    return (shape, scale, offset, gradient, parameter)


def p(*shape, scale=1.0, offset=0.0):
    return x(*shape, scale=scale, offset=offset, parameter=True)


def conv(n, extent, cin, cout, whole):
    return Row(
        [x(n, cin, extent, extent, extent, gradient=whole), x(cout, cin, 3, 3, 3, scale=1 / math.sqrt(27 * cin))],
        lambda a, w: F.conv3d(a, w, padding=1),
        layouts=True,
    )


def instance_norm(a, gamma, beta):
    y = F.instance_norm(a, weight=gamma.to(a.dtype), bias=beta.to(a.dtype), eps=NORM_EPSILON)
    return F.leaky_relu(y, SLOPE, inplace=True)


def layer_norm(a, gamma, beta):
    return F.layer_norm(a, gamma.shape, gamma.to(a.dtype), beta.to(a.dtype), NORM_EPSILON)


def attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


def transport(cost, iterations=1000):
    """The matching loss of partial transport by unrolled Dykstra iterations (Benamou et al. 2015).

    What POT's entropic_partial_wasserstein does, for a batch of problems at once.
    """
    rows, columns = 1 / cost.shape[1], 1 / cost.shape[2]
    k = torch.exp(-cost / EPSILON)
    k = k * (MASS / k.sum((1, 2), keepdim=True))
    q1 = q2 = q3 = torch.ones((), device=cost.device)
    for _ in range(iterations):
        before = k
        k = k * q1
        k1 = k * (rows / k.sum(2, keepdim=True)).clamp(max=1)
        q1 = before / k1 * q1
        k1q = k1 * q2
        k2 = k1q * (columns / k1q.sum(1, keepdim=True)).clamp(max=1)
        q2 = k1 / k2 * q2
        k2q = k2 * q3
        k = k2q * (MASS / k2q.sum((1, 2), keepdim=True))
        q3 = k2 / k * q3
    return -torch.diagonal(k, 0, 1, 2).log().mean()


ROWS = {
    "matmul-1024": Row([x(1024, 1024), x(1024, 1024)], torch.matmul),
    "matmul-4096x768x3072": Row([x(4096, 768), x(768, 3072)], torch.matmul),
    "matmul-8192": Row([x(8192, 8192), x(8192, 8192)], torch.matmul),
    "conv-1-32": conv(2, 96, 1, 32, False),
    "conv-32-64": conv(2, 48, 32, 64, True),
    "conv-64-128": conv(2, 24, 64, 128, True),
    "conv-32-32": conv(1, 96, 32, 32, True),
    "conv-32-32-128": conv(2, 128, 32, 32, True),
    "patch-embedding": Row(
        [x(2, 1, 128, 128, 128, gradient=False), x(96, 1, 4, 4, 4, scale=0.125), p(96)],
        lambda a, w, b: F.conv3d(a, w, b.to(a.dtype), stride=4),
        layouts=True,
    ),
    "transposed-conv": Row(
        [x(2, 64, 24, 24, 24), x(64, 32, 2, 2, 2, scale=0.125), p(32)],
        lambda a, w, b: F.conv_transpose3d(a, w, b.to(a.dtype), stride=2),
        layouts=True,
    ),
    "depthwise": Row(
        [x(2, 96, 24, 24, 24), x(96, 1, 3, 3, 3, scale=0.2), p(96)],
        lambda a, w, b: F.conv3d(a, w, b.to(a.dtype), padding=1, groups=96),
        layouts=True,
    ),
    "instance-norm": Row([x(2, 32, 96, 96, 96), p(32, scale=0.5, offset=1), p(32)], instance_norm, layouts=True),
    "instance-norm-128": Row(
        [x(2, 32, 128, 128, 128), p(32, scale=0.5, offset=1), p(32)], instance_norm, layouts=True
    ),
    "layer-norm": Row([x(4096, 768), p(768, scale=0.5, offset=1), p(768)], layer_norm),
    "layer-norm-65536": Row([x(65536, 768), p(768, scale=0.5, offset=1), p(768)], layer_norm),
    "gelu": Row([x(4096, 3072, scale=3)], F.gelu),
    "gelu-65536": Row([x(65536, 3072, scale=3)], F.gelu),
    "softmax": Row([x(24, 512, 512, scale=4)], lambda a: torch.softmax(a, -1)),
    "softmax-192": Row([x(192, 1024, 1024, scale=4)], lambda a: torch.softmax(a, -1)),
    "attention": Row([x(2, 12, 512, 64)] * 3, attention),
    "attention-4096": Row([x(2, 12, 4096, 64)] * 3, attention),
    "window-attention": Row(
        [x(512, 3, 64, 32)] * 3 + [x(1, 3, 64, 64)],
        lambda q, k, v, bias: F.scaled_dot_product_attention(q, k, v, bias.expand(512, 3, 64, 64)),
    ),
    "transport-256": Row([x(256, 64, 64, scale=0.5, offset=0.5)], transport, single=True),
}

TINY_ROWS = {
    "tiny-matmul": Row([x(32, 16), x(16, 48)], torch.matmul),
    "tiny-conv": conv(1, 6, 4, 8, True),
    "instance-norm-4": Row([x(2, 32, 4, 4, 4), p(32, scale=0.5, offset=1), p(32)], instance_norm, layouts=True),
    "layer-norm-2": Row([x(2, 768), p(768, scale=0.5, offset=1), p(768)], layer_norm),
    "gelu-2": Row([x(2, 3072, scale=3)], F.gelu),
    "softmax-1": Row([x(1, 32, 32, scale=4)], lambda a: torch.softmax(a, -1)),
    "tiny-attention": Row([x(2, 12, 16, 64)] * 3, attention),
}


class UNet(torch.nn.Module):
    """The network of UNetStep: two convolutions a stage, instance norm, leaky ReLU, no residuals."""

    def __init__(self, channels, classes):
        super().__init__()
        n = len(channels)
        self.down = torch.nn.ModuleList(
            self.stage(channels[i - 1] if i else 1, channels[i], 2 if i else 1) for i in range(n)
        )
        self.up = torch.nn.ModuleList(
            torch.nn.ConvTranspose3d(channels[i + 1], channels[i], 2, stride=2) for i in range(n - 1)
        )
        self.decode = torch.nn.ModuleList(self.stage(2 * channels[i], channels[i], 1) for i in range(n - 1))
        self.head = torch.nn.Conv3d(channels[0], classes, 1)

    @staticmethod
    def stage(cin, cout, stride):
        layers = []
        for i in range(2):
            layers += [
                torch.nn.Conv3d(cin if i == 0 else cout, cout, 3, stride if i == 0 else 1, 1, bias=False),
                torch.nn.InstanceNorm3d(cout, eps=NORM_EPSILON, affine=True),
                torch.nn.LeakyReLU(SLOPE, inplace=True),
            ]
        return torch.nn.Sequential(*layers)

    def forward(self, a):
        skips = []
        for stage in self.down:
            a = stage(a)
            skips.append(a)
        for i in reversed(range(len(self.up))):
            a = self.decode[i](torch.cat([self.up[i](a), skips[i]], 1))
        return self.head(a)


def dice_cross_entropy(logits, labels, hot):
    ce = F.cross_entropy(logits.float(), labels)
    prob = torch.softmax(logits.float(), 1)[:, 1:]
    t = hot[:, 1:]
    overlap = (prob * t).sum((2, 3, 4))
    whole = prob.sum((2, 3, 4)) + t.sum((2, 3, 4))
    return ce - ((2 * overlap + 1e-5) / (whole + 1e-5)).mean()


def unet_step(extent, batch, channels, precision):
    best = None
    for channels_last in (False, True):
        if DEVICE == "cuda":
            torch.cuda.reset_peak_memory_stats()
        net = UNet(channels, 3).to(DEVICE)
        volume = torch.randn(batch, 1, extent, extent, extent, device=DEVICE)
        if channels_last:
            net = net.to(memory_format=torch.channels_last_3d)
            volume = volume.contiguous(memory_format=torch.channels_last_3d)
        labels = torch.randint(0, 3, (batch, extent, extent, extent), device=DEVICE)
        hot = F.one_hot(labels, 3).permute(0, 4, 1, 2, 3).float()
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=DEVICE == "cuda")

        def run():
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(DEVICE, torch.bfloat16, enabled=precision == "bf16"):
                logits = net(volume)
            dice_cross_entropy(logits, labels, hot).backward()
            optimizer.step()

        ms = timed(run)
        if best is None or min(ms) < min(best["ms"]):
            variant = "channels last" if channels_last else "NCDHW"
            peak = torch.cuda.max_memory_allocated() / 2**20 if DEVICE == "cuda" else 0
            best = {"mode": "step", "variant": variant, "ms": ms, "peakMiB": peak}
    return [best]


STEPS = {
    "unet-64": (64, 1, [16, 32, 64, 128]),
    "unet-128": (128, 2, [32, 64, 128, 256, 320]),
}
TINY_STEPS = {"tiny-unet": (8, 1, [4, 8])}


def copy_bandwidth():
    """GB/s of a device-to-device copy of 1 GiB, counting bytes read and written."""
    floats = 2**28 if DEVICE == "cuda" else 2**14
    a = torch.empty(floats, device=DEVICE)
    b = torch.empty_like(a)
    return 8 * floats / (min(timed(lambda: b.copy_(a))) * 1e-3) / 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], required=True)
    parser.add_argument("--json", required=True)
    parser.add_argument("--simulated", action="store_true")
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    if args.simulated:
        global DEVICE
        DEVICE = "cpu"
    rows, steps = (TINY_ROWS, TINY_STEPS) if args.simulated else (ROWS, STEPS)
    torch.backends.cuda.matmul.allow_tf32 = args.precision != "fp32"
    torch.backends.cudnn.allow_tf32 = args.precision != "fp32"
    torch.backends.cudnn.benchmark = True
    dtype = torch.bfloat16 if args.precision == "bf16" else torch.float32
    results = []
    for name in list(rows) + list(steps):
        if args.rows and name not in args.rows:
            continue
        try:
            measured = rows[name].measure(dtype) if name in rows else unet_step(*steps[name], args.precision)
        except (torch.cuda.OutOfMemoryError, AttributeError) as e:  # or PyTorch older than the row
            print(f"left out: {name}: {e}", file=sys.stderr)
            continue
        for m in measured:
            results.append({"row": name, **m})
            print(f"{name:24s} {m['mode']:20s} {min(m['ms']):10.4f} ms {m['variant']}", flush=True)
        if DEVICE == "cuda":
            torch.cuda.empty_cache()
    page = {
        "peer": f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}",
        "device": torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU",
        "precision": args.precision,
        "copyGBs": copy_bandwidth(),
        "results": results,
    }
    with open(args.json, "w", encoding="utf-8") as f:
        json.dump(page, f, indent=1)


if __name__ == "__main__":
    main()
