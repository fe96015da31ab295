package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.Conv3d;
import io.med3dinsight.engine.op.Conv3dInputGradient;
import io.med3dinsight.engine.op.Conv3dWeightGradient;
import io.med3dinsight.engine.op.ConvSpec;
import io.med3dinsight.engine.op.ConvTranspose3d;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolutions of every kind at odd sizes; the derived ops' own gradients are second derivatives of
 * the convolution.
 */
final class ConvCases implements OpCaseSource {
  private static final Size3 ONE = Size3.of(1);
  private final List<OpCase> cases = new ArrayList<>();

  @Override
  public List<OpCase> cases() {
    forward("conv3d 3^3", ConvSpec.of(1, 1), new int[] {2, 3, 4, 5, 3}, new int[] {3, 3, 3, 3, 4});
    forward(
        "conv3d 3^3 17 to 33 channels",
        ConvSpec.of(1, 1),
        new int[] {1, 2, 3, 15, 17},
        new int[] {3, 3, 3, 17, 33});
    forward(
        "conv3d 3^3 16 to 16 channels",
        ConvSpec.of(1, 1),
        new int[] {1, 3, 3, 27, 16},
        new int[] {3, 3, 3, 16, 16});
    forward(
        "conv3d 3^3 in blocks of rows, the last one short",
        ConvSpec.of(1, 1),
        new int[] {1, 5, 7, 5, 9},
        new int[] {3, 3, 3, 9, 18});
    forward(
        "conv3d in blocks of rows without padding",
        ConvSpec.of(1, 0),
        new int[] {2, 3, 6, 7, 33},
        new int[] {2, 3, 1, 33, 8});
    forward(
        "conv3d in blocks of rows, padding beyond the kernel",
        new ConvSpec(ONE, new Size3(1, 3, 4), ONE, 1, false),
        new int[] {1, 1, 3, 4, 8},
        new int[] {2, 3, 4, 8, 16});
    forward(
        "conv3d 1 to 64 channels",
        ConvSpec.of(1, 1),
        new int[] {1, 3, 2, 13, 1},
        new int[] {3, 3, 3, 1, 64});
    forward(
        "conv3d 16 to 1 channels",
        ConvSpec.of(1, 1),
        new int[] {1, 3, 2, 19, 16},
        new int[] {3, 3, 3, 16, 1});
    forward(
        "conv3d 1^3", ConvSpec.of(1, 0), new int[] {2, 3, 1, 7, 33}, new int[] {1, 1, 1, 33, 17});
    forward(
        "conv3d stride 2",
        ConvSpec.of(2, 1),
        new int[] {1, 5, 4, 9, 5},
        new int[] {3, 3, 3, 5, 18});
    forward(
        "conv3d patches of 4",
        ConvSpec.of(4, 0),
        new int[] {1, 8, 4, 12, 1},
        new int[] {4, 4, 4, 1, 20});
    forward(
        "conv3d 1^3 stride 2",
        ConvSpec.of(2, 0),
        new int[] {1, 4, 3, 5, 3},
        new int[] {1, 1, 1, 3, 8});
    forward(
        "conv3d everything per axis",
        new ConvSpec(new Size3(1, 2, 3), new Size3(2, 0, 4), new Size3(3, 1, 2), 1, false),
        new int[] {2, 4, 5, 11, 2},
        new int[] {2, 4, 3, 2, 5});
    forward(
        "conv3d padding beyond the kernel",
        ConvSpec.of(2, 5),
        new int[] {1, 2, 1, 3, 3},
        new int[] {2, 3, 1, 3, 3});
    forward(
        "conv3d groups",
        ConvSpec.of(1, 1).withGroups(3),
        new int[] {1, 3, 3, 6, 6},
        new int[] {3, 3, 3, 2, 9});
    forward(
        "conv3d depthwise",
        ConvSpec.of(1, 1).withGroups(19),
        new int[] {2, 3, 4, 7, 19},
        new int[] {3, 3, 3, 1, 19});
    forward(
        "conv3d depthwise stride 2",
        ConvSpec.of(2, 1).withGroups(32),
        new int[] {1, 4, 3, 9, 32},
        new int[] {3, 3, 3, 1, 32});
    forward(
        "conv3d depth multiplier",
        ConvSpec.of(1, 0).withGroups(4),
        new int[] {1, 3, 3, 5, 4},
        new int[] {2, 2, 2, 1, 8});
    forward(
        "conv3d of an empty batch",
        ConvSpec.of(1, 1),
        new int[] {0, 3, 3, 3, 2},
        new int[] {3, 3, 3, 2, 2});
    transposed(
        "conv transpose 2^3",
        ConvTranspose3d.of(2),
        new int[] {2, 2, 3, 5, 7},
        new int[] {2, 2, 2, 7, 4});
    transposed(
        "conv transpose 2^3, 33 to 16 channels",
        ConvTranspose3d.of(2),
        new int[] {1, 2, 1, 13, 33},
        new int[] {2, 2, 2, 33, 16});
    transposed(
        "conv transpose with everything",
        new ConvTranspose3d(
            new Size3(2, 3, 2), new Size3(1, 0, 2), new Size3(1, 2, 1), new Size3(1, 2, 0), 1),
        new int[] {1, 3, 2, 6, 3},
        new int[] {3, 2, 4, 3, 5});
    transposed(
        "conv transpose stride beyond the kernel, groups",
        new ConvTranspose3d(Size3.of(3), Size3.of(0), ONE, Size3.of(1), 2),
        new int[] {1, 2, 2, 4, 4},
        new int[] {2, 1, 2, 4, 3});
    derived(
        "stride 2",
        new ConvSpec(Size3.of(2), Size3.of(1), ONE, 1, false),
        new int[] {1, 4, 5, 6, 3},
        new int[] {3, 3, 3, 3, 4});
    derived(
        "out first",
        new ConvSpec(Size3.of(1), Size3.of(1), ONE, 2, true),
        new int[] {1, 2, 3, 4, 4},
        new int[] {3, 2, 3, 6, 2});
    return cases;
  }

