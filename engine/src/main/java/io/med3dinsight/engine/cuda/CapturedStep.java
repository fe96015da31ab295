package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * A computation of fixed shapes as a CUDA graph: recorded once, repeated by one call, which saves
 * the host's work and the device's wait for it at each of its launches.
 *
 * <pre>{@code
 * List<Tensor> step = ...;                       // run once or twice before, so that kernels are
 *                                                // loaded and algorithms chosen
 * try (CapturedStep graph = CapturedStep.capture(cuda, () -> List.of(loss(x, y)))) {
 *   x.copyFrom(batch);
 *   graph.run();
 *   float loss = graph.results().get(0).item();
 * }
 * }</pre>
 *
 * <p>Recording runs nothing. The graph reads and writes the memory that it was recorded with:
 * inputs are tensors made before, filled anew for each run; results are overwritten by each run.
 * All memory that the computation took while it was recorded stays reserved until {@link #close}.
 * What changes from run to run must be in device memory; host code in the computation runs at the
 * recording only. While one thread records, others that use the device wait.
 */
public final class CapturedStep implements AutoCloseable {
  private final CudaBackend cuda;
  private final DevicePool.Arena memory;
  private final CudaDriver.Graph graph;
  private final List<Tensor> results;
  private boolean closed;

  private CapturedStep(
      CudaBackend cuda, DevicePool.Arena memory, CudaDriver.Graph graph, List<Tensor> results) {
    this.cuda = cuda;
    this.memory = memory;
    this.graph = graph;
    this.results = results.stream().map(Tensor::share).toList();
  }

  /**
   * Records a computation.
   *
   * @param step gives the tensors that are wanted after each run, made by it or before
   * @throws NotCapturableException when the computation needs the host: it reads a value back,
   *     copies one to the device, waits, or holds an op whose launches differ from run to run;
   *     nothing has run then
   */
  public static CapturedStep capture(CudaBackend cuda, Supplier<List<Tensor>> step) {
    DevicePool.Arena memory = cuda.beginCapture();
    CudaDriver.Graph graph = null;
    CapturedStep captured = null;
    try (Scope s = Scope.open()) {
      List<Tensor> results = step.get();
      graph = cuda.endCapture();
      captured = new CapturedStep(cuda, memory, graph, results);
      return captured;
    } finally {
      if (captured == null) {
        cuda.abandonCapture(memory, graph);
      }
    }
  }

  /** Queues the whole computation. */
  public void run() {
    if (closed) {
      throw new IllegalStateException("the captured step was closed");
    }
    graph.launch();
  }

  /** What the computation gave, overwritten by each run; freed with this. */
  public List<Tensor> results() {
    return results;
  }

  /** Bytes of device memory that stay reserved for it. */
  public long reservedBytes() {
    return memory.bytes();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      results.forEach(Tensor::free);
      graph.close();
      cuda.release(memory);
    }
  }
}
