"""Writes what PyTorch computes for norms, pooling, resizing, losses and optimisers: /usr/bin/python3 oracle/layers.py

Inputs follow from a formula that the test repeats, so only results are stored, computed in double precision. Layout as in the
engine: activations [N,D,H,W,C], logits [...,C].
"""
import os

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine/src/test/resources/io/med3dinsight/engine/op/layers.txt")


def values(shape, seed):
    n = 1
    for s in shape:
        n *= s
    i = torch.arange(n, dtype=torch.int64)
    return (((i * 7919 + seed * 104729) % 257 - 128).double() / 128).reshape(shape)


def labels(shape, classes, seed, ignored):
    """Class numbers; every eleventh element carries the label to be left out."""
    n = 1
    for s in shape:
        n *= s
    i = torch.arange(n, dtype=torch.int64)
    y = (i * 31 + seed * 17) % 101 % classes
    y[i % 11 == 5] = ignored
    return y.reshape(shape)


def first(t):
    """Channels last to channels first."""
    return t.movedim(-1, 1)


def last(t):
    return t.movedim(1, -1).contiguous()


f = open(OUT, "w")


def write(name, **tensors):
    for key, t in tensors.items():
        numbers = " ".join(f"{v:.7g}" for v in torch.as_tensor(t).detach().flatten().tolist())
        f.write(f"{name}.{key} {numbers}\n")


def differentiated(name, run, *leaves, keys=("dx", "dgamma", "dbeta")):
    """Writes the result and the gradients of sum(result * values(seed 4))."""
    y = run(*leaves)
    y.backward(values(y.shape, 4))
    write(name, y=y, **{k: leaf.grad for k, leaf in zip(keys, leaves)})


def norms():
    shape = (2, 3, 4, 5, 6)
    x, g, b = (values(s, k).requires_grad_() for s, k in ((shape, 1), ((6,), 2), ((6,), 3)))
    differentiated("instance", lambda x, g, b: last(F.leaky_relu(F.instance_norm(first(x), weight=g, bias=b), 0.01)), x, g, b)
    x, g, b = (values(s, k).requires_grad_() for s, k in ((shape, 1), ((6,), 2), ((6,), 3)))
    differentiated("group", lambda x, g, b: last(F.leaky_relu(F.group_norm(first(x), 2, g, b), 0.2)), x, g, b)
    mean, var = torch.zeros(6), torch.ones(6)
    for k in (5, 6):
        F.batch_norm(first(values(shape, k)), mean, var, training=True, momentum=0.1)
    x, g, b = (values(s, k).requires_grad_() for s, k in ((shape, 1), ((6,), 2), ((6,), 3)))
    differentiated("batch", lambda x, g, b: last(F.relu(F.batch_norm(first(x), mean, var, g, b, training=True, momentum=0.1))), x, g, b)
    write("batch", mean=mean, var=var)
    x, g, b = (values(s, k).requires_grad_() for s, k in ((shape, 1), ((6,), 2), ((6,), 3)))
    differentiated("inference", lambda x, g, b: last(F.batch_norm(first(x), mean, var, g, b)), x, g, b)


def pooling():
    shape = (2, 5, 6, 7, 3)
    kernel, stride, pad = (3, 2, 3), (2, 2, 1), (1, 1, 0)
    for name, run in (
        ("max", lambda x: F.max_pool3d(x, kernel, stride, pad)),
        ("average", lambda x: F.avg_pool3d(x, kernel, stride, pad)),
        ("averageInside", lambda x: F.avg_pool3d(x, kernel, stride, pad, count_include_pad=False)),
        ("global", lambda x: F.adaptive_avg_pool3d(x, 1)),
    ):
        differentiated(name, lambda x: last(run(first(x))), values(shape, 1).requires_grad_())


def resizing():
    size = (5, 3, 10)
    for name, options in (
        ("trilinear", dict(mode="trilinear", align_corners=False)),
        ("aligned", dict(mode="trilinear", align_corners=True)),
        ("nearest", dict(mode="nearest")),
    ):
        x = values((2, 3, 4, 5, 2), 1).requires_grad_()
        differentiated(name, lambda x: last(F.interpolate(first(x), size, **options)), x)


def soft_dice(logits, y, batch, background, ignored, smooth=1e-5):
    """nnU-Net's MemoryEfficientSoftDiceLoss without its sign, channels last, in its own words."""
    p = logits.softmax(-1)
    mask = (y != ignored).unsqueeze(-1).double()
    onehot = F.one_hot(y.clamp(min=0), p.shape[-1]) * mask
    if not background:
        p, onehot = p[..., 1:], onehot[..., 1:]
    axes = tuple(range(0 if batch else 1, p.dim() - 1))
    intersect, predicted, reference = (p * onehot).sum(axes), (p * mask).sum(axes), onehot.sum(axes)
    return ((2 * intersect + smooth) / torch.clip(reference + predicted + smooth, 1e-8)).mean()


def losses():
    weights = values((5,), 2) + 1.5
    y = labels((3, 7), 5, 1, -100)
    for name, options in (
        ("ce", {}),
        ("ceWeighted", dict(weight=weights)),
        ("ceSmooth", dict(weight=weights, label_smoothing=0.1)),
    ):
        x = (4 * values((3, 7, 5), 1)).detach().requires_grad_()
        loss = F.cross_entropy(x.flatten(0, 1), y.flatten(), ignore_index=-100, **options)
        loss.backward()
        write(name, y=loss, dx=x.grad)
    y = labels((2, 4, 5, 6), 3, 1, -100)
    for name, batch, background in (("diceBatch", True, False), ("diceEach", False, False), ("diceAll", True, True)):
        x = (4 * values((2, 4, 5, 6, 3), 1)).detach().requires_grad_()
        ce = F.cross_entropy(first(x), y, ignore_index=-100)
        loss = ce - soft_dice(x, y, batch, background, -100)
        loss.backward()
        write(name, y=loss, dx=x.grad)
    for name, run in (("mse", F.mse_loss), ("l1", F.l1_loss)):
        a, b = values((3, 5), 1).requires_grad_(), values((3, 5), 2).requires_grad_()
        loss = run(a, b)
        loss.backward()
        write(name, y=loss, dx=a.grad, dgamma=b.grad)
    x = (4 * values((3, 5), 1)).detach().requires_grad_()
    loss = F.binary_cross_entropy_with_logits(x, values((3, 5), 2) / 2 + 0.5)
    loss.backward()
    write("bce", y=loss, dx=x.grad)


def optimisers():
    for name, make in (
        ("adam", lambda p: torch.optim.Adam(p, 0.01, (0.9, 0.99), 1e-8, 0.1)),
        ("adamw", lambda p: torch.optim.AdamW(p, 0.01, (0.9, 0.99), 1e-8, 0.1)),
        ("sgd", lambda p: torch.optim.SGD(p, 0.1)),
        ("momentum", lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.05)),
        ("nesterov", lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.05, nesterov=True)),
    ):
        p = values((13,), 1).requires_grad_()
        optimiser = make([p])
        for step in range(6):
            p.grad = values((13,), 10 + step)
            optimiser.step()
        write(name, y=p)


norms()
pooling()
resizing()
losses()
optimisers()
f.close()