  private void forward(String name, ConvSpec s, int[] x, int[] w) {
    Conv3d op = new Conv3d(s);
    cases.add(
        scaled(OpCase.of(name).input(x).input(w), w)
            .engine(in -> Eager.run1(op, in))
            .reference(in -> ConvReference.forward(s, in[0], in[1], null)));
    cases.add(
        scaled(OpCase.of(name + ", bias").input(x).input(w).input(w[4]), w)
            .engine(in -> Eager.run1(op, in))
            .reference(in -> ConvReference.forward(s, in[0], in[1], in[2])));
  }

  private void transposed(String name, ConvTranspose3d op, int[] x, int[] w) {
    ConvSpec s = new ConvSpec(op.stride(), op.pad(), op.dilation(), op.groups(), true);
    int[] y = {
      x[0],
      (x[1] - 1) * op.stride().d()
          - 2 * op.pad().d()
          + op.dilation().d() * (w[0] - 1)
          + op.outputPad().d()
          + 1,
      (x[2] - 1) * op.stride().h()
          - 2 * op.pad().h()
          + op.dilation().h() * (w[1] - 1)
          + op.outputPad().h()
          + 1,
      (x[3] - 1) * op.stride().w()
          - 2 * op.pad().w()
          + op.dilation().w() * (w[2] - 1)
          + op.outputPad().w()
          + 1,
      w[4] * op.groups()
    };
    cases.add(
        scaled(OpCase.of(name).input(x).input(w), w)
            .engine(in -> Eager.run1(op, in))
            .reference(in -> ConvReference.inputGradient(s, in[0], in[1], y, null)));
    cases.add(
        scaled(OpCase.of(name + ", bias").input(x).input(w).input(y[4]), w)
            .engine(in -> Eager.run1(op, in))
            .reference(in -> ConvReference.inputGradient(s, in[0], in[1], y, in[2])));
  }

  private void derived(String name, ConvSpec s, int[] x, int[] w) {
    int[] y = ConvReference.output(s, x, w);
    Size3 extents = new Size3(x[1], x[2], x[3]);
    Size3 kernel = new Size3(w[0], w[1], w[2]);
    cases.add(
        scaled(OpCase.of("conv3d input gradient, " + name).input(y).input(w), w)
            .engine(in -> Eager.run1(new Conv3dInputGradient(s, extents), in))
            .reference(in -> ConvReference.inputGradient(s, in[0], in[1], x, null)));
    cases.add(
        scaled(OpCase.of("conv3d weight gradient, " + name).input(x).input(y), w)
            .engine(in -> Eager.run1(new Conv3dWeightGradient(s, kernel), in))
            .reference(in -> ConvReference.weightGradient(s, in[0], in[1], w)));
  }

  /** Convolution is linear in each input, so central differences are exact for any step. */
  private static OpCase scaled(OpCase c, int[] w) {
    int terms = w[0] * w[1] * w[2] * w[3];
    return c.step(0.5)
        .tolerance(1e-6 * Math.sqrt(terms) + 1e-6, 1e-5, "float32 sums of " + terms + " products");
  }
}
