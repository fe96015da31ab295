"""Writes the register tiles of the convolution on the Vector API, each in one method of its own.

Accumulators that are handed to a helper method, or carried through two nested loops, make the JIT compiler put vectors on the
heap; so every tile is one method with one loop. Run in this folder: python3 conv_kernels.py
"""
import os
import re

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../java/io/med3dinsight/engine/cpu/simd")

HEAD = """package io.med3dinsight.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {doc} Written by {{@code codegen/conv_kernels.py}}. */
final class {name} {{
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int L = S.length();

  private {name}() {{}}
"""


def at(base, v):
    return base if v == 0 else f"{base} + L" if v == 1 else f"{base} + {v} * L"


def zeros(mr, nv):
    return "".join(f"    FloatVector a{r}_{v} = FloatVector.zero(S);\n" for r in range(mr) for v in range(nv))


def fmas(mr, nv, x):
    o = "      FloatVector a;\n"
    for r in range(mr):
        o += f"      a = FloatVector.broadcast(S, x[{x(r)}]);\n"
        for v in range(nv):
            o += f"      a{r}_{v} = a.fma(b{v}, a{r}_{v});\n"
    return o


def plus(base, r):
    return base if r == 0 else f"{base} + {r}"


def rows(mr, nv, src, dst):
    o = ""
    for r in range(mr):
        for v in range(nv):
            o += f"    a{r}_{v}.add(FloatVector.fromArray(S, {src[0]}, {at(src[1], v)})).intoArray({dst[0]}, {at(dst[1], v)});\n"
        if r < mr - 1:
            o += "".join(f"    {p};\n" for p in dict.fromkeys([src[2], dst[2]]))
    return o


def gather(mr, nv):
    o = f"""
  static void f{mr}x{nv}(
      float[] w,
      int wo,
      int[] table,
      int from,
      int to,
      float[] x,
      int xo,
      float[] s,
      int so,
      int ss,
      float[] y,
      int yo,
      int ys) {{
""" + zeros(mr, nv)
    o += "    for (int t = from; t < to; t++) {\n      int o = xo + table[t];\n"
    for v in range(nv):
        o += f"      FloatVector b{v} = FloatVector.fromArray(S, w, {at('wo', v)});\n"
    o += fmas(mr, nv, lambda r: plus("o", r))
    o += f"      wo += {'L' if nv == 1 else str(nv) + ' * L'};\n    }}\n"
    return o + rows(mr, nv, ("s", "so", "so += ss"), ("y", "yo", "yo += ys")) + "  }\n"


def narrow(mr, nv):
    o = f"""
  static void n{mr}x{nv}(
      float[] x,
      int xo,
      int xs,
      int[] table,
      int first,
      float[] dy,
      int yo,
      int ys,
      int n,
      float[] dw,
      int wo,
      int ws) {{
"""
    o += "".join(f"    int m{r} = xo + table[{plus('first', r)}];\n" for r in range(mr))
    o += zeros(mr, nv)
    o += "    for (int i = 0; i < n; i++) {\n      int o = i * xs;\n      int d = yo + i * ys;\n"
    for v in range(nv):
        o += f"      FloatVector b{v} = FloatVector.fromArray(S, dy, {at('d', v)});\n"
    o += fmas(mr, nv, lambda r: f"m{r} + o") + "    }\n"
    return o + rows(mr, nv, ("dw", "wo", "wo += ws"), ("dw", "wo", "wo += ws")) + "  }\n"


def depthwise(mr):
    o = f"""
  static void f{mr}(
      float[] w,
      int wo,
      int ws,
      int[] table,
      float[] x,
      int xo,
      int xs,
      float[] b,
      int bo,
      float[] y,
      int yo,
      int ys) {{
    FloatVector bias = FloatVector.fromArray(S, b, bo);
"""
    o += "".join(f"    FloatVector a{r} = bias;\n" for r in range(mr))
    o += "    for (int t = 0; t < table.length; t++) {\n      int o = xo + table[t];\n"
    o += "      FloatVector k = FloatVector.fromArray(S, w, wo + t * ws);\n"
    for r in range(mr):
        o += f"      a{r} = FloatVector.fromArray(S, x, o).fma(k, a{r});\n" + ("      o += xs;\n" if r < mr - 1 else "")
    o += "    }\n"
    for r in range(mr):
        o += f"    a{r}.intoArray(y, yo);\n" + ("    yo += ys;\n" if r < mr - 1 else "")
    return o + "  }\n"


def depthwise_weight(mr):
    o = f"""
  static void g{mr}(
      float[] x,
      int xo,
      int xs,
      int[] table,
      int first,
      float[] dy,
      int yo,
      int ys,
      int n,
      float[] dw,
      int wo,
      int ws) {{
"""
    o += "".join(f"    int m{r} = xo + table[{plus('first', r)}];\n    FloatVector a{r} = FloatVector.zero(S);\n" for r in range(mr))
    o += "    for (int i = 0; i < n; i++) {\n      int o = i * xs;\n      FloatVector d = FloatVector.fromArray(S, dy, yo + i * ys);\n"
    for r in range(mr):
        o += f"      a{r} = FloatVector.fromArray(S, x, m{r} + o).fma(d, a{r});\n"
    o += "    }\n"
    for r in range(mr):
        o += f"    a{r}.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);\n" + ("    wo += ws;\n" if r < mr - 1 else "")
    return o + "  }\n"


def write(name, doc, body):
    with open(os.path.join(OUT, name + ".java"), "w") as f:
        head = HEAD.format(name=name, doc=doc)
        if not re.search(r"\bL\b", body):
            head = head.replace("  private static final int L = S.length();\n", "")
        f.write(head + body + "}\n")


def main():
    doc = "Register tiles: positions of one row by {0} of output channels."
    write("ConvTiles2", doc.format("two vectors"), "".join(gather(m, 2) for m in (2, 4, 6, 8)))
    write("ConvTiles2Tall", doc.format("two vectors"), "".join(gather(m, 2) for m in (10, 12)))
    write("ConvTiles1", doc.format("one vector"), "".join(gather(m, 1) for m in (2, 4, 8, 12)))
    write("ConvTiles1Tall", doc.format("one vector"), "".join(gather(m, 1) for m in (16, 24)))
    doc = "Register tiles of the weight gradient for few input channels: taps by {0} of output channels."
    write("ConvNarrowTiles1", doc.format("one vector"), "".join(narrow(m, 1) for m in (4, 8, 12)))
    write("ConvNarrowTiles2", doc.format("two vectors"), "".join(narrow(m, 2) for m in (4, 8, 12)))
    doc = "Register tiles of the depthwise convolution: positions or taps by one vector of channels."
    write("ConvDepthwiseTiles", doc, "".join(depthwise(m) for m in (1, 4, 8)) + depthwise_weight(9))


main()
