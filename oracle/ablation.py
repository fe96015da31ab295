"""Writes med3dinsight/src/test/resources/io/med3dinsight/ablation/ablation.safetensors: principal components by numpy, the joint neighbourhoods of t-SNE
(each width by scipy's root finder), and p-values of scipy's Wilcoxon signed-rank test. Run from the root of the repository: python3 oracle/ablation.py"""
import os

import numpy as np
from scipy.optimize import brentq
from scipy.stats import wilcoxon

from tiny_safetensors import save

OUT = "med3dinsight/src/test/resources/io/med3dinsight/ablation"


def pca(x, k):
    x = x - x.mean(0)
    axes = np.linalg.svd(x, full_matrices=False)[2][:k].T
    axes *= np.sign(axes[np.abs(axes).argmax(0), range(k)])
    return x @ axes


def joint(x, perplexity):
    n = len(x)
    d = ((x[:, None] - x[None]) ** 2).sum(-1)
    p = np.zeros((n, n))
    for i in range(n):
        others = np.delete(np.arange(n), i)

        def row(beta):
            w = np.exp(-beta * (d[i, others] - d[i, others].min()))
            return w / w.sum()

        entropy = lambda log_beta: -(lambda w: (w * np.log(w + 1e-300)).sum())(row(np.exp(log_beta))) - np.log(perplexity)
        p[i, others] = row(np.exp(brentq(entropy, -15, 15, xtol=1e-13)))
    return (p + p.T) / (2 * n)


def main():
    random = np.random.default_rng(3)
    out = {}
    x = random.normal(size=(30, 6)) * [3, 2, 1, 1, 0.5, 0.2]
    out["x"], out["pca"], out["joint"] = x, pca(x, 2), joint(x, 8)
    for n, shift in ((10, 0.5), (15, 0.1), (40, 0.3), (40, 0.02)):
        a, b = random.normal(size=n) + shift, random.normal(size=n)
        p = wilcoxon(a, b, mode="exact" if n <= 16 else "approx", correction=n > 16).pvalue
        print(n, shift, p)
        key = f"wilcoxon/{n}/{shift}/"
        out |= {key + "a": a, key + "b": b, key + "p": np.array([p])}
    os.makedirs(OUT, exist_ok=True)
    save(OUT + "/ablation.safetensors", {k: np.asarray(v, np.float32) for k, v in out.items()})


if __name__ == "__main__":
    main()
