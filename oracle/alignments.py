"""Writes med3dinsight/src/test/resources/io/med3dinsight/transport/alignments.safetensors: losses and gradients in PyTorch, in double precision, of
full optimal transport (balanced Sinkhorn in the log domain, unrolled; its plan must agree with POT's), partial transport with the pairs of earlier
batches beside a batch (by the block coordinate ascent of alignment.py), symmetric InfoNCE (cross_entropy) and triplets (all or the hardest negative).
Run from the root of the repository: python3 oracle/alignments.py"""
import math
import os

import numpy as np
import ot
import torch
from torch.nn import functional as F

from alignment import cost, log_plan
from tiny_safetensors import save

OUT = "med3dinsight/src/test/resources/io/med3dinsight/transport"
E = 8
CASES = [  # kind, all pairs, of which the batch, metric, equal partners, first number, second number
    ("full_ot", 6, 6, "diagonal", 0, 0.05, 0),
    ("full_ot", 16, 16, "full", 0, 0.05, 0),
    ("full_ot", 12, 5, "diagonal", 0, 0.1, 0),
    ("partial_ot", 14, 6, "diagonal", 0, 0.1, 0.9),
    ("partial_ot", 9, 1, "full", 0, 0.1, 0.8),
    ("infonce", 2, 2, "diagonal", 0, 0.5, 0),
    ("infonce", 16, 16, "diagonal", 0, 0.07, 0),
    ("infonce", 12, 5, "diagonal", 0, 0.2, 0),
    ("infonce", 12, 7, "diagonal", 3, 0.1, 0),
    ("triplet", 2, 2, "diagonal", 0, 0.2, 0),
    ("triplet", 16, 16, "full", 0, 0.2, 0),
    ("triplet", 12, 5, "diagonal", 3, 0.5, 0),
    ("triplet", 16, 16, "diagonal", 0, 0.2, 1),
    ("triplet", 12, 7, "full", 3, 0.3, 1),
]
KINDS = ["partial_ot", "full_ot", "infonce", "triplet"]


def sinkhorn(c, eps, iterations=4000):
    n = len(c)
    k, f, g = -c / eps, torch.zeros(n), torch.zeros(n)
    for _ in range(iterations):
        last = f
        f = -math.log(n) - torch.logsumexp(k + g, 1)
        g = -math.log(n) - torch.logsumexp(k + f[:, None], 0)
    assert (f - last).abs().max() < 1e-10, "not converged: choose another case"
    lp = k + f[:, None] + g
    theirs = ot.bregman.sinkhorn(np.full(n, 1 / n), np.full(n, 1 / n), c.detach().numpy(), eps, method="sinkhorn_stabilized", numItermax=100000, stopThr=1e-14)
    error = np.abs(theirs - lp.exp().detach().numpy()).max() * n
    assert error < 1e-9, error
    print(f"    POT's sinkhorn differs by {error:.1e} / R")
    return lp


def infonce(u, v, own, log_scale, ids):
    """With different partners F.cross_entropy on class numbers; with equal ones on the probabilities that spread over them."""
    logits = log_scale.exp() * u @ v.T
    same = (ids[:, None] == ids[None]).double()
    targets = same / same.sum(1, keepdim=True)
    if len(set(ids.tolist())) == len(ids):
        targets = torch.arange(len(ids))
    return (F.cross_entropy(logits[:own], targets[:own]) + F.cross_entropy(logits.T[:own], targets[:own])) / 2


def triplet(d, own, margin, ids, hard):
    total = 0
    for side in (d, d.T):
        for i in range(own):
            wrong = [j for j in range(len(ids)) if ids[j] != ids[i]]
            terms = torch.stack([F.relu(margin + side[i, i] - side[i, j]) for j in wrong])
            total = total + (terms[terms.argmax()] if hard else terms.mean())
    return total / (2 * own)


def loss_of(kind, u, v, own, metric, w, ids, first, second):
    if kind == "infonce":
        return infonce(u, v, own, w, ids)
    if kind == "triplet":
        d = u[:, None] - v[None]
        m = torch.diag(F.softplus(w)) if metric == "diagonal" else w.T @ w
        return triplet(torch.einsum("ije,ef,ijf->ij", d, m, d).sqrt(), own, first, ids, second)
    c = cost(u, v, metric, w)
    lp = sinkhorn(c, first) if kind == "full_ot" else log_plan(c, first, second, 3000)
    return -lp.diagonal()[:own].mean()


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(23)
    out = {}
    for number, (kind, rows, own, metric, equal, first, second) in enumerate(CASES):
        v = F.normalize(torch.randn(rows, E), dim=1).float().double()
        ids = torch.arange(rows)
        for i in range(equal):  # Row 1 + 3 i is the same partner as row 3 i.
            v[1 + 3 * i], ids[1 + 3 * i] = v[3 * i], ids[3 * i]
        u = F.normalize(v + 0.7 * torch.randn(rows, E), dim=1).float().double().requires_grad_()
        v.requires_grad_()
        if kind == "infonce":
            w = torch.tensor([-math.log(first)])
        else:
            w = torch.full((E,), math.log(math.e - 1)) if metric == "diagonal" else torch.eye(E)
            w = w + 0.3 * torch.randn(w.shape)
        w = w.float().double().requires_grad_()
        loss = loss_of(kind, u, v, own, metric, w, ids, first, second)
        loss.backward()
        print(number, kind, rows, own, metric, loss.item())
        values = {"u": u, "v": v, "w": w, "loss": loss.reshape(1), "gradient/u": u.grad, "gradient/v": v.grad, "gradient/w": w.grad}
        out |= {f"{number}/{k}": t.detach().float().numpy() for k, t in values.items()}
        out[f"{number}/settings"] = np.array([KINDS.index(kind), rows, own, metric == "full", first, second], np.float64)
    os.makedirs(OUT, exist_ok=True)
    save(OUT + "/alignments.safetensors", out)


if __name__ == "__main__":
    main()
