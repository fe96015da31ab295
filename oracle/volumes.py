"""NIfTI files with what nibabel reads from them, for the tests of io.med3dinsight.volume.

    python3 oracle/volumes.py med3dinsight/src/test/resources/io/med3dinsight/volume [DATA]

Needs numpy and nibabel (written with nibabel 5.0.0). Writes
  nifti.jsonl        one small file a line: its bytes (base64), and shape, voxels (float32, file order),
                     affine, and the same after as_closest_canonical; or "rejected": true
  orientation.jsonl  affines with nibabel's axis codes
  written.json       the bytes that nibabel writes for a small image
  conformance.jsonl  shape, zooms, affine, type, statistics and a hash of the float64 voxels of files in the
                     folder DATA: the test suites of nibabel and NIFTI-Reader-JS in DATA/conformance, and
                     scans of many origins
  arrays.jsonl       shape, type and a hash of the float64 elements, first axis fastest, of NumPy files in DATA
  pairs.jsonl        pairs of .hdr and .img as NIfTI-1, NIfTI-2 and ANALYZE, likewise, with their bytes
  frames.jsonl       4D and 5D files with the voxels of each frame, likewise
"""

import base64
import gzip
import hashlib
import io
import json
import logging
import pathlib
import sys
import tempfile
import warnings

import nibabel as nib
import numpy as np

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
RNG = np.random.default_rng(20250914)
TYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
OBLIQUE = np.array([[-0.9, 0.2, 0.1, 11.5], [0.25, 1.4, -0.3, -20.25], [0.05, 0.5, 2.75, 7.125], [0, 0, 0, 1]])


def values(dtype, shape):
    t = np.dtype(dtype)
    n = int(np.prod(shape))
    if t.kind == "f":
        v = RNG.normal(0, 100, n)
        v[:2] = [0, -1.5]
    else:
        info = np.iinfo(t)
        v = RNG.integers(info.min, info.max, n, dtype=t, endpoint=True)
        v[:3] = [info.min, info.max, 1]
    return np.asarray(v).astype(t).reshape(shape, order="F")


def header(order="<", dtype="i2", shape=(4, 3, 2), two=False, sform=OBLIQUE, scode=1, qcode=0, quaternion=None,
           pixdim=None, qfac=1, offset=None, slope=None, inter=None, **fields):
    h = (nib.Nifti2Header if two else nib.Nifti1Header)(endianness=order)
    h.set_data_dtype(np.dtype(dtype))
    h["dim"][: len(shape) + 1] = [len(shape), *shape]
    zooms = np.sqrt((np.asarray(sform)[:3, :3] ** 2).sum(0)) if pixdim is None else pixdim
    h["pixdim"][:4] = [qfac, *zooms]
    h["sform_code"], h["qform_code"] = scode, qcode
    if scode:
        for i, name in enumerate(("srow_x", "srow_y", "srow_z")):
            h[name] = sform[i]
    if quaternion is not None:
        for name, v in zip(("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"), quaternion):
            h[name] = v
    h["magic"] = b"n+2" if two else b"n+1"
    h["vox_offset"] = (544 if two else 352) if offset is None else offset
    h["scl_slope"] = np.nan if slope is None else slope
    h["scl_inter"] = np.nan if inter is None else inter
    h["xyzt_units"] = 10
    h["descrip"] = b"oracle"
    for name, v in fields.items():
        h[name] = v
    return h


def file_bytes(h, data=None, gap=4):
    order, shape = h.endianness, tuple(int(d) for d in h["dim"][1 : 1 + min(7, max(0, int(h["dim"][0])))])
    if data is None:
        data = values(h.get_data_dtype().newbyteorder("="), shape)
    return h.binaryblock + bytes(gap) + np.asarray(data).astype(data.dtype.newbyteorder(order)).tobytes(order="F")


