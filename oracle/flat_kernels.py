"""Writes med3dinsight/src/test/resources/io/med3dinsight/network/flat_kernels.jsonl: the strides and kernels that nnU-Net v2's planner
chooses for voxel sizes and patches drawn at random. Run from the root of the repository with nnU-Net's sources at hand:
PYTHONPATH=nnUNet python3 oracle/flat_kernels.py"""
import json
import random

from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props

OUT = "med3dinsight/src/test/resources/io/med3dinsight/network/flat_kernels.jsonl"
rng = random.Random(5)
cases = [([5.0, 1.0, 1.0], [16, 64, 64]), ([3.0, 1.5, 1.5], [24, 96, 96]), ([1.0, 1.0, 1.0], [6, 64, 64]), ([4.0, 0.4, 0.8], [20, 192, 160])]
while len(cases) < 40:
    spacing = [round(rng.choice([0.4, 0.7, 1.0, 1.5, 3.0, 5.0, 8.0]) * rng.uniform(0.8, 1.2), 3) for _ in range(3)]
    cases.append((spacing, [rng.randrange(8, 160) for _ in range(3)]))
with open(OUT, "w") as f:
    for spacing, patch in cases:
        _, strides, kernels, _, _ = get_pool_and_conv_props(spacing, patch, 4, 999999)
        f.write(json.dumps({"spacing": spacing, "strides": strides, "kernels": kernels}) + "\n")
