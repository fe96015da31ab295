package io.med3dinsight.engine.cpu;

/**
 * Which convolutions are done by Winograd's algorithm along H, and how they are cut; see {@link
 * ConvWinograd}. It depends on sizes alone.
 */
final class WinogradPlan {
  /** Columns that a register tile may read past the end of a row. */
  static final int SLACK = 24;

  private static final int TASKS = 32;
  private static final int LEAST_CHANNELS = 8;

  /** Fewest terms in a sum; shorter loops spend their time on starting and ending. */
  private static final int LEAST_TERMS = 48;

  /** Planes that a task computes at least, as it transforms those around them anew. */
  private static final int LEAST_PLANES = 4;

  final int batch;
  final int sourceD;
  final int sourceH;
  final int sourceW;
  final int sourceC;
  final int targetD;
  final int targetH;
  final int targetW;
  final int targetC;
  final int kernelD;
  final int kernelW;

  /** Target q reads the sources q + first ... q + first + kernel - 1. */
  final int firstD;

  final int firstH;
  final int firstW;
  final int rowBlocks;
  final int planeChunks;

  WinogradPlan(ConvGeometry g, boolean backward) {
    batch = g.batch();
    sourceD = backward ? g.d().out() : g.d().in();
    sourceH = backward ? g.h().out() : g.h().in();
    sourceW = backward ? g.w().out() : g.w().in();
    sourceC = backward ? g.outChannels() : g.inChannels();
    targetD = backward ? g.d().in() : g.d().out();
    targetH = backward ? g.h().in() : g.h().out();
    targetW = backward ? g.w().in() : g.w().out();
    targetC = backward ? g.inChannels() : g.outChannels();
    kernelD = g.d().kernel();
    kernelW = g.w().kernel();
    firstD = first(g.d(), backward);
    firstH = first(g.h(), backward);
    firstW = first(g.w(), backward);
    rowBlocks = (targetH + WinogradKernels.OUT - 1) / WinogradKernels.OUT;
    int wanted = (TASKS + batch * rowBlocks - 1) / Math.max(1, batch * rowBlocks);
    planeChunks = Math.max(1, Math.min(wanted, targetD / LEAST_PLANES));
  }

  private static int first(ConvAxis a, boolean backward) {
    return backward ? a.pad() + 1 - a.kernel() : -a.pad();
  }

  /** Whether six products for four rows pay for this convolution, or its gradient. */
  static boolean fits(ConvGeometry g, boolean backward) {
    if (g.groups() != 1 || g.h().kernel() != 3 || !dense(g.d()) || !dense(g.h()) || !dense(g.w())) {
      return false;
    }
    if (Math.min(g.inChannels(), g.outChannels()) < LEAST_CHANNELS || g.batch() == 0) {
      return false;
    }
    WinogradPlan p = new WinogradPlan(g, backward);
    boolean full = 4 * WinogradKernels.IN * p.rowBlocks <= 9 * p.targetH;
    return full && p.targetW >= 4 && p.targetD >= 1 && p.terms() >= LEAST_TERMS;
  }

  private static boolean dense(ConvAxis a) {
    return a.stride() == 1 && a.dilation() == 1;
  }

  /** Terms in the sum of one product. */
  int terms() {
    return kernelD * kernelW * sourceC;
  }

  /** First source row of a block. */
  int sourceRow(int rowBlock) {
    return rowBlock * WinogradKernels.OUT + firstH;
  }
}
