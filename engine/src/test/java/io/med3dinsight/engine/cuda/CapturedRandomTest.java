package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.function.Randomness;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A captured step that draws random numbers draws those that it would draw without a graph. */
class CapturedRandomTest {
  private final CudaBackend cuda =
      new CudaBackend(
          new SimulatedDriver(SimulatorOptions.defaults()), CudaOptions.DEFAULT.ownKernels());
  private final Device device = Device.of(cuda);

  /** Numbers hidden one by one, whole rows left out, and the gradient, which draws them again. */
  private static List<Tensor> step(Tensor x, Rng elements, Rng rows) {
    try (Scope inner = Scope.open();
        Tape tape = Tape.open()) {
      Tensor ones = Tensor.full(x.device(), 1f, x.dim(0), 1);
      Tensor y = Randomness.dropout(x, 0.4f, elements).mul(Randomness.dropout(ones, 0.3f, rows));
      Tensor again = Randomness.dropout(y.square(), 0.2f, elements);
      Gradients g = tape.gradients(again.sum(false, 0, 1));
      return List.of(inner.keep(again), inner.keep(g.of(x)));
    }
  }

  @Test
  void eachRunGoesOnWhereTheStreamsAre() {
    // 11 * 7 numbers for each of two draws: positions that are no multiples of four. The second
    // stream crosses 2^32.
    float[] values = new float[77];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 30.5f;
    }
    Rng[] plain = {new Rng(5), new Rng(6)};
    Rng[] graph = {new Rng(5), new Rng(6)};
    plain[1].position((1L << 32) - 15);
    graph[1].position((1L << 32) - 15);
    try (Scope s = Scope.open()) {
      Tensor x = Tensor.of(device, values, 11, 7);
      x.requireGrad();
      try (CapturedStep captured =
          CapturedStep.capture(cuda, List.of(graph), () -> step(x, graph[0], graph[1]))) {
        assertEquals(0, graph[0].position(), "recording draws nothing");
        for (int run = 0; run < 4; run++) {
          if (run == 2) {
            // As a checkpoint that is read again does.
            plain[0].position(3);
            graph[0].position(3);
          }
          captured.run();
          List<Tensor> expected = step(x, plain[0], plain[1]);
          for (int k = 0; k < 2; k++) {
            float[] got = captured.results().get(k).toFloats();
            assertArrayEquals(expected.get(k).toFloats(), got, "run " + run + ", result " + k);
            assertEquals(plain[k].position(), graph[k].position());
          }
        }
      }
    }
    assertEquals(0, cuda.memory().active());
  }

  @Test
  void streamsThatTheRecordingDoesNotKnowAreRefused() {
    try (Scope s = Scope.open()) {
      Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4}, 2, 2);
      x.requireGrad();
      Rng known = new Rng(1);
      NotCapturableException e =
          assertThrows(
              NotCapturableException.class,
              () -> CapturedStep.capture(cuda, List.of(known), () -> step(x, known, new Rng(2))));
      assertEquals(
          "the step holds Dropout, whose numbers change from step to step", e.getMessage());
      assertEquals(0, known.position(), "what the recording drew is drawn again");
      e =
          assertThrows(
              NotCapturableException.class,
              () ->
                  CapturedStep.capture(
                      cuda, List.of(known, new Rng(1)), () -> step(x, known, known)));
      assertEquals("two of the step's random streams have the same seed", e.getMessage());
    }
    assertEquals(0, cuda.memory().active());
  }
}
