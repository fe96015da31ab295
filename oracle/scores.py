"""Segmentation and classification scores as MONAI, scipy, scikit-learn and numpy compute them, for the tests of
io.med3dinsight.metric, and the numbers of docs/metrics.md.

    PYTHONPATH=MONAI python3 oracle/scores.py med3dinsight/src/test/resources/io/med3dinsight/metric

MONAI is a checkout of Project-MONAI/MONAI at 1.5.0. Written with torch 1.13, scipy 1.10.1, scikit-learn 1.2.1.
  agreement.jsonl       two structures in random blobs [D, H, W]: MONAI's Dice, IoU, Hausdorff distance and its 95th
                        percentile, average symmetric and normalised surface Dice at a tolerance (float32), and
                        the same from scipy's distance transform in float64
  classification.jsonl  scikit-learn's AUC, accuracy, balanced accuracy, F1; sensitivity and specificity from its confusion
                        matrix; the calibration error in 15 bins by numpy
  bootstrap.jsonl       scipy.stats.bootstrap(method="percentile") of means
With --page it prints where the definitions of others differ, and by how much.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import torch
from scipy import ndimage, stats
from sklearn import metrics as sk

from monai.metrics import (compute_average_surface_distance, compute_dice, compute_hausdorff_distance, compute_iou,
                           compute_roc_auc, compute_surface_dice)

RNG = np.random.default_rng(20260118)
torch.set_num_threads(2)


def digits(a):
    return "".join(str(v) for v in np.asarray(a).ravel())


def blobs(shape, classes, sigma=1.6):
    """Smooth random regions: the class with the largest of several smooth random fields."""
    fields = np.stack([ndimage.gaussian_filter(RNG.normal(size=shape), sigma) for _ in range(classes)])
    return fields.argmax(0)


def pair(i):
    shape = tuple(int(n) for n in RNG.integers(5, 14, 3)) if i != 3 else (1, 12, 9)
    spacing = [float(f"{s:.3g}") for s in RNG.uniform(0.4, 5, 3)]
    reference, prediction = blobs(shape, 3), blobs(shape, 3)
    if i % 2:
        prediction = np.where(RNG.random(shape) < 0.85, reference, prediction)
    if i % 4 == 2:
        prediction = np.roll(reference, int(RNG.integers(1, 3)), int(RNG.integers(0, 3)))
    for c in (1, 2):  # both structures in both maps; what holds otherwise the test says itself
        prediction.ravel()[c], reference.ravel()[-c] = c, c
    return shape, spacing, reference, prediction


def one_hot(labels, classes=3):
    return torch.from_numpy(np.stack([labels == c for c in range(classes)])[None].astype(np.float32))


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask, ndimage.generate_binary_structure(3, 1))


def directed(p, r, spacing):
    a, b = surface(p), surface(r)
    return (ndimage.distance_transform_edt(~b, sampling=spacing)[a], ndimage.distance_transform_edt(~a, sampling=spacing)[b])


def monai(p, r, spacing, tolerance):
    p, r = one_hot(p), one_hot(r)
    return {
        "dice": compute_dice(p, r, include_background=False)[0].tolist(),
        "iou": compute_iou(p, r, include_background=False)[0].tolist(),
        "surface_dice": compute_surface_dice(p, r, [tolerance] * 2, spacing=spacing)[0].tolist(),
        "hd": compute_hausdorff_distance(p, r, spacing=spacing)[0].tolist(),
        "hd95": compute_hausdorff_distance(p, r, percentile=95, spacing=spacing)[0].tolist(),
        "assd": compute_average_surface_distance(p, r, symmetric=True, spacing=spacing)[0].tolist(),
    }


def exact(p, r, spacing, tolerance):
    out = {k: [] for k in ("dice", "iou", "surface_dice", "hd", "hd95", "assd")}
    for c in (1, 2):
        a, b = p == c, r == c
        there, back = directed(a, b, spacing)
        both = np.concatenate([there, back])
        out["dice"].append(2 * (a & b).sum() / (a.sum() + b.sum()))
        out["iou"].append((a & b).sum() / (a | b).sum())
        out["surface_dice"].append((both <= tolerance + 1e-6).mean())
        out["hd"].append(both.max())
        out["hd95"].append(max(np.percentile(there, 95), np.percentile(back, 95)))
        out["assd"].append(both.mean())
    return out


def scores():
    for i in range(24):
        shape, spacing, reference, prediction = pair(i)
        tolerance = float(f"{RNG.uniform(0.3, 4):.2g}") if i % 3 else spacing[i % 2]
        yield {"shape": shape, "spacing": spacing, "tolerance": tolerance,
               "reference": digits(reference), "prediction": digits(prediction),
               "monai": monai(prediction, reference, spacing, tolerance),
               "exact": exact(prediction, reference, spacing, tolerance)}


def calibration_error(truth, p, bins=15):
    decided, confidence = p.argmax(1), p.max(1)
    at = np.clip(np.digitize(confidence, np.linspace(0, 1, bins + 1), right=True) - 1, 0, bins - 1)
    return sum(abs(confidence[at == b].mean() - (decided == truth)[at == b].mean()) * (at == b).mean()
               for b in range(bins) if (at == b).any())


def classification():
    for i in range(16):
        classes, n = (2, 3, 5)[i % 3], int(RNG.integers(30, 120))
        truth = RNG.integers(0, classes, n)
        truth[:classes] = range(classes)
        logits = RNG.normal(size=(n, classes)) + 1.2 * np.eye(classes)[truth]
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        if i % 4 == 1:  # ties
            p = np.round(p, 1)
            p[:, 0] += 1 - p.sum(1)
            p = np.abs(p) / np.abs(p).sum(1, keepdims=True)
        decided = p.argmax(1)
        confusion = sk.confusion_matrix(truth, decided, labels=range(classes))
        sensitivity = [confusion[c, c] / confusion[c].sum() for c in range(classes)]
        specificity = [1 - (confusion[:, c].sum() - confusion[c, c]) / (n - confusion[c].sum()) for c in range(classes)]
        binary = classes == 2
        average = "binary" if binary else "macro"
        yield {
            "truth": truth.tolist(), "probabilities": p.tolist(),
            "auc": sk.roc_auc_score(truth, p[:, 1]) if binary
                   else np.mean([sk.roc_auc_score(truth == c, p[:, c]) for c in range(classes)]),
            "monai_auc": compute_roc_auc(torch.from_numpy(p), torch.from_numpy(np.eye(classes)[truth]), average="none"),
            "accuracy": sk.accuracy_score(truth, decided), "balanced_accuracy": sk.balanced_accuracy_score(truth, decided),
            "f1": sk.f1_score(truth, decided, average=average),
            "sensitivity": sensitivity[1] if binary else np.mean(sensitivity),
            "specificity": specificity[1] if binary else np.mean(specificity),
            "calibration_error": calibration_error(truth, p), "confusion": confusion.tolist(),
        }


def bootstrap():
    for n in (5, 20, 60):
        values = RNG.beta(8, 2, n)
        for level in (0.95, 0.8):
            found = stats.bootstrap((values,), np.mean, n_resamples=200000, confidence_level=level, method="percentile",
                                    batch=1000, random_state=1).confidence_interval
            yield {"values": values.tolist(), "level": level, "low": found.low, "high": found.high}


def page():
    """How far the definitions of others lie from ours on the random blobs."""
    rows = {"HD95 of MONAI without spacing": [], "HD95 pooled over both directions (medpy)": [],
            "surface Dice weighted by area (MONAI use_subvoxels=True)": []}
    for i in range(200):
        _, spacing, r, p = pair(i)
        ours = exact(p, r, spacing, 1)
        plain = compute_hausdorff_distance(one_hot(p), one_hot(r), percentile=95)[0].tolist()
        area = compute_surface_dice(one_hot(p), one_hot(r), [1.0] * 2, spacing=spacing, use_subvoxels=True)[0].tolist()
        for c in (1, 2):
            pooled = np.percentile(np.concatenate(directed(p == c, r == c, spacing)), 95)
            rows["HD95 of MONAI without spacing"].append(plain[c - 1] - ours["hd95"][c - 1])
            rows["HD95 pooled over both directions (medpy)"].append(pooled - ours["hd95"][c - 1])
            rows["surface Dice weighted by area (MONAI use_subvoxels=True)"].append(area[c - 1] - ours["surface_dice"][c - 1])
    for name, d in rows.items():
        d = np.array(d)
        print(f"{name}: mean difference {d.mean():+.3f}, from {d.min():+.3f} to {d.max():+.3f}")
    from monai.metrics import DiceMetric, HausdorffDistanceMetric
    _, spacing, r, p = pair(0)
    for name, second in (("found badly", np.roll(r, 3, 0)), ("missed", np.zeros_like(r))):
        hd, dice = HausdorffDistanceMetric(percentile=95), DiceMetric(include_background=False)
        for q in (p, second):
            hd(one_hot(q), one_hot(r), spacing=spacing)
            dice(one_hot(q), one_hot(r))
        print(f"MONAI, two cases, the second {name}: HD95 {hd.aggregate().item():.2f}, Dice {dice.aggregate().item():.3f}")
    dice = DiceMetric(include_background=False)
    dice(one_hot(r), one_hot(r))
    dice(one_hot(p), one_hot(np.zeros_like(r)))
    print("MONAI, one case perfect, one with structures where there are none: Dice", dice.aggregate().item())


def lines(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        for e in entries:
            out.write(json.dumps(e, separators=(",", ":"), default=float) + "\n")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    if sys.argv[1] == "--page":
        page()
    else:
        root = pathlib.Path(sys.argv[1])
        lines(root / "agreement.jsonl", scores())
        lines(root / "classification.jsonl", classification())
        lines(root / "bootstrap.jsonl", bootstrap())
