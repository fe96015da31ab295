package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Sizes of an attention, and how bias and mask lie along its leading axes, in the form that the
 * kernels read ({@code common/attention.cuh}): neighbouring axes that both step through alike are
 * one.
 */
final class AttentionLayout {
  /**
   * Blocks of the bias' gradient that keep a device busy; its sums are cut into parts until then.
   */
  static final int BIAS_BLOCKS = 512;

  private static final int AXES = 6;

  final int heads;
  final int t;
  final int s;
  final int d;
  final int dv;
  private final int biasRow;
  private final int maskRow;
  private final int[] extent = new int[AXES];
  private final int[] biasStride = new int[AXES];
  private final int[] maskStride = new int[AXES];
  private final int biasGroups;
  private int rank;

  /**
   * @param bias or null
   * @param mask or null
   */
  AttentionLayout(Tensor q, Tensor k, Tensor v, Tensor bias, Tensor mask) {
    heads = q.shape().product(0, q.rank() - 2);
    t = q.dim(-2);
    d = q.dim(-1);
    s = k.dim(-2);
    dv = v.dim(-1);
    biasRow = rowStride(bias);
    maskRow = rowStride(mask);
    biasGroups = bias == null ? 0 : bias.shape().product(0, bias.rank() - 2);
    Shape leading = q.shape();
    int[] b = strides(bias, leading);
    int[] m = strides(mask, leading);
    for (int i = 0; i < leading.rank() - 2; i++) {
      add(leading.dim(i), b[i], m[i]);
    }
  }

  private int rowStride(Tensor x) {
    return x == null || x.dim(-2) == 1 ? 0 : s;
  }

  /** Elements between neighbours along each leading axis; 0 where the tensor is broadcast. */
  private static int[] strides(Tensor x, Shape leading) {
    int[] result = new int[leading.rank() - 2];
    if (x == null) {
      return result;
    }
    int stride = x.dim(-2) * x.dim(-1);
    for (int axis = -3; axis >= -x.rank(); axis--) {
      result[leading.rank() + axis] = x.dim(axis) == 1 ? 0 : stride;
      stride *= x.dim(axis);
    }
    return result;
  }

  private void add(int size, int bias, int mask) {
    if (size == 1) {
      return;
    }
    int last = rank - 1;
    if (last >= 0 && biasStride[last] == bias * size && maskStride[last] == mask * size) {
      extent[last] *= size;
      biasStride[last] = bias;
      maskStride[last] = mask;
      return;
    }
    if (rank == AXES) {
      throw new IllegalArgumentException(
          "bias or mask of an attention alternate between own and shared along more than "
              + AXES
              + " axes");
    }
    extent[rank] = size;
    biasStride[rank] = bias;
    maskStride[rank] = mask;
    rank++;
  }

  /** The structure AttentionShape. */
  int[] shape(boolean aligned) {
    int[] a = new int[9 + 3 * AXES];
    int[] sizes = {heads, t, s, d, dv, aligned ? 1 : 0, biasRow, maskRow, rank};
    System.arraycopy(sizes, 0, a, 0, sizes.length);
    System.arraycopy(extent, 0, a, 9, AXES);
    System.arraycopy(biasStride, 0, a, 9 + AXES, AXES);
    System.arraycopy(maskStride, 0, a, 9 + 2 * AXES, AXES);
    return a;
  }

  /**
   * How the heads share the bias.
   *
   * @param blocks tiles of the bias
   * @param parts that each tile's sum is cut into
   * @param packed the structure BiasSharing
   */
  record Sharing(long blocks, int parts, int[] packed) {}

  /**
   * @param tileRows queries of a tile of the bias
   * @param tileColumns keys of a tile
   */
  Sharing sharing(int tileRows, int tileColumns) {
    int rows = biasRow == 0 ? 1 : t;
    long queryBlocks = (t + tileRows - 1L) / tileRows;
    long blocks =
        (long) biasGroups
            * ((rows + tileRows - 1) / tileRows)
            * ((s + tileColumns - 1) / tileColumns);
    int shared = biasGroups == 0 ? 0 : heads / biasGroups;
    int units = (int) (biasRow == 0 ? shared * queryBlocks : shared);
    long wanted = Math.max(1, Math.min(BIAS_BLOCKS / Math.max(1, blocks), units));
    int each = (int) Math.max(1, (units + wanted - 1) / wanted);
    int parts = Math.max(1, (units + each - 1) / each);
    int[] packed = new int[3 + AXES];
    packed[0] = shared;
    packed[1] = units;
    packed[2] = each;
    for (int i = 0; i < rank; i++) {
      packed[3 + i] = biasStride[i] == 0 ? 1 : 0;
    }
    return new Sharing(blocks, parts, packed);
  }
}
