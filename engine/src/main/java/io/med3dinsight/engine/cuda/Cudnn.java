package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import java.util.List;

/** The calls that the backend makes of cuDNN. Everything goes to the driver's stream. */
public interface Cudnn extends AutoCloseable {
  /** What is computed from what. */
  enum Pass {
    /** y from x and w. */
    FORWARD,
    /** dx from dy and w. */
    DATA,
    /** dw from x and dy. */
    WEIGHTS
  }

  /**
   * Everything that describes a convolution, in cuDNN's words. Extents are in the order N C D H W,
   * while in memory channels come last; so do those of the filter, [Cout, Cin/groups, kD, kH, kW],
   * in memory [Cout][kD][kH][kW][Cin/groups].
   *
   * @param dtype of x, w and y
   * @param arithmetic of the products
   */
  record Problem(
      Pass pass,
      DType dtype,
      Arithmetic arithmetic,
      List<Integer> x,
      List<Integer> w,
      List<Integer> y,
      List<Integer> pad,
      List<Integer> stride,
      List<Integer> dilation,
      int groups) {
    public static Problem of(Pass pass, DType dtype, Arithmetic arithmetic, ConvGeometry g) {
      ConvAxis d = g.d();
      ConvAxis h = g.h();
      ConvAxis w = g.w();
      return new Problem(
          pass,
          dtype,
          arithmetic,
          List.of(g.batch(), g.inChannels(), d.in(), h.in(), w.in()),
          List.of(g.outChannels(), g.groupIn(), d.kernel(), h.kernel(), w.kernel()),
          List.of(g.batch(), g.outChannels(), d.out(), h.out(), w.out()),
          List.of(d.pad(), h.pad(), w.pad()),
          List.of(d.stride(), h.stride(), w.stride()),
          List.of(d.dilation(), h.dilation(), w.dilation()),
          g.groups());
    }
  }

  /** A convolution made ready: descriptors and the algorithm chosen for it. */
  interface Plan extends AutoCloseable {
    /** Scratch memory that {@link #run} needs. */
    long workspaceBytes();

    /** Queues the convolution: result from the two operands, in the order of {@link Pass}. */
    void run(long first, long second, long result, long workspace);

    @Override
    void close();
  }

  /** Such as 9.5.1. */
  String version();

  /**
   * Chooses an algorithm.
   *
   * @param deterministic whether only algorithms count that give the same bits each time. They are
   *     taken in the order in which cuDNN expects them to be fast; timing them would make the
   *     choice, and with it the bits, a matter of luck. Otherwise they are timed.
   * @param workspaceBytes the most scratch memory that it may need
   * @return null when cuDNN has none
   */
  Plan plan(Problem p, boolean deterministic, long workspaceBytes);

  /** Queues {@code y += bias}, y with extents N C D H W and channels last, bias [C]. */
  void addBias(DType dtype, List<Integer> y, long bias, long address);

  @Override
  void close();
}
