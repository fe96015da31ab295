"""Starts TensorBoard itself (pip package tensorboard) on a run's folder and asks its web address for every number: all that metrics.jsonl holds must come
back, step by step, and nothing else. Run: python3 oracle/tensorboard_serves.py RUN [> docs/results/tensorboard.txt]"""
import json
import math
import os
import struct
import sys
import time
import urllib.parse
import urllib.request

import tensorboard
from tensorboard import program


def single(x):
    """The nearest number of 32 bits, as TensorBoard keeps them."""
    return struct.unpack("f", struct.pack("f", x))[0]


def expected(run):
    """{(stage, tag): [(step, value)]} of the run's own record; a resumed step counts once, as it was computed last."""
    series = {}
    with open(os.path.join(run, "metrics.jsonl")) as lines:
        for line in map(json.loads, lines):
            for tag, value in line.items():
                if tag not in ("stage", "epoch", "step", "seconds") and isinstance(value, (int, float)):
                    series.setdefault((line["stage"], tag), {})[line["step"]] = value
    return {key: sorted(steps.items()) for key, steps in series.items()}


def main(run):
    board = program.TensorBoard()
    board.configure(argv=[None, "--logdir", os.path.join(run, "tensorboard"), "--port", "0", "--samples_per_plugin", "scalars=100000"])
    url = board.launch()

    def ask(path, **query):
        with urllib.request.urlopen(url + "data/" + path + "?" + urllib.parse.urlencode(query)) as answer:
            return json.load(answer)

    want = expected(run)
    for _ in range(60):
        tags = ask("plugin/scalars/tags")
        if sum(map(len, tags.values())) >= len(want):
            break
        time.sleep(0.5)
    have = {(stage, tag) for stage, of in tags.items() for tag in of}
    print("TensorBoard", tensorboard.__version__, "reads the runs", ", ".join(sorted(tags)))
    if have != set(want):
        sys.exit(f"missing {set(want) - have}, unexpected {have - set(want)}")
    for (stage, tag), points in sorted(want.items()):
        got = [(int(step), value) for _, step, value in ask("plugin/scalars/scalars", run=stage, tag=tag)]
        same = len(got) == len(points) and all(
            a[0] == b[0] and (single(a[1]) == b[1] or (math.isnan(a[1]) and math.isnan(float(b[1])))) for a, b in zip(points, got)
        )
        print(f"{stage:12} {tag:28} {len(got):5} points, steps {got[0][0]} to {got[-1][0]}, last {got[-1][1]:.6g}: {'as recorded' if same else 'DIFFERENT'}")
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
