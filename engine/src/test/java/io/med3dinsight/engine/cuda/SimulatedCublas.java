package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;

/** cuBLAS answered by the CPU backend; refuses what cuBLAS refuses. */
final class SimulatedCublas implements Cublas {
  private final HostDriver driver;
  private final Device cpu = Device.of(new CpuBackend(1));
  private int calls;

  SimulatedCublas(HostDriver driver) {
    this.driver = driver;
  }

  int calls() {
    return calls;
  }

  @Override
  public String version() {
    return "simulated";
  }

  @Override
  public void gemm(Gemm g) {
    calls++;
    check(g.m() > 0 && g.n() > 0 && g.k() > 0 && g.count() > 0, "extents", g);
    check(g.a().lead() >= (g.transposeA() ? g.k() : g.m()), "lda", g);
    check(g.b().lead() >= (g.transposeB() ? g.n() : g.k()), "ldb", g);
    check(g.c().lead() >= g.m(), "ldc", g);
    check(g.a().dtype() == g.b().dtype(), "types", g);
    check(g.a().dtype() == DType.F32 || g.arithmetic() == Arithmetic.FP32, "arithmetic", g);
    check(g.c().stride() >= (long) g.m() * g.n() || g.count() == 1, "stride of c", g);
    driver.queue(() -> run(g));
  }

  private static void check(boolean good, String what, Gemm g) {
    if (!good) {
      throw new IllegalArgumentException(what + " of " + g);
    }
  }

  private void run(Gemm g) {
    for (int i = 0; i < g.count(); i++) {
      try (Scope s = Scope.open()) {
        // Columns of cuBLAS are rows of a tensor, so that each matrix is the transpose.
        Tensor a = stored(g.a(), i, g.transposeA() ? g.m() : g.k(), g.transposeA() ? g.k() : g.m());
        Tensor b = stored(g.b(), i, g.transposeB() ? g.k() : g.n(), g.transposeB() ? g.n() : g.k());
        float[] c = MatMul.of(b, g.transposeB(), a, g.transposeA()).toFloats();
        long address = g.c().address() + i * g.c().stride() * g.c().dtype().bytes();
        driver.put(address, g.c().dtype(), c);
      }
    }
  }

  private Tensor stored(Matrix m, int index, int columns, int rows) {
    long address = m.address() + index * m.stride() * m.dtype().bytes();
    if (m.lead() != rows) {
      throw new IllegalArgumentException("only dense matrices occur, but this is " + m);
    }
    return Tensor.of(cpu, driver.floats(address, m.dtype(), rows * columns), columns, rows);
  }

  @Override
  public void close() {}
}
