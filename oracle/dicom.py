"""DICOM files with what pydicom, GDCM and dcm2niix read from them, for the tests of io.med3dinsight.volume.

    python3 oracle/dicom.py med3dinsight/src/test/resources/io/med3dinsight/volume DATA

Needs pydicom, python3-gdcm, nibabel and dcm2niix (written with 2.3.1, 3.0.21, 5.0.0 and 1.0.20220720). Writes
  dicom.jsonl     files of pydicom's test suite in DATA/conformance/pydicom: hashes of their stored pixels, or
                  "rejected": true, and the same image in further transfer syntaxes with their bytes (base64)
  twin.json       what dcm2niix makes of the series DATA/totalsegmentator/example_ct_dicom_j2k
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import gdcm
import nibabel as nib
import numpy as np
import pydicom

warnings.simplefilter("ignore")


def digest(a):
    return hashlib.sha256(np.asarray(a).astype("<f8").tobytes()).hexdigest()


def entry(path):
    d = pydicom.dcmread(path, force=True)
    if not hasattr(d.file_meta, "TransferSyntaxUID"):
        d.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    pixels = d.pixel_array.astype(np.float64) * float(d.get("RescaleSlope", 1)) + float(d.get("RescaleIntercept", 0))
    # As dcm2niix writes it: rows from the lowest.
    pixels = pixels[::-1]
    return {"rows": d.Rows, "columns": d.Columns, "sum": float(pixels.sum()), "sha256": digest(pixels)}


def conformance(folder):
    for path in sorted(folder.glob("conformance/pydicom/*.dcm")):
        e = {"name": str(path.relative_to(folder))}
        try:
            e.update(entry(path))
        except Exception as x:
            print(path.name, type(x).__name__, str(x)[:80])
            e["rejected"] = True
        yield e


def variants(folder):
    T = gdcm.TransferSyntax
    for source in ("MR_small", "CT_small"):
        plain = folder / "conformance/pydicom" / (source + ".dcm")
        for name, syntax, quality in [
            ("jpeg_lossless", T.JPEGLosslessProcess14_1, None), ("jpeg_ls", T.JPEGLSLossless, None),
            ("jpeg_ls_near", T.JPEGLSNearLossless, 3), ("jpeg2000", T.JPEG2000Lossless, None),
            ("jpeg2000_lossy", T.JPEG2000, 20), ("rle", T.RLELossless, None),
        ]:
            reader = gdcm.ImageReader()
            reader.SetFileName(str(plain))
            assert reader.Read()
            change = gdcm.ImageChangeTransferSyntax()
            change.SetTransferSyntax(T(syntax))
            codec = None
            if name == "jpeg_ls_near":
                codec = gdcm.JPEGLSCodec()
                codec.SetLossless(False)
                codec.SetLossyError(quality)
            if name == "jpeg2000_lossy":
                codec = gdcm.JPEG2000Codec()
                codec.SetRate(0, quality)
                codec.SetReversible(False)
            if codec:
                change.SetUserCodec(codec)
            change.SetInput(reader.GetImage())
            if not change.Change():
                print("gdcm cannot write", source, name)
                continue
            with tempfile.TemporaryDirectory() as t:
                out = pathlib.Path(t, "x.dcm")
                writer = gdcm.ImageWriter()
                writer.SetFileName(str(out))
                writer.SetFile(reader.GetFile())
                writer.SetImage(change.GetOutput())
                assert writer.Write()
                d = pydicom.dcmread(out)
                for tag in [t for t in d.keys() if t.group not in (2, 8, 0x18, 0x20, 0x28, 0x7FE0)]:
                    del d[tag]
                d.save_as(out)
                e = {"name": source + "_" + name, "syntax": str(d.file_meta.TransferSyntaxUID), **entry(out)}
                if "lossy" in name:
                    x = d.pixel_array[::-1].astype(float) * float(d.get("RescaleSlope", 1)) + float(d.get("RescaleIntercept", 0))
                    e["pixels"] = base64.b64encode(x.astype("<f8").tobytes()).decode()
                yield {**e, "bytes": base64.b64encode(out.read_bytes()).decode()}
        with tempfile.TemporaryDirectory() as t:
            out = pathlib.Path(t, "x.dcm")
            d = pydicom.dcmread(plain)
            d.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
            d.save_as(out)
            yield {"name": source + "_deflated", **entry(plain), "bytes": base64.b64encode(out.read_bytes()).decode()}


def twin(folder):
    series = folder / "totalsegmentator/example_ct_dicom_j2k"
    with tempfile.TemporaryDirectory() as t:
        subprocess.run(["dcm2niix", "-o", t, "-f", "x", "-z", "n", str(series)], check=True, stdout=subprocess.DEVNULL)
        image = nib.load(pathlib.Path(t, "x.nii"))
        labels = nib.load(folder / "totalsegmentator/example_seg_dicom.nii.gz")
        assert np.array_equal(image.affine, labels.affine) and image.shape == labels.shape
        data = np.asanyarray(image.dataobj).astype("<f8")
        return {"shape": list(image.shape), "affine": image.affine[:3].ravel().tolist(),
                "sha256": hashlib.sha256(data.tobytes(order="F")).hexdigest()}


def main(folder, data):
    folder, data = pathlib.Path(folder), pathlib.Path(data)
    with open(folder / "dicom.jsonl", "w", encoding="utf-8") as out:
        for e in [*conformance(data), *variants(data)]:
            out.write(json.dumps(e, separators=(",", ":")) + "\n")
    (folder / "twin.json").write_text(json.dumps(twin(data)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
