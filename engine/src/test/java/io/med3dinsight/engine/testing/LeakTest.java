package io.med3dinsight.engine.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.MemoryUse;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Memory stays flat over 10^5 calls of all ops and their gradients. */
class LeakTest {
  private static final int CALLS = 100_000;

  /** Cases with at most this many input elements take part. */
  private static final int SMALL = 1000;

  private static final class Counting extends CpuBackend {
    final Set<Class<?>> ops = new HashSet<>();
    int calls;

    Counting() {
      super(1, Kernels.simd(), false);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
      calls++;
      ops.add(op.getClass());
      super.execute(op, inputs, outputs);
    }
  }

  @Test
  void memoryStaysFlat() throws Exception {
    List<OpCase> cases = new ArrayList<>();
    for (OpCase c : OpCases.all()) {
      if (c.inputs.stream().mapToInt(a -> a.data.length).sum() <= SMALL) {
        cases.add(c);
      }
    }
    Counting backend = new Counting();
    Device device = Device.of(backend);
    for (int i = 0; i < 3; i++) {
      cases.forEach(c -> run(c, device));
    }
    MemoryUse before = backend.memory();
    long heap = usedHeap();
    backend.calls = 0;
    while (backend.calls < CALLS) {
      for (OpCase c : cases) {
        run(c, device);
        assertEquals(0, backend.memory().active(), c.name + ": bytes left behind");
      }
    }
    assertEquals(before, backend.memory(), "the pool's counters");
    long grown = usedHeap() - heap;
    assertTrue(grown < 1 << 20, "the heap grew by " + grown + " bytes");
    assertTrue(backend.ops.size() >= 75, "ops that took part: " + backend.ops.size());
  }

  private static void run(OpCase c, Device device) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor[] in = OpCaseCheck.tensors(c, device, true);
      for (Tensor t : in) {
        if (c.gradient && t.dtype() == DType.F32) {
          t.requireGrad();
        }
      }
      Tensor y = c.engine.apply(in);
      if (c.gradient) {
        tape.gradients(y, Tensor.full(device, 1f, y.shape().toArray()));
      }
    }
  }

  private static long usedHeap() throws InterruptedException {
    long used = Long.MAX_VALUE;
    // Collection is asked for, not ordered: the smallest of a few readings is the live data.
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(20);
      Runtime r = Runtime.getRuntime();
      used = Math.min(used, r.totalMemory() - r.freeMemory());
    }
    return used;
  }
}
