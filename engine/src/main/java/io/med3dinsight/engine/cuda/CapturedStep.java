package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Rng;
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
  private final RecordedStreams streams;
  private final DevicePool.Arena memory;
  private final CudaDriver.Graph graph;
  private final List<Tensor> results;
  private boolean closed;

  private CapturedStep(
      CudaBackend cuda,
      RecordedStreams streams,
      DevicePool.Arena memory,
      CudaDriver.Graph graph,
      List<Tensor> results) {
    this.cuda = cuda;
    this.streams = streams;
    this.memory = memory;
    this.graph = graph;
    this.results = results.stream().map(Tensor::share).toList();
  }

  /** Records a computation that draws no random numbers. */
  public static CapturedStep capture(CudaBackend cuda, Supplier<List<Tensor>> step) {
    return capture(cuda, List.of(), step);
  }

  /**
   * Records a computation.
   *
   * @param drawnFrom the random streams that it draws from, each with a seed of its own. Each run
   *     takes as many numbers as the recording did, from where the stream is then; the recording
   *     itself takes none.
   * @param step gives the tensors that are wanted after each run, made by it or before
   * @throws NotCapturableException when the computation needs the host: it reads a value back,
   *     copies one to the device, waits, or draws from another random stream; nothing has run then
   */
  public static CapturedStep capture(
      CudaBackend cuda, List<Rng> drawnFrom, Supplier<List<Tensor>> step) {
    RecordedStreams streams = RecordedStreams.of(cuda, drawnFrom);
    DevicePool.Arena memory = null;
    CudaDriver.Graph graph = null;
    CapturedStep captured = null;
    try (Scope s = Scope.open()) {
      memory = cuda.beginCapture(streams);
      List<Tensor> results = step.get();
      graph = cuda.endCapture();
      streams.recorded();
      captured = new CapturedStep(cuda, streams, memory, graph, results);
      return captured;
    } finally {
      if (captured == null) {
        streams.restore();
        streams.free();
        if (memory != null) {
          cuda.abandonCapture(memory, graph);
        }
      }
    }
  }

  /** Queues the whole computation. */
  public void run() {
    if (closed) {
      throw new IllegalStateException("the captured step was closed");
    }
    streams.advance();
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
      streams.free();
      cuda.release(memory);
    }
  }
}
