package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Transformer blocks under their published names, x [B,T,C]. Weights begin as zeros, as all of them
 * come from a file.
 */
final class Blocks {
  private static final float QUICK = 1.702f;

  private Blocks() {}

  static Linear linear(Setup setup, int in, int out, boolean bias) {
    return new Linear(setup, in, out, Init.zeros(), bias ? Init.zeros() : null);
  }

  /** {@code x sigmoid(1.702 x)}, or GELU. */
  static Tensor activation(Tensor x, boolean quick) {
    return quick ? x.mul(x.mul(QUICK).sigmoid()) : Gelu.of(x);
  }

  /** [B,T,C] to [B,heads,T,C/heads]. */
  static Tensor split(Tensor t, int heads) {
    return t.reshape(t.dim(0), t.dim(1), heads, t.dim(2) / heads).transpose(1, 2);
  }

  static Tensor joined(Tensor heads) {
    return heads.transpose(1, 2).reshape(heads.dim(0), heads.dim(2), heads.dim(1) * heads.dim(3));
  }

  /** Names within a pre-norm block. */
  record Names(String norm1, String norm2, String first, String second, boolean timm) {
    static final Names CLIP = new Names("ln_1", "ln_2", "c_fc", "c_proj", false);
    static final Names TIMM = new Names("norm1", "norm2", "fc1", "fc2", true);
  }

  static List<PreNorm> preNorm(Setup setup, TowerShape shape, Names names) {
    List<PreNorm> blocks = new ArrayList<>();
    for (int i = 0; i < shape.layers(); i++) {
      blocks.add(new PreNorm(setup, shape, names));
    }
    return blocks;
  }

  /** {@code x + attention(norm(x))}, then {@code x + mlp(norm(x))}. */
  static final class PreNorm extends Module {
    private final LayerNorm norm1;
    private final SelfAttention attention;
    private final LayerNorm norm2;
    private final Linear first;
    private final Linear second;
    private final boolean quick;

    PreNorm(Setup setup, TowerShape shape, Names names) {
      super(setup);
      quick = shape.quick();
      int c = shape.width();
      norm1 = register(names.norm1, new LayerNorm(setup, c, shape.epsilon()));
      attention = register("attn", new SelfAttention(setup, c, shape.heads(), names.timm));
      norm2 = register(names.norm2, new LayerNorm(setup, c, shape.epsilon()));
      first = linear(setup, c, shape.hidden(), true);
      second = linear(setup, shape.hidden(), c, true);
      register("mlp", new Group(setup, Map.of(names.first, first, names.second, second)));
    }

    /**
     * @param mask I32, 0 where a token may not be seen, or null
     */
    Tensor call(Tensor x, Tensor mask) {
      return Scope.tidy(
          () -> {
            Tensor y = x.add(attention.call(norm1.call(x), mask));
            return y.add(second.call(activation(first.call(norm2.call(y)), quick)));
          });
    }
  }

  /** Self-attention whose queries, keys and values have one weight, as PyTorch or timm name it. */
  private static final class SelfAttention extends Module {
    private final int heads;
    private final Tensor weight;
    private final Tensor bias;
    private final Linear output;

    SelfAttention(Setup setup, int width, int heads, boolean timm) {
      super(setup);
      this.heads = heads;
      if (timm) {
        Packed packed = register("qkv", new Packed(setup, width, "weight", "bias"));
        weight = packed.weight;
        bias = packed.bias;
      } else {
        weight = packedWeight("in_proj_weight", width);
        bias = parameter("in_proj_bias", Init.zeros(), 3 * width);
      }
      output = register(timm ? "proj" : "out_proj", linear(setup, width, width, true));
    }

    private Tensor packedWeight(String name, int width) {
      return parameter(name, Init.zeros(), Layout.LINEAR, 1, 1, width, 3 * width);
    }

    Tensor call(Tensor x, Tensor mask) {
      return Scope.tidy(
          () -> {
            Tensor flat = x.reshape(x.dim(0) * x.dim(1), x.dim(2));
            Tensor[] p = new Tensor[3];
            for (int i = 0; i < 3; i++) {
              p[i] = split(part(flat, i).reshape(x.shape().toArray()), heads);
            }
            return output.call(joined(Attention.of(p[0], p[1], p[2], null, mask)));
          });
    }

    private Tensor part(Tensor flat, int i) {
      int c = flat.dim(1);
      return MatMul.of(flat, weight.slice(1, i * c, (i + 1) * c))
          .add(bias.slice(0, i * c, (i + 1) * c));
    }
  }

  private static final class Packed extends Module {
    private final Tensor weight;
    private final Tensor bias;

    Packed(Setup setup, int width, String weightName, String biasName) {
      super(setup);
      weight = parameter(weightName, Init.zeros(), Layout.LINEAR, 1, 1, width, 3 * width);
      bias = parameter(biasName, Init.zeros(), 3 * width);
    }
  }
}
