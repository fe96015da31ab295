"""Writes med3dinsight/src/test/resources/io/med3dinsight/transport/alignment.safetensors: the partial transport alignment loss and its
gradients in PyTorch, in double precision, by block coordinate ascent in the log domain, unrolled and differentiated by autograd. Where
POT can be imported, its plan must agree. Run from the root of the repository: python3 oracle/alignment.py"""
import math
import os

import numpy as np
import torch
from torch.nn import functional as F

from tiny_safetensors import save

OUT = "med3dinsight/src/test/resources/io/med3dinsight/transport"
E = 8
CASES = [  # pairs, metric, epsilon, mass, noise between partners (None: unrelated)
    (2, "diagonal", 0.03, 0.95, None),
    (3, "full", 0.1, 0.9, None),
    (6, "diagonal", 0.1, 0.5, None),
    (6, "full", 0.1, 1.0, 0.8),
    (12, "diagonal", 0.1, 0.9, 0.8),
    (17, "full", 0.05, 0.8, None),
    (24, "diagonal", 0.1, 0.95, 0.6),
    (24, "full", 0.03, 0.95, None),
]


def cost(u, v, metric, w):
    d = u[:, None] - v[None]
    m = torch.diag(F.softplus(w)) if metric == "diagonal" else w.T @ w
    c = torch.einsum("ije,ef,ijf->ij", d, m, d).sqrt()
    return c / c.max()


def log_plan(c, eps, mass, iterations):
    b = len(c)
    k, log_a = -c / eps, -math.log(b)
    f, g, s = torch.zeros(b), torch.zeros(b), torch.zeros(())
    for _ in range(iterations):
        last = f
        f = torch.clamp(log_a - torch.logsumexp(k + g + s, 1), max=0)
        g = torch.clamp(log_a - torch.logsumexp(k + f[:, None] + s, 0), max=0)
        s = math.log(mass) - torch.logsumexp((k + f[:, None] + g).flatten(), 0)
    assert (f - last).abs().max() < 1e-9, f"moves by {(f - last).abs().max()}: choose another case, unrolling needs convergence"
    return k + f[:, None] + g + s


def check_with_pot(c, eps, mass, plan):
    try:
        import ot
    except ImportError:
        return "POT is not here"
    n = len(c)
    mass = min(mass, n * (1 / n), 1 - 1e-12)  # Sums of 1 / n may round to less than 1, which POT refuses.
    theirs = ot.partial.entropic_partial_wasserstein(np.full(n, 1 / n), np.full(n, 1 / n), c, eps, mass, numItermax=20000, stopThr=1e-15)
    error = np.abs(theirs - plan).max() * n
    assert error < 1e-9, error
    return f"POT differs by {error:.1e} / B"


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(11)
    out = {}
    for number, (b, metric, eps, mass, noise) in enumerate(CASES):
        v = F.normalize(torch.randn(b, E), dim=1).float().double()
        u = torch.randn(b, E) if noise is None else v + noise * torch.randn(b, E)
        u = F.normalize(u, dim=1).float().double().requires_grad_()
        w = torch.full((E,), math.log(math.e - 1)) if metric == "diagonal" else torch.eye(E)
        w = (w + 0.3 * torch.randn(w.shape)).float().double().requires_grad_()
        v.requires_grad_()
        c = cost(u, v, metric, w)
        lp = log_plan(c, eps, mass, 3000)
        loss = -lp.diagonal().mean()
        loss.backward()
        plan = lp.exp().detach()
        limits = max((plan.sum(0) * b).max(), (plan.sum(1) * b).max()).item()
        print(number, b, metric, loss.item(), f"sums up to {limits:.9f},", check_with_pot(c.detach().numpy(), eps, mass, plan.numpy()))
        values = {"u": u, "v": v, "w": w, "loss": loss, "gradient/u": u.grad, "gradient/v": v.grad, "gradient/w": w.grad}
        out |= {f"{number}/{k}": t.detach().float().numpy() for k, t in values.items()}
        out[f"{number}/settings"] = np.array([b, metric == "full", eps, mass], np.float64)
    os.makedirs(OUT, exist_ok=True)
    save(OUT + "/alignment.safetensors", out)


if __name__ == "__main__":
    main()
