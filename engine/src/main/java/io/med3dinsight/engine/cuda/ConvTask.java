package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;

/**
 * A convolution as the kernels of the family conv see it: a source that is gathered and a target of
 * voxels, for the forward pass and the weight gradient the convolution's input and output, for the
 * input gradient ({@code transposed}) the other way round. {@link #ints} is their structure {@code
 * Convolution}.
 *
 * @param channels of the source that one group sums over
 * @param outputs channels of the target in one group
 * @param sourcePitch channels of a voxel of the source
 * @param targetPitch channels of a voxel of the target
 * @param weightTap distance of two weights of neighbouring taps
 * @param weightChannel distance of two weights of neighbouring source channels
 * @param weightOutput distance of two weights of neighbouring target channels
 * @param weightGroup distance of two weights of neighbouring groups
 */
record ConvTask(
    ConvAxis d,
    ConvAxis h,
    ConvAxis w,
    boolean transposed,
    int batch,
    int groups,
    int channels,
    int outputs,
    int sourcePitch,
    int targetPitch,
    int weightTap,
    int weightChannel,
    int weightOutput,
    int weightGroup) {
  /** Taps along the axes together that the kernels' bit masks have room for. */
  private static final int BITS = 30;

  private static final int AXIS_INTS = 8;
  private static final int INTS = 3 * AXIS_INTS + 16;

  /** The forward pass, or with the same distances the weight gradient. */
  static ConvTask forward(ConvGeometry g, boolean outFirst) {
    int in = g.groupIn();
    int out = g.groupOut();
    return new ConvTask(
        g.d(),
        g.h(),
        g.w(),
        false,
        g.batch(),
        g.groups(),
        in,
        out,
        g.inChannels(),
        g.outChannels(),
        in * g.outChannels(),
        outFirst ? 1 : g.outChannels(),
        outFirst ? in : 1,
        outFirst ? out * in : out);
  }

  /** The gradient with respect to the input. */
  static ConvTask inputGradient(ConvGeometry g, boolean outFirst) {
    int in = g.groupIn();
    int out = g.groupOut();
    return new ConvTask(
        g.d(),
        g.h(),
        g.w(),
        true,
        g.batch(),
        g.groups(),
        out,
        in,
        g.outChannels(),
        g.inChannels(),
        in * g.outChannels(),
        outFirst ? in : 1,
        outFirst ? 1 : g.outChannels(),
        outFirst ? out * in : out);
  }

  /**
   * The same with the taps along the width taken as channels, where they are neighbours in memory
   * and never meet padding: patch embeddings of few channels then read long runs.
   */
  ConvTask merged() {
    boolean can =
        !transposed
            && groups == 1
            && w.kernel() > 1
            && w.pad() == 0
            && w.dilation() == 1
            && weightTap == channels * weightChannel;
    if (!can) {
      return this;
    }
    return new ConvTask(
        d,
        h,
        new ConvAxis(w.in(), w.out(), 1, w.stride(), 0, 1),
        false,
        batch,
        groups,
        channels * w.kernel(),
        outputs,
        sourcePitch,
        targetPitch,
        weightTap * w.kernel(),
        weightChannel,
        weightOutput,
        weightGroup);
  }

  /** Extent of an axis of the source. */
  private int source(ConvAxis a) {
    return transposed ? a.out() : a.in();
  }

  private int target(ConvAxis a) {
    return transposed ? a.in() : a.out();
  }

  int taps() {
    return d.kernel() * h.kernel() * w.kernel();
  }

  long targetVoxels() {
    return (long) batch * target(d) * target(h) * target(w);
  }

  long targetSize() {
    return targetVoxels() * targetPitch;
  }

  /** Products that the strides of an input gradient cut it into. */
  int phases() {
    return transposed ? d.stride() * h.stride() * w.stride() : 1;
  }

  /** Voxels of the largest phase. */
  long phaseVoxels() {
    return batch * phaseExtent(d) * phaseExtent(h) * phaseExtent(w);
  }

  private long phaseExtent(ConvAxis a) {
    return transposed ? Tile.ceil(a.in(), a.stride()) : a.out();
  }

  /** Products that are summed for one result, at most. */
  long depth() {
    return (long) phaseTaps(d) * phaseTaps(h) * phaseTaps(w) * channels;
  }

  /** Taps of an axis that the voxels of one phase see, at most. */
  private int phaseTaps(ConvAxis a) {
    return transposed ? (int) Tile.ceil(a.kernel(), step(a)) : a.kernel();
  }

  /** Distance of the taps that share a phase. */
  private int step(ConvAxis a) {
    int x = a.stride();
    int y = a.dilation();
    while (y != 0) {
      int r = x % y;
      x = y;
      y = r;
    }
    return transposed ? a.stride() / x : 1;
  }

  /** Whether every tap is inside the source for every voxel. */
  private boolean alwaysInside(ConvAxis a) {
    return !transposed && a.pad() == 0;
  }

  private int bits(ConvAxis a) {
    return alwaysInside(a) ? 0 : phaseTaps(a);
  }

  /** Whether the bit masks have room for this kernel. */
  boolean fitsMasks() {
    return bits(d) + bits(h) + bits(w) <= BITS;
  }

  /** Whether runs of {@code vector} channels of the source start at multiples of it. */
  boolean evenSource(int vector) {
    long w0 = (long) (transposed ? 1 : w.stride()) * sourcePitch;
    boolean pitch = sourcePitch % vector == 0;
    boolean rows =
        w.kernel() == 1 && alwaysInside(w) && (long) source(w) * sourcePitch % vector == 0;
    return channels % vector == 0 && (pitch || rows && w0 % vector == 0);
  }

  /** Whether runs of {@code vector} weights of neighbouring outputs start at multiples of it. */
  boolean evenWeights(int vector) {
    return weightOutput == 1
        && outputs % vector == 0
        && weightChannel % vector == 0
        && weightTap % vector == 0;
  }

  boolean evenTarget(int vector) {
    return outputs % vector == 0 && targetPitch % vector == 0;
  }

  /** The kernels' structure. */
  int[] ints(int splits, int flags, boolean vectorA, boolean vectorB, long tilesM) {
    int[] p = new int[INTS];
    int bit = axis(p, 0, d, 0);
    bit = axis(p, AXIS_INTS, h, bit);
    axis(p, 2 * AXIS_INTS, w, bit);
    int[] rest = {
      transposed ? 1 : 0,
      batch,
      groups,
      splits,
      flags,
      channels,
      outputs,
      sourcePitch,
      targetPitch,
      weightTap,
      weightChannel,
      weightOutput,
      weightGroup,
      vectorA ? 1 : 0,
      vectorB ? 1 : 0,
      (int) tilesM
    };
    System.arraycopy(rest, 0, p, 3 * AXIS_INTS, rest.length);
    return p;
  }

  private int axis(int[] p, int at, ConvAxis a, int bit) {
    p[at] = source(a);
    p[at + 1] = target(a);
    p[at + 2] = a.kernel();
    p[at + 3] = a.stride();
    p[at + 4] = a.pad();
    p[at + 5] = a.dilation();
    p[at + 6] = step(a);
    p[at + 7] = alwaysInside(a) ? -1 : bit;
    return bit + bits(a);
  }
}
