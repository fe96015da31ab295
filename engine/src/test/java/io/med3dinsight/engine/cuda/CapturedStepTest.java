package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.function.Randomness;
import io.med3dinsight.engine.op.Affine;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Captured steps: they repeat what they were recorded with, and nobody else gets their memory. */
final class CapturedStepTest {
  private final HostDriver driver = new HostDriver(1 << 20);
  private final HostBackend cuda = new HostBackend(driver, CudaOptions.DEFAULT);
  private final Device device = Device.of(cuda);
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
    assertEquals(0, cuda.memory().active());
    cuda.close();
  }

  private Tensor tensor(float... values) {
    return Tensor.of(device, values, values.length);
  }

  /** Loss and gradient of a step, which keeps temporaries of its own. */
  private List<Tensor> lossAndGradient(Tensor x, Tensor w) {
    try (Scope inner = Scope.open();
        Tape tape = Tape.open()) {
      Tensor y = x.mul(w).square();
      Tensor loss = y.sum(false, 0);
      Gradients g = tape.gradients(loss);
      return List.of(inner.keep(loss), inner.keep(g.of(w)));
    }
  }

  private Tensor parameter(float... values) {
    Tensor w = tensor(values);
    w.requireGrad();
    return w;
  }

  @Test
  void aWholeStepIsRepeatedOnNewInputs() {
    Tensor x = tensor(1, 2);
    Tensor w = parameter(3, 4);
    try (CapturedStep step = CapturedStep.capture(cuda, () -> lossAndGradient(x, w))) {
      for (int round = 1; round < 4; round++) {
        x.copyFrom(new float[] {round, 2 * round});
        step.run();
        float r2 = round * round;
        assertEquals(9 * r2 + 64 * r2, step.results().get(0).item());
        assertArrayEquals(new float[] {6 * r2, 32 * r2}, step.results().get(1).toFloats());
      }
    }
  }

  @Test
  void recordingRunsNothing() {
    Tensor x = tensor(1, 2);
    Tensor y = tensor(0, 0);
    try (CapturedStep step =
        CapturedStep.capture(
            cuda,
            () -> {
              cuda.execute(new Affine(2, 0), new Tensor[] {x}, new Tensor[] {y});
              return List.of(y);
            })) {
      assertArrayEquals(new float[] {0, 0}, y.toFloats());
      step.run();
      assertArrayEquals(new float[] {2, 4}, y.toFloats());
    }
    // A result that was there before stays its owner's.
    assertArrayEquals(new float[] {2, 4}, y.toFloats());
  }

  @Test
  void nobodyElseGetsTheMemoryOfAStepWhileItLives() {
    Tensor x = tensor(1, 2);
    Tensor w = parameter(3, 4);
    long before = cuda.memory().active();
    CapturedStep step = CapturedStep.capture(cuda, () -> lossAndGradient(x, w));
    assertEquals(before + step.reservedBytes(), cuda.memory().active());
    List<Tensor> others = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      others.add(tensor(i, -i));
    }
    step.run();
    for (int i = 0; i < 50; i++) {
      assertArrayEquals(new float[] {i, -i}, others.get(i).toFloats());
    }
    assertEquals(73, step.results().get(0).item());
    others.forEach(Tensor::free);
    step.close();
    assertEquals(before, cuda.memory().active());
  }

  @Test
  void whatWasFreedWhileRecordingIsKeptAsItWas() {
    Tensor early = tensor(5, 6);
    try (CapturedStep step =
        CapturedStep.capture(
            cuda,
            () -> {
              Tensor y = early.mul(2);
              early.free();
              return List.of(y.add(1));
            })) {
      Tensor other = tensor(7, 8);
      step.run();
      step.run();
      assertArrayEquals(new float[] {11, 13}, step.results().get(0).toFloats());
      assertArrayEquals(new float[] {7, 8}, other.toFloats());
    }
  }

  @Test
  void aStepThatNeedsTheHostIsRefusedAndLeavesNothing() {
    Tensor x = tensor(1, 2);
    long before = cuda.memory().active();
    NotCapturableException e =
        assertThrows(
            NotCapturableException.class,
            () -> CapturedStep.capture(cuda, () -> List.of(x.mul(x.sum(false, 0).item()))));
    assertEquals("reads back from the device", e.getMessage());
    Rng rng = new Rng(1);
    e =
        assertThrows(
            NotCapturableException.class,
            () -> CapturedStep.capture(cuda, () -> List.of(Randomness.dropout(x, 0.5f, rng))));
    assertEquals("the step holds Dropout, whose numbers change from step to step", e.getMessage());
    assertThrows(
        IllegalStateException.class,
        () ->
            CapturedStep.capture(
                cuda,
                () -> {
                  throw new IllegalStateException("a fault");
                }));
    assertEquals(before, cuda.memory().active());
    assertArrayEquals(new float[] {2, 4}, x.mul(2).toFloats());
  }

  @Test
  void outOfMemoryWhileRecordingLeavesNothing() {
    long before = cuda.memory().active();
    assertThrows(
        DeviceException.class,
        () -> CapturedStep.capture(cuda, () -> List.of(Tensor.zeros(device, 1 << 20))));
    assertEquals(before, cuda.memory().active());
  }

  /** Other threads allocate, compute and free while one captures; none gets into its graph. */
  @Test
  void threadsDoNotGetIntoAGraph() throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    List<Throwable> failures = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      int number = t;
      Thread thread =
          new Thread(
              () -> {
                int rounds = 0;
                while (!stop.get() || rounds < 20) {
                  try (Scope s = Scope.open()) {
                    float v = number * 1000 + rounds++ % 100;
                    Tensor y = Tensor.full(device, v, 100).mul(2).add(1);
                    assertEquals(2 * v + 1, y.toFloats()[99]);
                  }
                }
              });
      thread.setUncaughtExceptionHandler(
          (x, e) -> {
            synchronized (failures) {
              failures.add(e);
            }
          });
      threads.add(thread);
      thread.start();
    }
    Tensor x = tensor(1, 2);
    Tensor w = parameter(3, 4);
    for (int round = 1; round < 50; round++) {
      try (CapturedStep step = CapturedStep.capture(cuda, () -> lossAndGradient(x, w))) {
        x.copyFrom(new float[] {round, 0});
        step.run();
        assertEquals(9f * round * round, step.results().get(0).item());
      }
    }
    stop.set(true);
    for (Thread t : threads) {
      t.join();
    }
    assertTrue(failures.isEmpty(), failures::toString);
  }
}
