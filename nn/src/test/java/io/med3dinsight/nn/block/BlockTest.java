package io.med3dinsight.nn.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.nn.layer.MultiHeadAttention;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transformer blocks against PyTorch in double precision (oracle/nn_blocks.py): outputs and all
 * gradients.
 */
class BlockTest {
  private static final Device DEVICE = Device.cpu(2);
  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void copyFixture() throws IOException {
    file = dir.resolve("blocks.safetensors");
    try (InputStream in = getClass().getResourceAsStream("blocks.safetensors")) {
      Files.copy(in, file);
    }
  }

  @Test
  void selfAttentionBlockWithBias() {
    try (TransformerBlock b = new TransformerBlock(Setup.of(DEVICE, 1), 12, 3, 20)) {
      check("self", b, b::call);
    }
  }

  @Test
  void crossAttentionBlock() {
    try (CrossAttentionBlock b = new CrossAttentionBlock(Setup.of(DEVICE, 1), 12, 8, 2, 20)) {
      check("cross", b, b::call);
    }
  }

  private void check(String name, Module block, BinaryOperator<Tensor> call) {
    try (SafetensorsFile f = SafetensorsFile.open(file);
        Checkpoint c = Checkpoint.open(file);
        Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      assertEquals(block.namedParameters().size(), c.load(block, name + ".").matched().size());
      Tensor x = tensor(f, name + "_in.x").requireGrad();
      Tensor other = tensor(f, name + "_in.other").requireGrad();
      Tensor y = call.apply(x, other);
      compare(f.floats(name + "_y"), y.toFloats(), "output");
      Gradients g = tape.gradients(y, tensor(f, name + "_weight"));
      compare(f.floats(name + "_grad_in.x"), g.of(x).toFloats(), "x");
      compare(f.floats(name + "_grad_in.other"), g.of(other).toFloats(), "other");
      block
          .namedState()
          .forEach(
              (n, s) -> {
                float[] got = s.layout().toTorch(g.of(s.tensor()).toFloats(), s.tensor().shape());
                if (n.endsWith(".k.bias")) {
                  // A shift of all keys changes no softmax: the gradient is rounding alone.
                  compare(new float[got.length], got, n, 1e-5);
                } else {
                  compare(f.floats(name + "_grad." + n), got, n);
                }
              });
    }
  }

  private static Tensor tensor(SafetensorsFile f, String name) {
    return Tensor.of(DEVICE, f.floats(name), f.shape(name).toArray());
  }

  private static void compare(float[] expected, float[] got, String what) {
    double scale = 0;
    for (float e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    compare(expected, got, what, 1e-4 * scale);
  }

  private static void compare(float[] expected, float[] got, String what, double tolerance) {
    assertEquals(expected.length, got.length, what);
    for (int i = 0; i < got.length; i++) {
      assertEquals(expected[i], got[i], tolerance, what);
    }
  }

  @Test
  void aMaskHidesKeys() {
    try (MultiHeadAttention a = new MultiHeadAttention(Setup.of(DEVICE, 1), 4, 2);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.of(DEVICE, new float[] {1, 2, 3, 4, 0.5f, 0, -1, 2}, 1, 2, 4);
      Tensor mask = Tensor.of(DEVICE, new int[] {1, 0}, 1, 1, 1, 2);
      Tensor first = x.slice(1, 0, 1);
      float[] masked = a.call(x, x, null, mask).toFloats();
      float[] alone = a.call(x, first, null, null).toFloats();
      compare(alone, masked, "masked");
    }
  }

  @Test
  void widthsThatDoNotFitAreNamed() {
    Setup s = Setup.of(DEVICE, 1);
    assertThrows(IllegalArgumentException.class, () -> new MultiHeadAttention(s, 10, 3));
    try (MultiHeadAttention a = new MultiHeadAttention(s, 4, 2);
        Scope scope = Scope.open()) {
      ShapeException e =
          assertThrows(ShapeException.class, () -> a.call(Tensor.zeros(DEVICE, 4, 4)));
      assertTrue(e.getMessage().startsWith("Attention expects queries [B,Tq,C]"), e.getMessage());
    }
  }
}
