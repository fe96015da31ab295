package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Pad;
import io.med3dinsight.engine.op.Roll;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Moving elements to other places; reshape, permute, slice and concat are methods of {@link
 * Tensor}.
 */
public final class Arrangement {
  private Arrangement() {}

  /**
   * {@code x}, F32 or I32, with entries of one value around it.
   *
   * @param before entries to add in front of each axis, one number for each
   * @param after entries to add behind each axis
   * @param value of the added entries
   */
  public static Tensor pad(Tensor x, int[] before, int[] after, float value) {
    return Eager.run1(
        new Pad(
            Arrays.stream(before).boxed().toList(), Arrays.stream(after).boxed().toList(), value),
        x);
  }

  /**
   * {@code x}, F32 or I32, moved by {@code shifts[j]} along {@code axes[j]}, those entries that
   * leave at one end coming back at the other; PyTorch's {@code roll}.
   */
  public static Tensor roll(Tensor x, int[] shifts, int[] axes) {
    if (shifts.length != axes.length) {
      throw new ShapeException(
          "roll was given "
              + shifts.length
              + " shifts for "
              + axes.length
              + " axes: expected one for each");
    }
    int[] all = new int[x.rank()];
    for (int j = 0; j < axes.length; j++) {
      int extent = Math.max(1, x.dim(axes[j]));
      all[x.shape().axis(axes[j])] += Math.floorMod(shifts[j], extent);
    }
    return Eager.run1(new Roll(IntStream.of(all).boxed().toList()), x);
  }
}
