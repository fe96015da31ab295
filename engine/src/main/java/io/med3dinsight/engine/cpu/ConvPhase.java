package io.med3dinsight.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A sum over kernel taps along one axis: target {@code start + q * step}, q in [0, count), reads
 * source {@code q * inStep + off[j]} with kernel element {@code tap[j]}.
 *
 * <p>A convolution is one such phase. The gradient with respect to its input is as many as the
 * stride: targets with one remainder modulo the stride share their taps, so each phase is a
 * convolution of stride 1 without a single multiplication by zero.
 */
record ConvPhase(int start, int step, int count, int inStep, int[] tap, int[] off) {
  /** The convolution itself. */
  static List<ConvPhase> forward(ConvAxis a) {
    int[] tap = new int[a.kernel()];
    int[] off = new int[a.kernel()];
    for (int k = 0; k < tap.length; k++) {
      tap[k] = k;
      off[k] = k * a.dilation() - a.pad();
    }
    return List.of(new ConvPhase(0, 1, a.out(), a.stride(), tap, off));
  }

  /** The gradient with respect to the input, which is the transposed convolution. */
  static List<ConvPhase> backward(ConvAxis a) {
    List<ConvPhase> phases = new ArrayList<>();
    for (int f = 0; f < Math.min(a.stride(), a.in()); f++) {
      int[] tap = new int[a.kernel()];
      int[] off = new int[a.kernel()];
      int n = 0;
      for (int k = a.kernel() - 1; k >= 0; k--) {
        int shift = f + a.pad() - k * a.dilation();
        if (Math.floorMod(shift, a.stride()) == 0) {
          tap[n] = k;
          off[n++] = Math.floorDiv(shift, a.stride());
        }
      }
      int count = (a.in() - f + a.stride() - 1) / a.stride();
      phases.add(
          new ConvPhase(f, a.stride(), count, 1, Arrays.copyOf(tap, n), Arrays.copyOf(off, n)));
    }
    return phases;
  }

  int taps() {
    return tap.length;
  }

  /** First tap whose source for target q lies in [0, extent); offsets ascend. */
  int from(int q, int extent) {
    int j = 0;
    while (j < off.length && q * inStep + off[j] < 0) {
      j++;
    }
    return j;
  }

  /** End of the taps whose source for target q lies in [0, extent). */
  int to(int q, int extent) {
    int j = off.length;
    while (j > 0 && q * inStep + off[j - 1] >= extent) {
      j--;
    }
    return j;
  }

  static int minOff(List<ConvPhase> phases) {
    int m = Integer.MAX_VALUE;
    for (ConvPhase p : phases) {
      for (int o : p.off) {
        m = Math.min(m, o);
      }
    }
    return m == Integer.MAX_VALUE ? 0 : m;
  }

  static int maxOff(List<ConvPhase> phases) {
    int m = Integer.MIN_VALUE;
    for (ConvPhase p : phases) {
      for (int o : p.off) {
        m = Math.max(m, o);
      }
    }
    return m == Integer.MIN_VALUE ? 0 : m;
  }

  static int maxCount(List<ConvPhase> phases) {
    return phases.stream().mapToInt(ConvPhase::count).max().orElse(0);
  }
}