def load(raw, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x" + suffix)
        path.write_bytes(raw)
        image = nib.load(path)
        data = np.asanyarray(image.dataobj).astype(np.float64)
        if not np.isfinite(image.affine).all() or abs(np.linalg.det(image.affine[:3, :3])) == 0:
            raise ValueError("the affine cannot be used")
        return image, data


def spatial(data):
    while data.ndim < 3:
        data = data[..., None]
    if any(n != 1 for n in data.shape[3:]):
        raise ValueError("more than one frame")
    return data.reshape(data.shape[:3], order="F")


def numbers(a):
    return [float(v) for v in np.asarray(a, dtype=np.float64).ravel(order="F")]


def described(raw, suffix, hashed=False):
    image, data = load(raw, suffix)
    data = spatial(data).astype(np.float32)
    ras = nib.as_closest_canonical(nib.Nifti1Image(data, image.affine))
    turned = np.asarray(ras.dataobj)

    def voxels(v):
        return hashlib.sha256(v.astype("<f4").tobytes(order="F")).hexdigest() if hashed else numbers(v)

    return {
        "type": image.get_data_dtype().newbyteorder("=").name,
        "shape": list(data.shape),
        "voxels": voxels(data),
        "affine": image.affine[:3].ravel().tolist(),
        "spacing": nib.affines.voxel_sizes(image.affine).tolist(),
        "axes": "".join(nib.aff2axcodes(image.affine)),
        "codes": [int(image.header["sform_code"]), int(image.header["qform_code"])],
        "rasShape": list(turned.shape),
        "rasVoxels": voxels(turned),
        "rasAffine": ras.affine[:3].ravel().tolist(),
    }


def unit(q):
    q = np.asarray(q, dtype=float)
    q = q / np.linalg.norm(q)
    return q[1:] * (1 if q[0] >= 0 else -1)


def good_files():
    for order in "<>":
        for t in TYPES:
            yield f"{t}{'le' if order == '<' else 'be'}", file_bytes(header(order, t)), ".nii"
    for name, t, slope, inter in [
        ("plain", "i2", 1, 0), ("scaled", "i2", 2.5, -10), ("negative", "i2", -0.3, 0), ("u1", "u1", 1 / 255, 0),
        ("u2be", "u2", 0.1, -1024), ("f4", "f4", 0.1, 3), ("f8", "f8", 1e-3, 0), ("i4", "i4", 1e-5, 0.5),
        ("zero", "i2", 0, 7), ("nan", "i2", np.nan, np.nan), ("nan_inter", "i2", np.nan, 7), ("inf", "i2", np.inf, 3),
        ("zero_nan", "i2", 0, np.nan), ("intercept", "u1", 1, 100),
    ]:
        yield "slope_" + name, file_bytes(header(">" if name.endswith("be") else "<", t, slope=slope, inter=inter)), ".nii"
    yield "shape_1d", file_bytes(header(shape=(5,), pixdim=(2, 3, 4), scode=0)), ".nii"
    yield "shape_2d", file_bytes(header(shape=(5, 3), pixdim=(2, 3, 4), scode=0)), ".nii"
    yield "shape_4d", file_bytes(header(shape=(4, 3, 2, 1))), ".nii"
    yield "shape_7d", file_bytes(header(shape=(4, 3, 2, 1, 1, 1, 1))), ".nii"
    h = header()
    h["dim"][4:] = [0, -3, 0, 9]
    yield "shape_rest_ignored", file_bytes(h), ".nii"
    yield "two_le", file_bytes(header(two=True)), ".nii"
    yield "two_be", file_bytes(header(">", "f4", two=True, scode=0, qcode=1, pixdim=(1, 2, 3), quaternion=[*unit([1, 2, 3, 4]), 5, 6, 7])), ".nii"
    yield "extension", file_bytes(header(offset=352 + 48), gap=52), ".nii"
    yield "gzip", gzip.compress(file_bytes(header("<", "f4")), mtime=0), ".nii.gz"
    yield "gzip_be", gzip.compress(file_bytes(header(">", "i4")), mtime=0), ".nii.gz"
    raw = file_bytes(header())
    yield "gzip_members", gzip.compress(raw[:200], mtime=0) + gzip.compress(raw[200:], mtime=0), ".nii.gz"
    yield "trailing_bytes", raw + bytes(100), ".nii"
    yield from form_files()


def form_files():
    neither = dict(scode=0, qcode=0)
    yield "form_none", file_bytes(header(pixdim=(0.5, 2, 3), **neither)), ".nii"
    yield "form_none_negative_sizes", file_bytes(header(pixdim=(-0.5, 2, -3), **neither)), ".nii"
    yield "form_none_zero_sizes", file_bytes(header(pixdim=(0, 0, 3), **neither)), ".nii"
    yield "form_negative_code", file_bytes(header(pixdim=(1, 2, 3), scode=-1, qcode=-2)), ".nii"
    q = [*unit([0.9, 0.1, -0.2, 0.3]), -40, 30.5, 12.25]
    yield "form_both", file_bytes(header(qcode=2, scode=4, quaternion=q, qfac=-1)), ".nii"
    yield "form_qfac_zero", file_bytes(header(scode=0, qcode=1, quaternion=q, qfac=0, pixdim=(1, 2, 3))), ".nii"
    yield "form_q_negative_sizes", file_bytes(header(scode=0, qcode=1, quaternion=q, pixdim=(-1, 2, -3))), ".nii"
    yield "form_q_identity", file_bytes(header(scode=0, qcode=1, quaternion=[0, 0, 0, 1, 2, 3], pixdim=(1, 2, 3))), ".nii"
    for i in range(3):
        turn = np.roll([1, 0, 0], i)
        yield f"form_q_half_turn{i}", file_bytes(header(scode=0, qcode=3, quaternion=[*turn, 1, 2, 3], pixdim=(1, 2, 3), qfac=-1)), ".nii"
    for i in range(8):
        q = [*unit(RNG.normal(size=4)), *RNG.uniform(-100, 100, 3)]
        yield f"form_q{i}", file_bytes(header("<>"[i % 2], scode=0, qcode=1 + i % 4, quaternion=q, qfac=1 - 2 * (i // 2 % 2),
                                              pixdim=RNG.uniform(0.3, 5, 3))), ".nii"
    q = unit([0, 1, 1, 1])
    # Rounded to float32 the vector part is a little longer than 1.
    yield "form_q_rounded", file_bytes(header(scode=0, qcode=1, quaternion=[*np.nextafter(np.float32(q), np.float32(1)), 0, 0, 0], pixdim=(1, 2, 3))), ".nii"
    for i, affine in enumerate(affines(10)):
        yield f"form_s{i}", file_bytes(header("<>"[i % 2], "u1", sform=affine, scode=1 + i % 4)), ".nii"


def affines(n):
    for i in range(n):
        a = np.eye(4)
        turn, _ = np.linalg.qr(RNG.normal(size=(3, 3)))
        a[:3, :3] = (turn + (RNG.normal(0, 0.15, (3, 3)) if i % 3 == 0 else 0)) * RNG.uniform(0.3, 5, 3)
        if i % 4 == 1:
            a[:3, :3] = np.eye(3)[RNG.permutation(3)] * RNG.choice([-1, 1], 3) * RNG.uniform(0.3, 5, 3)
        a[:3, 3] = RNG.uniform(-200, 200, 3)
        yield a.astype(np.float32).astype(np.float64)


def bad_files():
    raw = file_bytes(header())
    yield "bad_empty", b"", ".nii"
    yield "bad_header_cut", raw[:200], ".nii"
    yield "bad_data_cut", raw[:-1], ".nii"
    yield "bad_gzip_cut", gzip.compress(file_bytes(header(dtype="f8")), mtime=0)[:-40], ".nii.gz"
    yield "bad_gzip_checksum", gzip.compress(raw, mtime=0)[:-8] + b"\1\2\3\4" + len(raw).to_bytes(4, "little"), ".nii.gz"
    yield "bad_gzip_only_name", b"\x1f\x8b" + raw, ".nii.gz"
    yield "bad_text", b"This is a text file, not an image.\n" * 40, ".nii"
    yield "bad_magic", file_bytes(header(magic=b"n+9")), ".nii"
    yield "bad_type", file_bytes(header(datatype=3), np.zeros((4, 3, 2), "i2")), ".nii"
    yield "bad_intercept", file_bytes(header(slope=2, inter=np.inf)), ".nii"
    yield "bad_offset", file_bytes(header(offset=100)), ".nii"
    yield "bad_offset_nan", file_bytes(header(offset=np.nan)), ".nii"
    yield "bad_quaternion", file_bytes(header(scode=0, qcode=1, quaternion=[1, 1, 1, 0, 0, 0])), ".nii"
    yield "bad_quaternion_nan", file_bytes(header(scode=0, qcode=1, quaternion=[np.nan, 0, 0, 0, 0, 0])), ".nii"
    yield "bad_sform_zero", file_bytes(header(sform=np.zeros((4, 4)))), ".nii"
    yield "bad_sform_nan", file_bytes(header(sform=OBLIQUE * np.nan)), ".nii"
    yield "bad_sizes_nan", file_bytes(header(scode=0, pixdim=(1, np.nan, 1))), ".nii"
    yield "bad_sizes_infinite", file_bytes(header(scode=0, qcode=1, pixdim=(1, 1, np.inf))), ".nii"
    yield "bad_negative_extent", file_bytes(header(shape=(4, 3, 2)))[:42] + b"\xfc\xff" + raw[44:], ".nii"
    yield "bad_frames", file_bytes(header(shape=(4, 3, 2, 2))), ".nii"
    yield "bad_claim", raw[:42] + b"\x10\x27" * 3 + raw[48:], ".nii"
    yield "bad_claim_gzip", gzip.compress(raw[:42] + b"\x10\x27" * 3 + raw[48:], mtime=0), ".nii.gz"
    two = bytearray(file_bytes(header(two=True)))
    two[24:48] = (2**62).to_bytes(8, "little") * 3
    yield "bad_claim_two", bytes(two), ".nii"


def written():
    data = values("f4", (4, 3, 2))
    affine = np.array(OBLIQUE, dtype=np.float32).astype(np.float64)
    image = nib.Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, 1)
    h = image.header
    h["qform_code"] = 0
    h["pixdim"][:4] = [1, *nib.affines.voxel_sizes(affine)]
    for name in ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"):
        h[name] = 0
    h["scl_slope"], h["scl_inter"] = 1, 0
    h["vox_offset"] = 352
    raw = h.binaryblock + bytes(4) + data.tobytes(order="F")
    again, read = load(raw, ".nii")
    assert np.array_equal(read, data) and np.allclose(again.affine, affine)
    return {"bytes": base64.b64encode(raw).decode(), "affine": affine[:3].ravel().tolist(), "voxels": numbers(data)}


def lines(path, entries):
    with open(path, "w", encoding="utf-8") as out:
        for e in entries:
            out.write(json.dumps(e, separators=(",", ":")) + "\n")


def nifti():
    for name, raw, suffix in good_files():
        yield {"name": name, "suffix": suffix, "bytes": base64.b64encode(raw).decode(), **described(raw, suffix)}
    for name, raw, suffix in bad_files():
        try:
            described(raw, suffix)
        except Exception as e:  # every kind of refusal counts
            print(name, type(e).__name__, str(e)[:90])
        else:
            raise AssertionError(name + " was expected to be refused by nibabel")
        yield {"name": name, "suffix": suffix, "bytes": base64.b64encode(raw).decode(), "rejected": True}


SCANS = ["conformance/n*/*", "spinalcord/*.nii.gz", "spleen2/*.nii.gz", "sts/STS_0*/*.nii.gz",
         "totalsegmentator/*.nii.gz"]


def conformance(folder):
    """Whole files, all frames, in float64: shape, zooms and affine, and a hash of the scaled voxels."""
    for path in (p for pattern in SCANS for p in sorted(folder.glob(pattern))):
        if path.name in ("COPYING", "LICENSE") or ".img" in path.name:
            continue
        entry = {"name": str(path.relative_to(folder))}
        try:
            image = nib.load(path)
            header = image.header if hasattr(image.header, "get_data_dtype") else None
            if header is None:
                raise ValueError("CIFTI-2, not an image on a voxel grid")
            data = np.asanyarray(image.dataobj).astype(np.float64)
            while data.ndim < 3:
                data = data[..., None]
            finite = data[np.isfinite(data)]
            entry.update({
                "shape": list(data.shape),
                "zooms": [float(z) for z in header.get_zooms()],
                "affine": image.affine[:3].ravel().tolist(),
                "type": header.get_data_dtype().newbyteorder("=").name,
                "axes": "".join(nib.aff2axcodes(image.affine)),
                "extensions": len(getattr(header, "extensions", [])),
                "sha256": hashlib.sha256(data.astype("<f8").tobytes(order="F")).hexdigest(),
                "min": float(finite.min()), "max": float(finite.max()), "mean": float(finite.mean()),
            })
            if data.ndim == 3:
                ras = nib.as_closest_canonical(nib.Nifti1Image(data, image.affine))
                entry["rasAffine"] = ras.affine[:3].ravel().tolist()
                entry["rasSha256"] = hashlib.sha256(np.asarray(ras.dataobj).astype("<f4").tobytes(order="F")).hexdigest()
        except Exception as e:
            print(entry["name"], type(e).__name__, str(e)[:90])
            entry["rejected"] = True
        yield entry


def arrays(folder):
    for path in sorted([*folder.glob("conformance/safetensors/*.np[yz]"), *folder.glob("brain_t1_npz/*.npz")]):
        loaded = np.load(path)
        for name, a in loaded.items() if path.suffix == ".npz" else [("array", loaded)]:
            yield {"name": str(path.relative_to(folder)), "array": name, "shape": list(a.shape), "type": a.dtype.newbyteorder("=").name,
                   "sha256": hashlib.sha256(a.astype("<f8").tobytes(order="F")).hexdigest()}


def analyze_header(klass=nib.Spm2AnalyzeHeader, order="<", dtype="i2", shape=(4, 3, 2), **fields):
    h = klass(endianness=order)
    h.set_data_dtype(np.dtype(dtype))
    h.set_data_shape(shape)
    h["pixdim"][1 : len(shape) + 1] = [2, 3, 4, 1.5][: len(shape)]
    for name, v in fields.items():
        h[name] = v
    return h


def pair_headers():
    for order in "<>":
        yield "analyze" + order, analyze_header(order=order)
    for t in ["u1", "i4", "f4", "f8"]:
        yield "analyze_" + t, analyze_header(dtype=t)
    yield "analyze_slope", analyze_header(scl_slope=0.25)
    yield "analyze_slope_inter", analyze_header(scl_slope=0.25, scl_inter=-3.5)
    yield "analyze_ranges", analyze_header(scl_slope=0, cal_max=0.8, cal_min=0.2, glmax=110, glmin=10)
    yield "analyze_ranges_half", analyze_header(scl_slope=np.nan, cal_max=0.8, cal_min=0.2)
    yield "analyze_origin", analyze_header(origin=[2, 3, 1, 0, 0])
    yield "analyze_origin_far", analyze_header(origin=[200, 3, 1, 0, 0])
    yield "analyze_origin_edge", analyze_header(origin=[-3, 5, 3, 0, 0])
    yield "analyze_negative_sizes", analyze_header(pixdim=[0, -2, 3, -4, 0, 0, 0, 0])
    yield "analyze_zero_sizes", analyze_header(pixdim=[0, 0, 3, 0, 0, 0, 0, 0])
    yield "analyze_4d", analyze_header(shape=(4, 3, 2, 1))
    yield "analyze_offset", analyze_header(vox_offset=16)
    for two in (False, True):
        for order in "<>":
            h = header(order, "f4", two=two, slope=2, inter=-1)
            h["magic"] = b"ni2" if two else b"ni1"
            h["vox_offset"] = 0
            yield ("two" if two else "one") + order, h
    yield "one_none", header(scode=0, pixdim=(2, 3, 4), magic=b"ni1", offset=0)
    yield "one_offset", header(magic=b"ni1", offset=32)


def pairs():
    for i, (name, h) in enumerate(pair_headers()):
        name = name.replace("<", "_le").replace(">", "_be")
        data = values(h.get_data_dtype().newbyteorder("="), h.get_data_shape())
        image = bytes(int(h["vox_offset"])) + data.astype(data.dtype.newbyteorder(h.endianness)).tobytes(order="F")
        zipped = i % 3 == 1
        files = {"x.hdr": h.binaryblock, "x.img": image}
        if zipped:
            files = {k + ".gz": gzip.compress(v, mtime=0) for k, v in files.items()}
        with tempfile.TemporaryDirectory() as folder:
            for k, v in files.items():
                pathlib.Path(folder, k).write_bytes(v)
            loaded = nib.load(pathlib.Path(folder, min(files)))
            array = np.asanyarray(loaded.dataobj).astype(np.float64)
        yield {"name": name, "files": {k: base64.b64encode(v).decode() for k, v in files.items()},
               "shape": list(array.shape), "zooms": [float(z) for z in loaded.header.get_zooms()],
               "affine": loaded.affine[:3].ravel().tolist(), "voxels": numbers(array)}


def frames():
    for name, h in [
        ("4d", header(shape=(3, 2, 2, 3))), ("4d_be", header(">", "f4", shape=(3, 2, 2, 3), slope=0.5, inter=2)),
        ("5d", header(shape=(3, 2, 2, 2, 3))), ("two_5d", header(two=True, shape=(3, 2, 2, 1, 3))),
    ]:
        raw = file_bytes(h)
        image, data = load(raw, ".nii")
        flat = data.reshape((*data.shape[:3], -1), order="F")
        yield {"name": name, "bytes": base64.b64encode(raw).decode(), "shape": list(data.shape),
               "frames": [numbers(flat[..., i]) for i in range(flat.shape[-1])]}


def main(folder, data=None):
    folder = pathlib.Path(folder)
    lines(folder / "nifti.jsonl", nifti())
    lines(folder / "orientation.jsonl",
          ({"affine": a[:3].ravel().tolist(), "axes": "".join(nib.aff2axcodes(a))} for a in affines(150)))
    (folder / "written.json").write_text(json.dumps(written()) + "\n")
    lines(folder / "pairs.jsonl", pairs())
    lines(folder / "frames.jsonl", frames())
    if data:
        lines(folder / "conformance.jsonl", conformance(pathlib.Path(data)))
        lines(folder / "arrays.jsonl", arrays(pathlib.Path(data)))


if __name__ == "__main__":
    main(*sys.argv[1:])
