package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Input;
import io.med3dinsight.bench.NnFormerStep;
import io.med3dinsight.network.EncoderDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The network of {@link NnFormerStep} in PyTorch, from the same weights: the layers of the authors'
 * code, and besides it fused attention and channels-last convolutions, where those are faster.
 */
final class PeerNnFormer implements AutoCloseable {
  private static final int[] HEADS = {3, 6, 12, 24};
  private static final int[] WINDOWS = {4, 4, 8, 4};
  private static final double EPSILON = 1e-5;
  private static final long[] ZEROS = {0, 0, 0};
  private static final long[] ONES = {1, 1, 1};

  private final boolean channelsLast;
  private final boolean fused;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> indices = new LinkedHashMap<>();
  private final Tensor volume;
  private final Tensor[] masks = new Tensor[2];

  PeerNnFormer(EncoderDecoder network, boolean channelsLast, boolean fused) {
    this.channelsLast = channelsLast;
    this.fused = fused;
    network
        .namedState()
        .forEach(
            (name, s) -> {
              float[] v = s.layout().toTorch(s.tensor().toFloats(), s.tensor().shape());
              parameters.put(name, leaf(v, s.layout().torchShape(s.tensor().shape()).toArray()));
            });
    network
        .namedConstants()
        .forEach(
            (name, t) -> {
              long[] ids = java.util.Arrays.stream(t.toInts()).asLongStream().toArray();
              indices.put(name, Tensor.create(ids, ids.length));
            });
    int e = NnFormerStep.EXTENT;
    volume =
        PeerTensors.of(
            Input.Axes.ACTIVATION,
            NnFormerStep.volumeValues(),
            new int[] {1, e, e, e, 1},
            channelsLast);
    for (int i = 0; i < masks.length; i++) {
      masks[i] = mask(32 >> i);
    }
  }

  private Tensor leaf(float[] values, int[] shape) {
    try (PointerScope scope = new PointerScope()) {
      Tensor t = Tensor.create(values, PeerTensors.longs(shape));
      if (shape.length == 5 && channelsLast) {
        t = t.contiguous(torch.MemoryFormat.ChannelsLast3d);
      }
      Tensor own = t.clone();
      own.requires_grad_(true);
      own.retainReference();
      return own;
    }
  }

  /** The additive mask of windows of 4^3 shifted by 2, [windows,1,64,64], for a grid of n^3. */
  private static Tensor mask(int n) {
    int along = n / 4;
    float[] m = new float[along * along * along * 64 * 64];
    int at = 0;
    int[] region = new int[64];
    for (int w = 0; w < along * along * along; w++) {
      int[] window = {w / (along * along), w / along % along, w % along};
      for (int i = 0; i < 64; i++) {
        int[] token = {i / 16, i / 4 % 4, i % 4};
        region[i] = 0;
        for (int a = 0; a < 3; a++) {
          int here = window[a] * 4 + token[a];
          region[i] = 3 * region[i] + (here < n - 4 ? 0 : here < n - 2 ? 1 : 2);
        }
      }
      for (int q = 0; q < 64; q++) {
        for (int k = 0; k < 64; k++) {
          m[at++] = region[q] == region[k] ? 0 : -100;
        }
      }
    }
    return Tensor.create(m, along * along * along, 1, 64, 64);
  }

  private Tensor p(String name) {
    Tensor t = parameters.get(name);
    if (t == null) {
      throw new IllegalStateException("the network has no parameter '" + name + "'");
    }
    return t;
  }

  private TensorOptional o(String name) {
    return new TensorOptional(p(name));
  }

  /** To NCDHW for a convolution. */
  private Tensor first(Tensor tokens) {
    Tensor y = tokens.permute(0, 4, 1, 2, 3);
    return channelsLast ? y : y.contiguous();
  }

  private static Tensor last(Tensor y) {
    return y.permute(0, 2, 3, 4, 1).contiguous();
  }

  private Tensor norm(Tensor x, String name) {
    long[] shape = {x.size(-1)};
    return torch.layer_norm(x, shape, o(name + ".weight"), o(name + ".bias"), EPSILON, false);
  }

  private Tensor linear(Tensor x, String name) {
    return torch.linear(x, p(name + ".weight"), o(name + ".bias"));
  }

  private Tensor conv(Tensor x, String name, long stride) {
    long[] s = {stride, stride, stride};
    return torch.conv3d(x, p(name + ".weight"), o(name + ".bias"), s, ONES, ONES, 1);
  }

  private Tensor up(Tensor x, String name, long stride) {
    long[] s = {stride, stride, stride};
    return torch.conv_transpose3d(
        x, p(name + ".weight"), o(name + ".bias"), s, ZEROS, ZEROS, 1, ONES);
  }

  private Tensor split(Tensor x, int w, int heads) {
    long n = x.size(1);
    long c = x.size(4);
    return x.view(1, n / w, w, n / w, w, n / w, w, heads, c / heads)
        .permute(0, 1, 3, 5, 7, 2, 4, 6, 8)
        .reshape(n / w * (n / w) * (n / w), heads, (long) w * w * w, c / heads)
        .contiguous();
  }

