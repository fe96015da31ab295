package io.med3dinsight.nn;

import io.med3dinsight.engine.autograd.Checkpointing;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.function.Randomness;
import io.med3dinsight.engine.function.Resampling;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.block.TransformerBlock;
import io.med3dinsight.nn.layer.BatchNorm;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.InstanceNorm;
import io.med3dinsight.nn.loss.DiceCrossEntropyLoss;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A network with something of everything: convolutions, norms, attention over the coarse voxels,
 * dropout, a transposed convolution, resizing. Large enough that work is cut into several tasks.
 */
final class MixedNet extends Module {
  static final int CLASSES = 3;
  private static final int[] ONE = Conv3d.cube(1);
  private static final int[] TWO = Conv3d.cube(2);
  private static final int[] THREE = Conv3d.cube(3);
  private final Conv3d stem;
  private final InstanceNorm norm;
  private final Conv3d down;
  private final BatchNorm batchNorm;
  private final TransformerBlock attention;
  private final ConvTranspose3d up;
  private final Conv3d head;
  private final Rng rng = new Rng(5);

  /** Whether the middle is computed again in the backward pass. */
  boolean recompute;

  MixedNet(Setup s) {
    super(s);
    stem = register("stem", new Conv3d(s, 1, 8, Conv3d.Geometry.same(THREE, ONE), false));
    norm = register("norm", InstanceNorm.leakyRelu(s, 8, 0.01f));
    down = register("down", new Conv3d(s, 8, 24, Conv3d.Geometry.same(THREE, TWO), true));
    batchNorm = register("batch_norm", new BatchNorm(s, 24));
    attention = register("attention", new TransformerBlock(s, 24, 3, 48));
    up = register("up", new ConvTranspose3d(s, 24, 8, TWO));
    head = register("head", new Conv3d(s, 8, CLASSES, 1, 1));
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor fine = norm.call(stem.call(x));
    Function<Tensor[], Tensor> middle = in -> middle(in[0]);
    Tensor y = recompute ? Checkpointing.run(rng, middle, fine) : middle(fine);
    // The result comes in at two places and the fine features at three, so that gradients add up.
    return head.call(y.add(fine).add(Resampling.trilinear(y, 12, 14, 16, true)));
  }

  private Tensor middle(Tensor fine) {
    Tensor y = batchNorm.call(down.call(fine)).relu();
    int[] e = y.shape().toArray();
    Tensor tokens = attention.call(y.reshape(e[0], -1, e[4]));
    tokens = attention.call(tokens);
    if (training()) {
      tokens = Randomness.dropout(tokens, 0.1f, rng);
    }
    return up.call(tokens.reshape(e)).add(fine);
  }

  /** Scores of an input that {@code seed} draws. */
  float[] scores(long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] x = new float[2 * 12 * 14 * 16];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) r.nextDouble() * 2 - 1;
    }
    try (Scope scope = Scope.open()) {
      return call(Tensor.of(device(), x, 2, 12, 14, 16, 1)).toFloats();
    }
  }

  /** Loss and gradients of one step on an input that {@code seed} draws. */
  Map<String, float[]> step(long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] x = new float[2 * 12 * 14 * 16];
    int[] labels = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) r.nextDouble() * 2 - 1;
      labels[i] = r.nextInt(CLASSES);
    }
    Device device = device();
    rng.position(0);
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor logits = call(Tensor.of(device, x, 2, 12, 14, 16, 1));
      Tensor target = Tensor.of(device, labels, 2, 12, 14, 16);
      Tensor loss = DiceCrossEntropyLoss.nnUNet().of(logits, target);
      Gradients g = tape.gradients(loss);
      Map<String, float[]> result = new LinkedHashMap<>();
      result.put("loss", loss.toFloats());
      namedParameters().forEach((name, p) -> result.put(name, g.of(p).toFloats()));
      return result;
    }
  }
}
