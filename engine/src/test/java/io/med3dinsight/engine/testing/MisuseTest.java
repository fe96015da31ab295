package io.med3dinsight.engine.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.function.Arrangement;
import io.med3dinsight.engine.function.Indexing;
import io.med3dinsight.engine.function.Reductions;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Wrong use of scopes, tapes and ops ends in a sentence that says what to do. */
class MisuseTest {
  private final Device device = Device.of(new CpuBackend(1, Kernels.scalar(), true));

  @AfterEach
  void nothingIsLeftBehind() {
    assertEquals(0, device.backend().memory().active());
    assertNull(Tape.current());
    assertThrows(IllegalStateException.class, Scope::current);
  }

  private static void refused(String part, Executable call) {
    String message = assertThrows(RuntimeException.class, call).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void scopes() {
    refused("no Scope is open on this thread", () -> Tensor.zeros(device, 1));
    Tensor gone;
    Scope outer = Scope.open();
    Scope inner = Scope.open();
    gone = Tensor.zeros(device, 2, 3);
    refused("reverse order", outer::close);
    inner.close();
    inner.close();
    refused("tensor F32 [2,3] was freed with its scope", gone::toFloats);
    refused("was freed", () -> gone.add(1));
    refused("was freed", () -> gone.view(0, gone.shape()));
    Tensor t = Tensor.zeros(device, 1);
    refused("the scope is closed", () -> inner.adopt(t));
    refused("no outer scope", () -> outer.keep(t));
    outer.close();
  }

  @Test
  void aScopeBelongsToItsThread() throws Exception {
    try (Scope scope = Scope.open()) {
      ExecutionException e =
          assertThrows(
              ExecutionException.class, () -> CompletableFuture.runAsync(scope::close).get());
      assertTrue(e.getCause().getMessage().contains("on their own thread"));
      assertEquals(1, Tensor.zeros(device, 1).size());
    }
  }

  @Test
  void tapes() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(device, 2f, 3).requireGrad();
      Tape outer = Tape.open();
      Tape inner = Tape.open();
      refused("tapes must be closed in the reverse order", outer::close);
      inner.close();
      inner.close();
      Tensor y = x.square();
      Tensor loss = y.sum();
      refused("gradients are taken of a scalar, but the loss is F32 [3]", () -> outer.gradients(y));
      refused("the seed of gradients", () -> outer.gradients(y, loss));
      outer.gradients(loss);
      refused("gradients were taken on this tape already", () -> outer.gradients(loss));
      outer.close();
    }
  }

  /** What was computed before gradients were taken is a constant for what follows. */
  @Test
  void aTapeGoesOnAfterGradients() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.full(device, 2f, 1).requireGrad();
      Tensor y = x.square();
      assertEquals(4f, tape.gradients(y.sum()).of(x).item());
      Gradients g = tape.gradients(x.mul(y).sum());
      assertEquals(4f, g.of(x).item());
    }
  }

  @Test
  void aFailedGradientLeavesNothingBehind() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.full(device, 2f, 3).requireGrad();
      Tensor ids = Tensor.of(device, new int[] {0, 1, 1}, 3);
      Tensor y = Indexing.gather(x.square(), 0, ids).add(x.exp());
      ids.hostInts()[ids.hostOffset()] = 7;
      refused("index 7 is outside an axis of 3 entries", () -> tape.gradients(y.sum()));
    }
  }

  @Test
  void arguments() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(device, 2, 3);
      Tensor ids = Tensor.of(device, new int[6], 2, 3);
      refused("differ along axis 0 only", () -> Indexing.gather(x, 0, ids.slice(1, 0, 2)));
      refused("an index I32", () -> Indexing.gather(x, 0, x));
      refused("axis 2 does not exist", () -> Indexing.gather(x, 2, ids));
      refused("at least one entry", () -> Reductions.max(x.slice(1, 0, 0), false, 1));
      refused("negative padding", () -> Arrangement.pad(x, new int[] {0, -1}, new int[2], 0));
      refused("as many paddings as axes", () -> Arrangement.pad(x, new int[1], new int[1], 0));
      refused("whole number", () -> Arrangement.pad(ids, new int[2], new int[2], 0.5f));
      refused("2 shifts for 1 axes", () -> Arrangement.roll(x, new int[2], new int[1]));
    }
  }

  @Test
  void anIndexOutsideIsNamed() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(device, 2, 3);
      for (int wrong : new int[] {-1, 2, Integer.MAX_VALUE}) {
        Tensor ids = Tensor.of(device, new int[] {0, 1, wrong}, 1, 3);
        refused("index " + wrong + " is outside", () -> Indexing.gather(x, 0, ids));
        refused(
            "index " + wrong + " is outside",
            () -> Indexing.scatterAdd(x, 0, ids, Tensor.zeros(device, 1, 3)));
      }
    }
  }
}
