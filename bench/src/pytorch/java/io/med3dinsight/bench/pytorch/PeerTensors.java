package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Input;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Moves tensors between the engine's arrays and PyTorch. */
final class PeerTensors {
  private PeerTensors() {}

  /**
   * A PyTorch tensor of its own memory.
   *
   * @param values row-major in the engine's axis order
   */
  static Tensor of(Input.Axes axes, float[] values, int[] extents, boolean channelsLast) {
    try (PointerScope scope = new PointerScope()) {
      Tensor t = Tensor.create(values, longs(extents));
      long[] order = axes.toTorch();
      if (order.length > 0) {
        t = t.permute(order);
        t =
            t.contiguous(
                channelsLast
                    ? torch.MemoryFormat.ChannelsLast3d
                    : torch.MemoryFormat.Contiguous);
      }
      Tensor own = t.clone();
      own.retainReference();
      return own;
    }
  }

  /** The values, row-major in the engine's axis order. */
  static float[] values(Input.Axes axes, Tensor t) {
    long[] order = axes.fromTorch();
    Tensor here = (order.length > 0 ? t.permute(order) : t).detach().contiguous();
    float[] values = new float[Math.toIntExact(here.numel())];
    FloatPointer p = here.data_ptr_float();
    p.get(values);
    return values;
  }

  static long[] longs(int... extents) {
    long[] e = new long[extents.length];
    for (int i = 0; i < e.length; i++) {
      e[i] = extents[i];
    }
    return e;
  }
}
