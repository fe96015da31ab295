"""Makes a data set of two channels, CT and PET, in nnU-Net's layout from the soft-tissue sarcomas of TCIA.

    python3 oracle/two_channels.py STS_FOLDER OUTPUT [--crop]

STS_FOLDER holds STS_002/CT_image.nii.gz, PET_image.nii.gz, PET_mask.nii.gz and so on, as IBSI's validation data set
does (github.com/theibsi/data_sets, CC BY 3.0). The CT is resampled onto the PET's grid. With --crop, four patients are
cut to 20x20x20 voxels about the tumour: the fixture of the tests; frames.nii.gz
holds both channels of the first patient as the Decathlon stores them.
"""

import json
import pathlib
import sys

import nibabel
import numpy
from nibabel.processing import resample_from_to

SIDE = 20


def window(mask, extent):
    """First voxel along each axis of a crop about the mask."""
    where = numpy.argwhere(mask)
    middle = (where.min(0) + where.max(0) + 1) // 2
    return [int(min(max(m - SIDE // 2, 0), n - SIDE)) for m, n in zip(middle, extent)]


def main(source, output, crop):
    (output / "imagesTr").mkdir(parents=True)
    (output / "labelsTr").mkdir()
    patients = sorted(source.glob("STS_*"))[: 4 if crop else None]
    ids = []
    for p in patients:
        pet = nibabel.load(p / "PET_image.nii.gz")
        mask = nibabel.load(p / "PET_mask.nii.gz")
        ct = resample_from_to(nibabel.load(p / "CT_image.nii.gz"), pet, order=1, cval=-1000)
        arrays = [
            numpy.rint(ct.get_fdata()).astype(numpy.int16),
            numpy.round(pet.get_fdata(), 2).astype(numpy.float32),
            (mask.get_fdata() > 0).astype(numpy.uint8),
        ]
        affine = pet.affine
        if crop:
            first = window(arrays[2], arrays[2].shape)
            arrays = [a[tuple(slice(f, f + SIDE) for f in first)] for a in arrays]
            affine = affine.copy()
            affine[:3, 3] = affine[:3, :3] @ first + affine[:3, 3]
        if crop and not ids:
            both = numpy.stack(arrays[:2], -1).astype(numpy.float32)
            nibabel.save(nibabel.Nifti1Image(both, affine), output / "frames.nii.gz")
        name = p.name.lower().replace("_", "")
        ids.append(name)
        files = [f"imagesTr/{name}_0000", f"imagesTr/{name}_0001", f"labelsTr/{name}"]
        for array, file in zip(arrays, files):
            nibabel.save(nibabel.Nifti1Image(array, affine), output / (file + ".nii.gz"))
    description = {
        "name": "SoftTissueSarcoma",
        "channel_names": {"0": "CT", "1": "PET"},
        "labels": {"background": 0, "tumour": 1},
        "numTraining": len(ids),
        "file_ending": ".nii.gz",
    }
    (output / "dataset.json").write_text(json.dumps(description, indent=1) + "\n")
    half = len(ids) // 2
    folds = [{"train": ids[half:], "val": ids[:half]}, {"train": ids[:half], "val": ids[half:]}]
    (output / "splits_final.json").write_text(json.dumps(folds, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), "--crop" in sys.argv)
