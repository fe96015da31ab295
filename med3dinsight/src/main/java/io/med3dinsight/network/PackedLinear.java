package io.med3dinsight.network;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Several linear layers of one input in one weight, as published networks keep queries, keys and
 * values: x [...,C], weight [C, parts C'], bias [parts C'], parts results [...,C'].
 */
final class PackedLinear extends Module {
  private final Tensor weight;
  private final Tensor bias;
  private final int parts;
  private final int in;
  private final int width;

  PackedLinear(Setup setup, int in, int parts, int width, boolean biased) {
    super(setup);
    this.parts = parts;
    this.in = in;
    this.width = width;
    int out = parts * width;
    weight = parameter("weight", Published.WEIGHT, Layout.LINEAR, in, out, in, out);
    bias = biased ? parameter("bias", Published.BIAS, Layout.SAME, in, out, out) : null;
  }

  /** The results, in the order of their weights. */
  Tensor[] parts(Tensor x) {
    int[] shape = x.shape().toArray();
    shape[shape.length - 1] = width;
    return tidyAll(
        () -> {
          Tensor flat = x.reshape(x.size() / in, in);
          Tensor[] out = new Tensor[parts];
          for (int i = 0; i < parts; i++) {
            // Weights are cut rather than results, which are far larger.
            Tensor y = MatMul.of(flat, weight.slice(1, i * width, (i + 1) * width));
            if (bias != null) {
              y = y.add(bias.slice(0, i * width, (i + 1) * width));
            }
            out[i] = y.reshape(shape);
          }
          return out;
        });
  }
}