  private Tensor attention(Tensor q, Tensor k, Tensor v, String name, int w, int heads, Tensor mask) {
    long n = q.size(1);
    long c = q.size(4);
    long t = (long) w * w * w;
    Tensor bias =
        p(name + ".relative_position_bias_table")
            .index_select(0, indices.get(name + ".relative_position_index"))
            .view(t, t, heads)
            .permute(2, 0, 1)
            .contiguous()
            .unsqueeze(0);
    Tensor b = mask == null ? bias : bias.add(mask);
    Tensor qs = split(q, w, heads);
    Tensor ks = split(k, w, heads);
    Tensor vs = split(v, w, heads);
    Tensor y;
    if (fused) {
      y =
          torch.scaled_dot_product_attention(
              qs, ks, vs, new TensorOptional(b), 0.0, false, new DoubleOptional(), false);
    } else {
      Scalar scale = new Scalar(Math.sqrt((double) heads / c));
      Tensor scores = torch.matmul(qs.mul(scale), ks.transpose(-2, -1)).add(b);
      y = torch.matmul(torch.softmax(scores, -1), vs);
    }
    Tensor merged =
        y.view(n / w, n / w, n / w, heads, w, w, w, c / heads)
            .permute(0, 4, 1, 5, 2, 6, 3, 7)
            .reshape(1, n, n, n, c);
    return linear(merged, name + ".proj");
  }

  private Tensor mlp(Tensor x, String name) {
    Tensor h = torch.gelu(linear(norm(x, name + ".norm2"), name + ".mlp.fc1"));
    return x.add(linear(h, name + ".mlp.fc2"));
  }

  /** Self-attention; shifted windows of 4 in the finest stage and the next. */
  private Tensor block(Tensor x, String name, int level, int heads, boolean shifted) {
    int w = WINDOWS[level];
    boolean moves = shifted && level < 2;
    long[] axes = {1, 2, 3};
    Tensor y = norm(x, name + ".norm1");
    if (moves) {
      y = torch.roll(y, new long[] {-2, -2, -2}, axes);
    }
    Tensor qkv = linear(y, name + ".attn.qkv");
    long c = x.size(4);
    Tensor seen =
        attention(
            qkv.narrow(4, 0, c).contiguous(),
            qkv.narrow(4, c, c).contiguous(),
            qkv.narrow(4, 2 * c, c).contiguous(),
            name + ".attn",
            w,
            heads,
            moves ? maskOf(level) : null);
    if (moves) {
      seen = torch.roll(seen, new long[] {2, 2, 2}, axes);
    }
    return mlp(x.add(seen), name);
  }

  private Tensor maskOf(int level) {
    return masks[level];
  }

  private Tensor skipBlock(Tensor up, Tensor skip, String name, int level, int heads) {
    Tensor kv = linear(norm(skip, name + ".norm1"), name + ".attn.kv");
    long c = up.size(4);
    Tensor seen =
        attention(
            norm(up, name + ".norm1"),
            kv.narrow(4, 0, c).contiguous(),
            kv.narrow(4, c, c).contiguous(),
            name + ".attn",
            WINDOWS[level],
            heads,
            null);
    return mlp(up.add(skip).add(seen), name);
  }

  private Tensor half(Tensor x, String name, boolean ends) {
    Tensor y = norm(last(torch.gelu(conv(x, name + ".conv1", 2))), name + ".norm1");
    y = conv(first(y), name + ".conv2", 1);
    return ends ? y : first(norm(last(torch.gelu(y)), name + ".norm2"));
  }

  private Tensor scores() {
    String down = "model_down.";
    Tensor y = half(volume, down + "patch_embed.proj1", false);
    y = norm(last(half(y, down + "patch_embed.proj2", true)), down + "patch_embed.norm");
    Tensor[] skips = new Tensor[4];
    for (int i = 0; i < 4; i++) {
      String layer = down + "layers." + i;
      for (int j = 0; j < 2; j++) {
        y = block(y, layer + ".blocks." + j, i, HEADS[i], j == 1);
      }
      skips[i] = norm(y, down + "norm" + i);
      if (i < 3) {
        Tensor n = norm(torch.gelu(y), layer + ".downsample.norm");
        y = last(conv(first(n), layer + ".downsample.reduction", 2));
      }
    }
    y = skips[3];
    for (int i = 2; i >= 0; i--) {
      String layer = "decoder.layers." + i;
      Tensor n = norm(y, layer + ".Upsample.norm");
      Tensor raised = last(up(first(n), layer + ".Upsample.up", 2));
      y = skipBlock(raised, skips[i], layer + ".blocks.0", i, HEADS[i + 1]);
      y = block(y, layer + ".blocks.1", i, HEADS[i + 1], true);
    }
    return up(first(y), "final.0.up", 4);
  }

  /** One pass forward and backward. */
  void step() {
    run(false);
  }

  /** The loss and the global norm of the gradient. */
  double[] measuredStep() {
    return run(true);
  }

  private double[] run(boolean measured) {
    try (PointerScope scope = new PointerScope()) {
      for (Tensor t : parameters.values()) {
        t.mutable_grad().reset();
      }
      Tensor s = scores();
      Tensor loss = s.mul(s).mean();
      loss.backward();
      double sum = 0;
      if (measured) {
        for (Tensor t : parameters.values()) {
          Tensor g = t.grad();
          sum += g.defined() ? g.mul(g).sum().item_float() : 0;
        }
      }
      return new double[] {loss.item_float(), Math.sqrt(sum)};
    }
  }

  /** Bytes of the tensors that are there before the first step. */
  long bytes() {
    long n = volume.numel() * 4;
    for (Tensor t : parameters.values()) {
      n += t.numel() * 4;
    }
    return n;
  }

  @Override
  public void close() {
    parameters.values().forEach(Tensor::close);
    indices.values().forEach(Tensor::close);
    for (Tensor m : masks) {
      m.close();
    }
    volume.close();
  }
}
