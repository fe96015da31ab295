package io.med3dinsight.engine.cuda;

import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.ptx.FaultKind;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.PtxKernel;
import io.med3dinsight.kernels.ptx.PtxModule;
import io.med3dinsight.kernels.ptx.SimulatedGpu;
import io.med3dinsight.kernels.ptx.SimulationFault;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A driver without a GPU: the PTX that ships runs in the simulator, which throws a {@link
 * SimulationFault} for whatever a kernel does wrong. Everything has run when a call returns.
 */
public final class SimulatedDriver implements CudaDriver {
  private record Loaded(PtxKernel kernel) implements Function {}

  /** What a captured sequence does, in its order. */
  private final class Recorded implements Graph {
    private final List<Runnable> calls;

    Recorded(List<Runnable> calls) {
      this.calls = calls;
    }

    @Override
    public void launch() {
      synchronized (SimulatedDriver.this) {
        awaitTurn();
        calls.forEach(SimulatedDriver.this::queue);
      }
    }

    @Override
    public void close() {
      calls.clear();
    }
  }

  /** Kernels that any simulated device of this process ran. */
  private static final Set<String> LAUNCHED = ConcurrentHashMap.newKeySet();

  private final SimulatorOptions options;
  private final SimulatedGpu gpu;
  private final Map<String, PtxModule> modules = new HashMap<>();
  private final Map<String, LaunchStatistics> statistics = new TreeMap<>();
  private final ThreadLocal<ByteBuffer> staging = new ThreadLocal<>();
  private List<Runnable> capture;
  private Thread capturing;

  public SimulatedDriver(SimulatorOptions options) {
    this.options = options;
    this.gpu = new SimulatedGpu(options);
  }

  /** The kernels that any simulated device of this process ran, to see what tests leave out. */
  static Set<String> launched() {
    return new TreeSet<>(LAUNCHED);
  }

  /** What the launches of each kernel did so far, by the kernel's name. */
  public synchronized Map<String, LaunchStatistics> statistics() {
    return new TreeMap<>(statistics);
  }

  /**
   * From the next launch on {@link LaunchStatistics#watchedLoadBytes} counts loads from this
   * memory, and from no other.
   */
  public synchronized void watch(long address, long bytes) {
    gpu.watch(address, bytes);
  }

  @Override
  public CudaProperties properties() {
    int shared = options.sharedBytesPerBlock();
    return new CudaProperties(
        "PTX simulator",
        8,
        0,
        options.multiprocessors(),
        shared,
        shared + (1 << 10),
        options.memoryLimit(),
        12000);
  }

  @Override
  public synchronized long allocate(long bytes) {
    awaitTurn();
    try {
      return gpu.allocate(bytes);
    } catch (SimulationFault e) {
      if (e.kind() == FaultKind.OUT_OF_MEMORY) {
        return 0;
      }
      throw e;
    }
  }

  @Override
  public synchronized void free(long address) {
    awaitTurn();
    gpu.free(address);
  }

  @Override
  public synchronized long freeBytes() {
    awaitTurn();
    return options.memoryLimit() - gpu.usedBytes();
  }

  @Override
  public ByteBuffer staging(int bytes) {
    ByteBuffer b = staging.get();
    if (b == null || b.capacity() < bytes) {
      b = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      staging.set(b);
    }
    return b;
  }

  @Override
  public synchronized void write(long address, ByteBuffer source) {
    awaitTurn();
    refuseInCapture("a copy from the host");
    gpu.write(address, source);
  }

  @Override
  public synchronized void read(long address, ByteBuffer target) {
    awaitTurn();
    refuseInCapture("a copy to the host");
    gpu.read(address, target);
  }

  @Override
  public synchronized void copy(long target, long source, long bytes) {
    awaitTurn();
    queue(() -> gpu.copy(target, source, bytes));
  }

  @Override
  public synchronized void fill(long address, int pattern, long words) {
    awaitTurn();
    queue(() -> gpu.fill32(address, pattern, words));
  }

  @Override
  public synchronized Function load(String family, String kernel) {
    awaitTurn();
    PtxModule module = modules.computeIfAbsent(family, f -> gpu.load(f + ".ptx", Catalogue.ptx(f)));
    return new Loaded(module.kernel(kernel));
  }

  @Override
  public synchronized void launch(
      Function kernel, int[] grid, int[] block, int sharedBytes, byte[] parameters) {
    awaitTurn();
    int[] g = grid.clone();
    int[] b = block.clone();
    byte[] p = parameters.clone();
    PtxKernel k = ((Loaded) kernel).kernel();
    queue(
        () -> {
          LaunchStatistics s = gpu.launch(k, g[0], g[1], g[2], b[0], b[1], b[2], sharedBytes, p);
          LAUNCHED.add(k.name());
          statistics.merge(k.name(), s, LaunchStatistics::plus);
        });
  }

  /** While one thread captures, others wait, so that nothing of theirs gets into its graph. */
  private void awaitTurn() {
    boolean interrupted = false;
    while (capture != null && capturing != Thread.currentThread()) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void queue(Runnable call) {
    if (capture != null) {
      capture.add(call);
    } else {
      call.run();
    }
  }

  private void refuseInCapture(String what) {
    if (capture != null) {
      throw new NotCapturableException(what + " cannot be captured in a graph");
    }
  }

  @Override
  public synchronized void synchronize() {
    awaitTurn();
    refuseInCapture("waiting for the device");
  }

  @Override
  public synchronized void beginCapture() {
    awaitTurn();
    refuseInCapture("another capture");
    capture = new ArrayList<>();
    capturing = Thread.currentThread();
  }

  @Override
  public synchronized Graph endCapture() {
    if (capture == null) {
      throw new IllegalStateException("no capture was begun");
    }
    Graph graph = new Recorded(capture);
    capture = null;
    notifyAll();
    return graph;
  }

  @Override
  public synchronized void close() {
    modules.clear();
  }
}
