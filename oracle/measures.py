"""Resampling, normalisation and scores as numpy and scipy compute them, for the tests of
io.med3dinsight.volume, .metric and .dataset.

    python3 oracle/measures.py med3dinsight/src/test/resources/io/med3dinsight

Needs numpy and scipy (written with 1.24.2 and 1.10.1). Arrays are [D, H, W], row-major.
  volume/resampling.jsonl     map_coordinates(order=1, mode="nearest") at (i + 0.5) n / m - 0.5
  volume/normalization.jsonl  clip to percentiles, z-score
  metric/scores.jsonl         Dice and the 95th percentile Hausdorff distance of random blobs; MONAI 1.5.0's
                              compute_hausdorff_distance(percentile=95, spacing=...) was compared once, and
                              gives the same within its float32, 1e-5 mm
  dataset/intensities.jsonl   Gaussian smoothing, contrast and gamma
"""

import json
import pathlib
import sys

import numpy as np
from scipy import ndimage

RNG = np.random.default_rng(20250914)


def compact(a, digits=9):
    return [float(f"{v:.{digits}g}") for v in np.asarray(a, dtype=np.float64).ravel()]


def digits(a):
    return "".join(str(v) for v in np.asarray(a).ravel())


def blobs(shape, classes, sigma=1.6):
    """Smooth random regions: the class with the largest of several smooth random fields."""
    fields = np.stack([ndimage.gaussian_filter(RNG.normal(size=shape), sigma) for _ in range(classes)])
    return fields.argmax(0)


def coordinates(source, target):
    axes = [(np.arange(m) + 0.5) * n / m - 0.5 for n, m in zip(source, target)]
    return np.meshgrid(*axes, indexing="ij")


def resampling():
    for source, target in [
        ((4, 5, 6), (4, 5, 6)), ((4, 5, 6), (7, 9, 8)), ((6, 7, 5), (3, 2, 4)), ((5, 4, 7), (5, 9, 3)),
        ((1, 6, 5), (3, 6, 5)), ((6, 1, 1), (4, 2, 1)), ((3, 4, 5), (1, 1, 1)), ((3, 3, 3), (12, 11, 10)),
    ]:
        image = RNG.normal(10, 30, source).astype(np.float32)
        at = coordinates(source, target)
        labels = blobs(source, 4, 0.7)
        shares = np.stack([ndimage.map_coordinates((labels == c).astype(float), at, order=1, mode="nearest")
                           for c in range(4)])
        scores = RNG.normal(size=(*source, 3)).astype(np.float32)
        mixed = np.stack([ndimage.map_coordinates(scores[..., c].astype(float), at, order=1, mode="nearest")
                          for c in range(3)])
        nearest = [np.clip(np.ceil(np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1) - 0.5 - 1e-9), 0, n - 1).astype(int)
                   for n, m in zip(source, target)]
        yield {
            "source": source, "target": target, "image": compact(image),
            "linear": compact(ndimage.map_coordinates(image.astype(float), at, order=1, mode="nearest")),
            "labels": digits(labels), "perClass": digits(shares.round(9).argmax(0)),
            "nearest": digits(labels[np.ix_(*nearest)]),
            "margin": compact(np.sort(shares, 0)[-1] - np.sort(shares, 0)[-2], 3),
            "scores": compact(scores), "argmax": digits(mixed.argmax(0)),
        }


def z_score(x, low, high, foreground):
    lo, hi = np.percentile(foreground, [low, high])
    clipped = np.clip(foreground, lo, hi)
    return (np.clip(x, lo, hi) - clipped.mean()) / (clipped.std() if clipped.std() > 0 else 1)


def normalization():
    for name, x in [
        ("half background", np.where(RNG.random(300) < 0.5, 0, RNG.gamma(2, 100, 300))),
        ("negative", RNG.normal(-50, 20, 201)),
        ("far from zero", RNG.normal(1e5, 10, 200)),
        ("tiny", RNG.gamma(2, 1e-12, 200)),
    ]:
        x = x.astype(np.float32).astype(np.float64)
        lower, upper, mean, deviation = *np.percentile(x, [0.5, 99.5]), x.mean(), x.std()
        yield {
            "name": name, "voxels": [float(v) for v in x],
            "mri": compact(z_score(x, 0.5, 99.5, x[x != 0])), "tails": compact(z_score(x, 10, 80, x[x != 0])),
            "lower": lower, "upper": upper, "mean": mean, "deviation": deviation,
            "window": compact((np.clip(x, -40, 160) - 60) / 100),
        }


def directed(a, b, spacing):
    return np.percentile(ndimage.distance_transform_edt(~b, sampling=spacing)[a], 95)


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask, ndimage.generate_binary_structure(3, 1))


def scores():
    for i in range(24):
        shape = tuple(int(n) for n in RNG.integers(5, 14, 3)) if i != 3 else (1, 12, 9)
        spacing = [float(f"{s:.3g}") for s in RNG.uniform(0.4, 5, 3)]
        reference, prediction = blobs(shape, 3), blobs(shape, 3)
        if i % 2:
            prediction = np.where(RNG.random(shape) < 0.85, reference, prediction)
        if i % 4 == 2:
            prediction = np.roll(reference, int(RNG.integers(1, 3)), int(RNG.integers(0, 3)))
        for c in (1, 2):  # both structures in both maps; what holds otherwise the test says itself
            prediction.ravel()[c], reference.ravel()[-c] = c, c
        dice, hd95 = [], []
        for c in (1, 2):
            p, r = prediction == c, reference == c
            dice.append(2 * (p & r).sum() / (p.sum() + r.sum()))
            a, b = surface(p), surface(r)
            hd95.append(max(directed(a, b, spacing), directed(b, a, spacing)))
        yield {"shape": shape, "spacing": spacing, "reference": digits(reference), "prediction": digits(prediction),
               "dice": compact(dice, 15), "hd95": compact(hd95, 15)}


def smoothed(x, sigma):
    taps = np.exp(-np.arange(-2, 3) ** 2 / (2 * sigma**2))
    taps /= taps.sum()
    for axis in range(3):
        x = ndimage.correlate1d(x, taps, axis, mode="nearest")
    return x


def intensities():
    for i in range(4):
        shape = [(4, 5, 6), (7, 3, 5), (1, 6, 4), (2, 2, 2)][i]
        x = RNG.normal(0.3, 1.2, shape).astype(np.float32).astype(np.float64)
        sigma, factor, gamma = [float(f"{v:.3g}") for v in RNG.uniform([0.4, 0.6, 0.5], [1.5, 1.5, 1.8])]
        power = ((x - x.min()) / (x.max() - x.min())) ** gamma
        yield {
            "shape": shape, "voxels": compact(x), "sigma": sigma, "factor": factor, "exponent": gamma,
            "blur": compact(smoothed(x, sigma)),
            "contrast": compact(np.clip((x - x.mean()) * factor + x.mean(), x.min(), x.max())),
            "gamma": compact((power - power.mean()) / power.std() * x.std() + x.mean()),
        }


def lines(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        for e in entries:
            out.write(json.dumps(e, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    lines(root / "volume/resampling.jsonl", resampling())
    lines(root / "volume/normalization.jsonl", normalization())
    lines(root / "metric/scores.jsonl", scores())
    lines(root / "dataset/intensities.jsonl", intensities())
