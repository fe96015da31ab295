package io.med3dinsight.engine.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Checkpointing;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.function.Randomness;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Recomputed segments give the bits that they give when everything is kept. */
class CheckpointingTest {
  private final Device device = Device.of(new CpuBackend(2, Kernels.simd(), true));

  /** A function of x [N,C] and w [C,C] that may run a part of itself as a segment. */
  @FunctionalInterface
  private interface Net {
    Tensor of(Tensor x, Tensor w, Runner segment);
  }

  @FunctionalInterface
  private interface Runner {
    Tensor run(Function<Tensor[], Tensor> body, Tensor... in);
  }

  @AfterEach
  void nothingIsLeftBehind() {
    assertEquals(0, device.backend().memory().active());
    assertFalse(Checkpointing.recomputing());
  }

  private void sameBits(Net net) {
    Rng rng = new Rng(1);
    List<float[]> kept = run(net, (body, in) -> body.apply(in));
    List<float[]> again = run(net, (body, in) -> Checkpointing.run(rng, body, in));
    for (int i = 0; i < kept.size(); i++) {
      assertArrayEquals(kept.get(i), again.get(i), "result " + i);
    }
  }

  private List<float[]> run(Net net, Runner runner) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = random(1, 7, 9).requireGrad();
      Tensor w = random(2, 9, 9).requireGrad();
      Tensor y = net.of(x, w, runner);
      Gradients g = tape.gradients(y.square().sum());
      List<float[]> results = new ArrayList<>();
      results.add(y.toFloats());
      results.add(g.of(x).toFloats());
      results.add(g.of(w).toFloats());
      return results;
    }
  }

  private Tensor random(int seed, int... extents) {
    SplittableRandom r = new SplittableRandom(seed);
    return Tensor.of(device, Nd.uniform(r, -1, 1, extents).floats(), extents);
  }

  /** Sums of three and more terms, whose order matters, for parameters and for inputs. */
  @Test
  void whatIsUsedInsideAndOutside() {
    sameBits(
        (x, w, segment) -> {
          Tensor a = x.matmul(w).tanh();
          Tensor b =
              segment.run(
                  in -> in[0].matmul(w).sigmoid().mul(in[0]).add(in[0].matmul(w).mul(x)), a);
          return b.matmul(w).add(a).mul(x).add(a.mul(b));
        });
  }

  @Test
  void whatASegmentCapturesGetsItsGradient() {
    sameBits(
        (x, w, segment) -> {
          Tensor a = x.matmul(w).tanh();
          return segment.run(in -> in[0].matmul(w).mul(a), x.mul(2));
        });
  }

  @Test
  void segmentsWithinSegments() {
    sameBits(
        (x, w, segment) ->
            segment
                .run(
                    in -> {
                      Tensor a = in[0].matmul(w).tanh();
                      Tensor b = segment.run(deep -> deep[0].mul(a).matmul(w).mul(x), in[0]);
                      return b.add(in[0]).mul(a);
                    },
                    x.tanh())
                .add(x));
  }

  @Test
  void inputsThatAreHandedThrough() {
    sameBits((x, w, segment) -> segment.run(in -> in[0], x).matmul(w).mul(x));
    sameBits((x, w, segment) -> x.matmul(segment.run(in -> w, x)));
    sameBits((x, w, segment) -> x.matmul(segment.run(in -> in[1], x, w.tanh())));
  }

  @Test
  void dropoutIsDrawnAlike() {
    List<List<float[]>> results = new ArrayList<>();
    for (boolean recompute : new boolean[] {false, true}) {
      Rng rng = new Rng(9);
      Runner runner = (body, in) -> recompute ? Checkpointing.run(rng, body, in) : body.apply(in);
      results.add(
          run(
              (x, w, segment) -> {
                Tensor a = segment.run(in -> Randomness.dropout(in[0].matmul(w), 0.5f, rng), x);
                return Randomness.dropout(a, 0.3f, rng).matmul(w);
              },
              runner));
      assertEquals(2 * 7 * 9, rng.position());
    }
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(results.get(0).get(i), results.get(1).get(i), "result " + i);
    }
  }

  /** The second run of a segment must not count as another batch. */
  @Test
  void runningStatisticsTakeABatchInOnce() {
    float[][] means = new float[2][];
    for (int i = 0; i < 2; i++) {
      boolean recompute = i == 1;
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Tensor x = random(1, 7, 9).requireGrad();
        Tensor mean = Tensor.zeros(device, 9);
        Tensor var = Tensor.full(device, 1f, 9);
        Function<Tensor[], Tensor> norm =
            in -> Normalization.batchNorm(in[0], null, null, mean, var, 0.1f, 1e-5f, 1f);
        Tensor y = recompute ? Checkpointing.run(null, norm, x) : norm.apply(new Tensor[] {x});
        tape.gradients(y.square().sum());
        means[i] = mean.toFloats();
      }
    }
    assertArrayEquals(means[0], means[1]);
    assertTrue(means[0][0] != 0);
  }

  @Test
  void lessIsKept() {
    long[] kept = new long[2];
    for (int i = 0; i < 2; i++) {
      boolean recompute = i == 1;
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Tensor x = random(1, 100, 100).requireGrad();
        Function<Tensor[], Tensor> chain =
            in -> Scope.tidy(() -> in[0].tanh().sigmoid().exp().tanh().exp());
        Tensor y = recompute ? Checkpointing.run(null, chain, x) : chain.apply(new Tensor[] {x});
        kept[i] = device.backend().memory().active();
        assertEquals(10_000, y.size());
      }
    }
    assertTrue(kept[1] < kept[0] / 2, kept[1] + " bytes instead of " + kept[0]);
  }
}
