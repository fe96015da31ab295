package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Backend;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.MemoryUse;
import io.med3dinsight.engine.tensor.Storage;
import io.med3dinsight.engine.tensor.Tensor;

/** Runs ops on the CPU: threads, inner loops and a memory pool of its own. */
public class CpuBackend implements Backend {
  private final Parallel parallel;
  private final Kernels kernels;
  private final HostPool pool;

  /** All processors, best inner loops. */
  public CpuBackend() {
    this(Runtime.getRuntime().availableProcessors());
  }

  public CpuBackend(int threads) {
    this(threads, Kernels.best(), false);
  }

  /**
   * @param guards whether buffers get canaries and start as NaN; for tests
   */
  public CpuBackend(int threads, Kernels kernels, boolean guards) {
    this.parallel = new Parallel(threads);
    this.kernels = kernels;
    this.pool = new HostPool(guards);
  }

  public Parallel parallel() {
    return parallel;
  }

  public Kernels kernels() {
    return kernels;
  }

  public HostPool pool() {
    return pool;
  }

  /**
   * A pooled temporary array of undefined contents, to be closed after use; counts as memory in
   * use.
   */
  public Scratch scratch(int floats) {
    return new Scratch(pool.take(DType.F32, floats));
  }

  @Override
  public String description() {
    return "cpu (" + kernels.name() + ", " + parallel.threads() + " threads)";
  }

  @Override
  public Storage allocate(DType dtype, int size) {
    return pool.take(dtype, size);
  }

  @Override
  public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
    op.cpu(this, inputs, outputs);
  }

  @Override
  public MemoryUse memory() {
    return pool.memory();
  }
}
