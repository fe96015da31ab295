package io.med3dinsight.network;

import io.med3dinsight.nn.Module;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Weights and inputs made from names, the same here and in oracle/encoders.py and oracle/clip.py.
 */
public final class MadeUp {
  private MadeUp() {}

  /** Uniform in [-1, 1): splitmix64 from the first bytes of the name's SHA-256. */
  public static float[] numbers(String name, int count) {
    long seed = 0;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      for (int i = 7; i >= 0; i--) {
        seed = seed << 8 | hash[i] & 0xff;
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    float[] u = new float[count];
    for (int i = 0; i < count; i++) {
      long x = seed + (i + 1) * 0x9E3779B97F4A7C15L;
      x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
      x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
      x ^= x >>> 31;
      u[i] = (float) ((x >>> 40) / (double) (1 << 23) - 1);
    }
    return u;
  }

  /** Values of a parameter in PyTorch's axis order. */
  public static float[] weights(String salt, String name, int[] shape) {
    int size = 1;
    for (int e : shape) {
      size *= e;
    }
    float[] u = numbers(salt + name, size);
    float scale = 0.25f;
    float centre = 0;
    if (name.contains("bias_table") || name.contains("position")) {
      scale = 0.5f;
    } else if (shape.length > 1) {
      double fan = (double) size / shape[0];
      scale = (float) Math.scalb(1.0, (int) Math.rint(Math.log(Math.sqrt(3 / fan)) / Math.log(2)));
    } else if (name.endsWith("weight")) {
      centre = 1;
    }
    for (int i = 0; i < size; i++) {
      u[i] = centre + u[i] * scale;
    }
    return u;
  }

  /** Gives every parameter of a module its values. */
  static void fill(Module module, String salt) {
    module
        .namedState()
        .forEach(
            (name, s) -> {
              int[] torch = s.layout().torchShape(s.tensor().shape()).toArray();
              s.tensor()
                  .copyFrom(s.layout().fromTorch(weights(salt, name, torch), s.tensor().shape()));
            });
  }
}
