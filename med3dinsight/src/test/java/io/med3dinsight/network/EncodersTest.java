package io.med3dinsight.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every architecture beside its agreement with the published code. */
class EncodersTest {
  private static final Device DEVICE = Device.cpu(2);

  private static NnFormerConfig nnFormer(NnFormerConfig.Variant variant, boolean hidePadding) {
    int[] patch =
        variant == NnFormerConfig.Variant.ACDC ? new int[] {1, 4, 4} : new int[] {2, 4, 4};
    return new NnFormerConfig(
        variant,
        1,
        new int[] {16, 64, 64},
        8,
        new int[] {2, 2, 1, 1},
        new int[] {1, 2, 4, 8},
        patch,
        NnFormerConfig.cubes(3, 3, 2, 2),
        0.3,
        hidePadding);
  }

  private static SwinUnetrConfig swin(boolean hidePadding) {
    return new SwinUnetrConfig(
        1,
        4,
        new int[] {2, 1, 1, 1},
        new int[] {1, 2, 4, 8},
        new int[] {3, 4, 5},
        SwinUnetrConfig.Merging.V2,
        true,
        0.3,
        hidePadding);
  }

  static Stream<NetworkConfig> configs() {
    return Stream.of(
        new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {1, 1, 1}}, 1, true),
        nnFormer(NnFormerConfig.Variant.TUMOR, false),
        nnFormer(NnFormerConfig.Variant.SYNAPSE, true),
        nnFormer(NnFormerConfig.Variant.ACDC, false),
        nnFormer(NnFormerConfig.Variant.ACDC, true),
        swin(false),
        swin(true),
        new UnetrConfig(1, new int[] {32, 32, 32}, 2, 8, 16, 2, 4));
  }

  /** Any size: results of the input's extents, gradients of everything that should have one. */
  @ParameterizedTest
  @MethodSource("configs")
  void anySizeWorks(NetworkConfig config) {
    int[][] sizes = {{7, 33, 41}, {16, 64, 64}, {18, 35, 34}, {33, 34, 20}};
    try (EncoderDecoder net = config.build(Setup.of(DEVICE, 1), 3, 1)) {
      for (int[] s : sizes) {
        try (Scope scope = Scope.open();
            Tape tape = Tape.open()) {
          int n = s[0] * s[1] * s[2];
          Tensor x = Tensor.of(DEVICE, MadeUp.numbers("any", n), 1, s[0], s[1], s[2], 1);
          Tensor[] f = net.encoder().features(x);
          assertArrayEquals(
              net.encoder().channels(), Arrays.stream(f).mapToInt(t -> t.dim(-1)).toArray());
          Tensor y = net.fromFeatures(x, f)[0];
          assertArrayEquals(new int[] {1, s[0], s[1], s[2], 3}, y.shape().toArray());
          Gradients g = tape.gradients(y.square().sum());
          net.namedParameters()
              .forEach(
                  (name, p) -> {
                    assertNotNull(g.of(p), name);
                    for (float v : g.of(p).toFloats()) {
                      assertTrue(Float.isFinite(v), name);
                    }
                  });
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void pooledFeaturesAreTheMeanOfTheCoarsest(NetworkConfig config) {
    try (EncoderDecoder net = config.build(Setup.of(DEVICE, 1), 2, 1);
        Scope scope = Scope.open()) {
      net.train(false);
      Tensor x = Tensor.of(DEVICE, MadeUp.numbers("p", 2 * 32 * 32 * 32), 2, 32, 32, 32, 1);
      Tensor e = net.encoder().embedding(x);
      int[] c = net.encoder().channels();
      assertArrayEquals(new int[] {2, c[c.length - 1]}, e.shape().toArray());
      Tensor[] f = net.encoder().features(x);
      float[] coarse = f[f.length - 1].toFloats();
      int width = c[c.length - 1];
      double sum = 0;
      for (int i = 0; i < coarse.length / 2; i += width) {
        sum += coarse[i];
      }
      assertEquals(sum / (coarse.length / 2 / width), e.toFloats()[0], 1e-5);
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void shapesGoToJsonAndBack(NetworkConfig config) {
    assertEquals(config, NetworkJson.read(config.toJson()));
    ObjectNode more = config.toJson().put("colour", "green");
    assertThrows(UsageException.class, () -> NetworkJson.read(more));
    ObjectNode less = config.toJson();
    less.remove("inputChannels");
    assertThrows(UsageException.class, () -> NetworkJson.read(less));
  }

  /** Dropped branches come from the stream, whose position a checkpoint holds. */
  @Test
  void stochasticDepthIsRepeatedFromItsStream() {
    for (NetworkConfig config :
        List.of(nnFormer(NnFormerConfig.Variant.SYNAPSE, false), swin(false))) {
      try (EncoderDecoder net = config.build(Setup.of(DEVICE, 1), 2, 1);
          Scope scope = Scope.open()) {
        Rng rng = net.randomStreams().get("drop_path");
        Tensor x = Tensor.of(DEVICE, MadeUp.numbers("d", 16 * 64 * 64), 1, 16, 64, 64, 1);
        float[] first = net.call(x).toFloats();
        assertTrue(rng.position() > 0);
        float[] second = net.call(x).toFloats();
        assertFalse(Arrays.equals(first, second), "two draws were the same");
        rng.position(0);
        assertArrayEquals(first, net.call(x).toFloats());
        net.train(false);
        long position = rng.position();
        assertArrayEquals(net.call(x).toFloats(), net.call(x).toFloats());
        assertEquals(position, rng.position());
      }
    }
  }

  /** With hidden padding a grid smaller than its window gives what a window of its size gives. */
  @Test
  void hiddenPaddingChangesNothing() {
    Windows padded = new Windows(new int[] {2, 3, 2}, new int[] {3, 3, 3}, new int[3]);
    Windows whole = new Windows(new int[] {2, 3, 2}, new int[] {2, 3, 2}, new int[3]);
    WindowAttention.Spec spec =
        new WindowAttention.Spec(
            6, 2, new int[] {3, 3, 3}, WindowAttention.Positions.ROW_MAJOR, false);
    try (WindowAttention attention = new WindowAttention(Setup.of(DEVICE, 1), spec);
        WindowMasks masks = new WindowMasks(true, true);
        Scope scope = Scope.open()) {
      // Without a bias for positions, whose numbering depends on the window.
      int rows = 125 * 2;
      attention.namedParameters().get("relative_position_bias_table").copyFrom(new float[rows]);
      Tensor x = Tensor.of(DEVICE, MadeUp.numbers("w", 12 * 6), 1, 2, 3, 2, 6);
      Tensor expected = attention.call(x, whole, null);
      Tensor got = padded.leave(attention.call(padded.enter(x), padded, masks.of(padded, DEVICE)));
      assertArrayEquals(expected.toFloats(), got.toFloats(), 1e-6f);
    }
  }

  @Test
  void windowsAreCutAndJoined() {
    Windows w = new Windows(new int[] {5, 4, 7}, new int[] {2, 4, 3}, new int[] {1, 2, 1});
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(DEVICE, MadeUp.numbers("c", 2 * 140 * 6), 2, 5, 4, 7, 6);
      Tensor in = w.enter(x);
      assertArrayEquals(new int[] {2, 6, 4, 9, 6}, in.shape().toArray());
      Tensor cut = w.split(in, 2);
      assertArrayEquals(new int[] {2, 9, 2, 24, 3}, cut.shape().toArray());
      assertArrayEquals(x.toFloats(), w.leave(w.merge(cut)).toFloats());
    }
  }

  /** Two tokens see each other when no edge of the unshifted grid lies between them. */
  @Test
  void shiftedWindowsPartBothEnds() {
    Windows w = new Windows(new int[] {4, 4, 4}, new int[] {2, 2, 2}, new int[] {1, 1, 1});
    int[] mask = w.mask(true, false);
    int at = 0;
    for (int b = 0; b < 8; b++) {
      int[] window = {b / 4, b / 2 % 2, b % 2};
      for (int q = 0; q < 8; q++) {
        for (int k = 0; k < 8; k++) {
          boolean sees = true;
          for (int a = 0; a < 3; a++) {
            int bit = 2 - a;
            int from = (2 * window[a] + (q >> bit & 1) + 1) % 4;
            int to = (2 * window[a] + (k >> bit & 1) + 1) % 4;
            sees &= Math.abs(from - to) < 2;
          }
          assertEquals(sees ? 1 : 0, mask[at++], "window " + b + ", " + q + " to " + k);
        }
      }
    }
    assertNull(new Windows(new int[] {4, 4, 4}, new int[] {2, 2, 2}, new int[3]).mask(true, true));
  }

  @Test
  void publishedShapes() {
    NnFormerConfig tumor = NnFormerConfig.tumor(1, 128, 128, 128);
    assertArrayEquals(new int[] {8, 8, 8}, tumor.attention(2).window());
    assertFalse(tumor.attention(2).shifts(), "a window of the whole grid");
    assertTrue(tumor.attention(0).shifts());
    assertEquals(6, tumor.decoderHeads(0));
    assertEquals(6, NnFormerConfig.synapse(1, 64, 128, 128).decoderHeads(0));
    assertFalse(NnFormerConfig.acdc(1, 14, 160, 160).attention(3).shifts());
    UsageException e =
        assertThrows(UsageException.class, () -> UnetrConfig.published(1, 8, 96, 96));
    assertTrue(e.getMessage().contains("[8, 96, 96]"), e.getMessage());
  }
}
