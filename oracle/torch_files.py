"""Writes nn/src/test/resources/io/med3dinsight/nn/torch: files of torch.save in all the ways that are read, hostile ones, and what is in
them. Run from the root of the repository: /usr/bin/python3 oracle/torch_files.py

With an argument it checks a file that this project wrote from roundtrip.pth: /usr/bin/python3 oracle/torch_files.py FILE.safetensors
says whether load_state_dict takes it (strictly) and whether every bit came back."""
import collections
import os
import sys

import numpy as np
import torch
from torch import nn

import tiny_safetensors

OUT = "nn/src/test/resources/io/med3dinsight/nn/torch"


class Net(nn.Module):
    """Every axis order, under the names of MONAI and DataParallel."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(2, 3, (3, 2, 1))
        self.up = nn.ConvTranspose3d(3, 2, 2, 2)
        self.mlp = nn.Sequential(collections.OrderedDict(linear1=nn.Linear(4, 5), linear2=nn.Linear(5, 4)))
        self.norm = nn.LayerNorm(4)
        self.register_buffer("index", torch.arange(6).reshape(2, 3))


class Touch:
    """What a hostile file would do on being loaded."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


class Eval:
    def __reduce__(self):
        return eval, ("__import__('os').system('touch hostile-was-here')",)


def main():
    os.makedirs(OUT, exist_ok=True)
    gen = torch.Generator().manual_seed(5)
    expected = {}

    def expect(file, tensors):
        for name, t in tensors.items():
            t = t.detach()
            kind = np.float32 if t.is_floating_point() else np.int64
            expected[f"{file}/{name}"] = (t.to(torch.float32) if t.is_floating_point() else t.to(torch.int64)).numpy().astype(kind)

    def save(file, obj, **how):
        torch.save(obj, f"{OUT}/{file}", **how)

    base = torch.randn(6, 8, generator=gen)
    dtypes = {str(d).split(".")[1]: (torch.randn(3, 5, generator=gen) * 40).to(d)
              for d in (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8,
                        torch.uint8, torch.bool)}
    shapes = {
        "whole": base, "transposed": base.t(), "every other row": base[::2], "a corner": base[2:5, 3:7], "a column": base[:, 4],
        "a number": base[1, 2], "nothing": base[:0], "parameter": nn.Parameter(base[1:3].clone()), "of rank 5": base.reshape(2, 3, 2, 2, 2).permute(4, 0, 2, 1, 3),
    }
    for file, how in (("zip.pth", {}), ("protocol4.pt", {"pickle_protocol": 4}), ("legacy.bin", {"_use_new_zipfile_serialization": False})):
        save(file, {**dtypes, **shapes}, **how)
        expect(file, {**dtypes, **shapes})

    torch.manual_seed(6)
    net = Net()
    # The bits of numbers that arithmetic could change.
    with torch.no_grad():
        net.norm.bias[:] = torch.tensor([0.0, -0.0, float("inf"), 1e-42])
    save("roundtrip.pth", net.state_dict())
    expect("roundtrip.pth", net.state_dict())
    optimiser = torch.optim.Adam(net.parameters())
    wrapped = collections.OrderedDict(("module." + k.replace("linear", "fc"), v) for k, v in net.state_dict().items())
    save("training.pth", {"epoch": 3, "best": np.float64(0.5), "history": [(1, 0.25)], "name": "run ä", "state_dict": wrapped,
                          "optimizer": optimiser.state_dict()})
    expect("training.pth", wrapped)

    here = os.getcwd()
    os.chdir(OUT)
    torch.save({"weight": torch.zeros(2), "extra": Touch("touch hostile-was-here")}, "hostile.pth")
    torch.save({"weight": torch.zeros(2), "extra": Touch("touch hostile-was-here")}, "hostile_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(Eval(), "hostile_eval.pth", pickle_protocol=4)
    torch.save(nn.Linear(2, 2), "whole_module.pth")
    os.chdir(here)
    tiny_safetensors.save(f"{OUT}/expected.safetensors", expected)
    for f in sorted(os.listdir(OUT)):
        print(f, os.path.getsize(f"{OUT}/{f}"))


def check(path):
    tensors, _ = tiny_safetensors.load(path)
    net = Net()
    print(net.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in tensors.items()}, strict=True))
    original = torch.load(f"{OUT}/roundtrip.pth")
    for n, t in net.state_dict().items():
        kind = torch.int32 if t.is_floating_point() else torch.int64
        assert torch.equal(t.view(kind), original[n].view(kind)), n
    print(f"{len(original)} tensors, every bit the same")


if __name__ == "__main__":
    check(sys.argv[1]) if len(sys.argv) > 1 else main()
