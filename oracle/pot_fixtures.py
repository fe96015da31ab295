"""Plans of entropic partial optimal transport from POT, for the test of the engine's solver.

    python3 oracle/pot_fixtures.py engine/src/test/resources/io/med3dinsight/engine/op/transport.txt

Needs numpy, scipy and POT (written with POT 0.8.2). Costs come from an integer hash and are exact in
float32, so that the test makes the same ones instead of reading them. Each plan is computed twice in
double precision: by ot.partial.entropic_partial_wasserstein, run until its iterates stand still or
its budget is spent, and by dual ascent in the log domain (block coordinates, then Newton steps on the
active set), which is accepted only with its proof: a feasible plan of the form exp(-C/eps+f+g+c),
f, g <= 0, whose duality gap is below 1e-12. The second is written; the first says in the column
"pot" how far the two are apart, relative to the plan's scale 1/B (nan where POT did not converge; in
one case of 192, n = 2, epsilon 0.01, mass 1, its iterates stand still far from the proven optimum).
"""

import sys
import warnings

import numpy as np
import ot
from scipy.special import logsumexp

SIZES = [2, 5, 8, 24, 64, 128]
EPSILONS = [0.01, 0.03, 0.1, 1.0]
MASSES = [0.1, 0.5, 0.95, 1.0]
SAMPLES = 96
BUDGET = {2: 40000, 5: 40000, 8: 40000, 24: 20000, 64: 4000, 128: 2000}


def hashed(n, seed):
    x = (np.arange(n, dtype=np.uint64) + np.uint64(seed * 1000003)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x ^= x >> np.uint64(shift)
        x = (x * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(12)).astype(np.float64) / 2**20


def cost(n, seed, aligned):
    c = hashed(n * n, seed).reshape(n, n)
    return np.where(np.eye(n) > 0, 0.25 + c / 8, 0.875 + c / 8) if aligned else c


def pot(c, eps, mass):
    n = len(c)
    a = np.full(n, 1 / n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plan, log = ot.partial.entropic_partial_wasserstein(
            a, a, c, eps, mass, numItermax=BUDGET[n], stopThr=1e-15, log=True)
    return plan if log["err"][-1] < 1e-11 / n else np.full((n, n), np.nan)


def dual(c, eps, mass):
    """Log plan and its certificate (violation, duality gap)."""
    n = len(c)
    x = -c / eps
    bound = np.inf if mass >= 1 else 0.0
    la = -np.log(n)
    f, g, k = np.zeros(n), np.zeros(n), 0.0
    for it in range(3000):
        before = np.concatenate([f, g, [k]])
        f = np.minimum(bound, la - logsumexp(x + g[None, :] + k, axis=1))
        g = np.minimum(bound, la - logsumexp(x + f[:, None] + k, axis=0))
        if mass < 1:
            k = np.log(mass) - logsumexp(x + f[:, None] + g[None, :])
        if np.abs(np.concatenate([f, g, [k]]) - before).max() < 1e-14:
            break
        if it >= 100 and it % 10 == 0:
            f, g, k = newton(x, f, g, k, mass, bound)
    p = np.exp(x + f[:, None] + g[None, :] + k)
    r, q = 1 / n - p.sum(1), 1 / n - p.sum(0)
    if mass >= 1:
        return p, n * max(np.abs(r).max(), np.abs(q).max()), 0.0
    violation = n * max(-r.min(), -q.min(), abs(p.sum() - mass) / n)
    return p, violation, np.abs(f * r).sum() + np.abs(g * q).sum()


def value(x, f, g, k, mass):
    return f.mean() + g.mean() + k * mass - np.exp(x + f[:, None] + g[None, :] + k).sum()


def newton(x, f, g, k, mass, bound):
    n = len(f)
    p = np.exp(x + f[:, None] + g[None, :] + k)
    r = np.concatenate([1 / n - p.sum(1), 1 / n - p.sum(0), [mass - p.sum()]])
    h = np.zeros((2 * n + 1, 2 * n + 1))
    h[:n, :n] = np.diag(p.sum(1))
    h[n:-1, n:-1] = np.diag(p.sum(0))
    h[:n, n:-1] = p
    h[:n, -1] = p.sum(1)
    h[n:-1, -1] = p.sum(0)
    h = np.triu(h) + np.triu(h, 1).T
    h[-1, -1] = p.sum()
    z = np.concatenate([f, g, [k]])
    upper = np.concatenate([np.full(2 * n, bound), [np.inf]])
    free = (z < upper) | (r < 0)
    if mass >= 1:
        free[-1] = False
    d = np.zeros(2 * n + 1)
    for _ in range(2 * n):  # potentials that would leave their bound are sent to it
        held = ~free
        rhs = r[free] - h[np.ix_(free, held)] @ d[held]
        d[free] = np.linalg.lstsq(h[np.ix_(free, free)], rhs, rcond=1e-15)[0]
        out = free & (z + d > upper)
        if not out.any():
            break
        d[out] = (upper - z)[out]
        free = free & ~out
    start = value(x, f, g, k, mass)
    for step in 0.5 ** np.arange(12):
        y = np.minimum(z + step * d, upper)
        if value(x, y[:n], y[n:-1], y[-1], mass) >= start:
            return y[:n], y[n:-1], y[-1]
    return f, g, k


def main(path):
    lines = ["# made by oracle/pot_fixtures.py: n epsilon mass aligned seed pot; then flat index and value times n, by turns"]
    rejected = []
    seed = 0
    for n in SIZES:
        for aligned in (0, 1):
            for eps in EPSILONS:
                for mass in MASSES:
                    seed += 1
                    c = cost(n, seed, aligned)
                    plan, violation, gap = dual(c, eps, mass)
                    apart = n * np.abs(plan - pot(c, eps, mass)).max()
                    what = f"{n} {eps} {mass} {aligned} {seed} {apart:.1e}"
                    if violation > 1e-9 or gap > 1e-12:
                        rejected.append(f"{what} violation {violation:.1e} gap {gap:.1e}")
                        continue
                    top = np.argsort(-plan, axis=None, kind="stable")[: SAMPLES // 2]
                    spread = (hashed(SAMPLES // 2, seed + 5000) * n * n).astype(int)
                    picks = sorted(set(top) | set(spread))
                    lines.append(what)
                    lines.append(" ".join(f"{i} {n * plan.flat[i]:.9g}" for i in picks))
                    print(what, flush=True)
    with open(path, "w") as out:
        out.write("\n".join(lines) + "\n")
    print("rejected:", *rejected, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
