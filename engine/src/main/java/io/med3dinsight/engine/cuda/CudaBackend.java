package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Backend;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.MemoryUse;
import io.med3dinsight.engine.tensor.Storage;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.catalogue.KernelSignature;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs ops on a CUDA device: kernels on one stream, in the order of the calls, and a memory pool.
 * May be used from several threads.
 */
public class CudaBackend implements Backend, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CudaBackend.class);

  private final CudaDriver driver;
  private final CudaOptions options;
  private final DevicePool pool;

  /** Those that the step being recorded may draw from; belongs to the thread that records. */
  private volatile RecordedStreams streams = RecordedStreams.NONE;

  private volatile MatrixProducts matrixProducts;
  private volatile Convolutions convolutions;
  private final Map<String, CudaDriver.Function> functions = new ConcurrentHashMap<>();

  public CudaBackend(CudaDriver driver, CudaOptions options) {
    this(driver, options, false);
  }

  /**
   * @param exact whether every tensor gets device memory of its own, of just its size; for tests
   */
  public CudaBackend(CudaDriver driver, CudaOptions options, boolean exact) {
    this.driver = driver;
    this.options = options;
    this.pool = new DevicePool(driver, exact);
    CudaMatMul products = new CudaMatMul(this);
    this.matrixProducts = products;
    this.convolutions = new CudaConv(this, products);
  }

  public CudaDriver driver() {
    return driver;
  }

  public CudaOptions options() {
    return options;
  }

  public CudaProperties properties() {
    return driver.properties();
  }

  @Override
  public Arithmetic arithmetic() {
    return options.arithmetic();
  }

  @Override
  public String description() {
    CudaProperties p = properties();
    return "cuda (" + p.name() + ", " + p.major() + "." + p.minor() + ", " + arithmetic() + ")";
  }

  @Override
  public Storage allocate(DType dtype, int size) {
    return pool.take(dtype, size);
  }

  @Override
  public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
    if (op.stream() != null && pool.recording() && !streams.holds(op.stream())) {
      throw new NotCapturableException(
          "the step holds " + op.name() + ", whose numbers change from step to step");
    }
    op.cuda(this, inputs, outputs);
  }

  @Override
  public boolean recording() {
    return pool.recording();
  }

  @Override
  public MemoryUse memory() {
    return pool.memory();
  }

  /** Starts the measurement of the peak anew. */
  public void resetPeak() {
    pool.resetPeak();
  }

  /** Gives memory that no tensor uses back to the device. */
  public void releaseCache() {
    pool.clear();
  }

  /** Waits for everything queued. */
  public void synchronize() {
    driver.synchronize();
  }

  /** Asks {@code first} for matrix products before whoever does them now. */
  public void prefer(MatrixProducts first) {
    matrixProducts = MatrixProducts.inOrder(first, matrixProducts);
  }

  /** Asks {@code first} for convolutions before whoever does them now. */
  public void prefer(Convolutions first) {
    convolutions = Convolutions.inOrder(first, convolutions);
  }

  // ---- capturing, see CapturedStep

  /** Locks first the pool, then the driver, as every allocation does. */
  DevicePool.Arena beginCapture(RecordedStreams drawnFrom) {
    DevicePool.Arena memory = pool.begin();
    boolean begun = false;
    try {
      driver.beginCapture();
      streams = drawnFrom;
      begun = true;
    } finally {
      if (!begun) {
        pool.ended();
      }
    }
    return memory;
  }

  CudaDriver.Graph endCapture() {
    try {
      streams = RecordedStreams.NONE;
      return driver.endCapture();
    } finally {
      pool.ended();
    }
  }

  /** Ends a recording that failed, wherever it did, and gives back its memory. */
  void abandonCapture(DevicePool.Arena memory, CudaDriver.Graph graph) {
    if (graph != null) {
      graph.close();
    } else if (pool.recording()) {
      try {
        endCapture().close();
      } catch (DeviceException e) {
        // The reason for the failure is on its way to the caller; this one only follows from it.
        LOG.debug("a capture that failed could not be ended in order", e);
      }
    }
    pool.release(memory);
  }

  void release(DevicePool.Arena memory) {
    pool.release(memory);
  }

  // ---- for ops

  public MatrixProducts matrixProducts() {
    return matrixProducts;
  }

  public Convolutions convolutions() {
    return convolutions;
  }

  /** The kernel of this name for elements of this type: {@code name_f32} or {@code name_bf16}. */
  public Launch kernel(String name, DType dtype) {
    return kernel(name + (dtype == DType.BF16 ? "_bf16" : dtype == DType.I32 ? "_i32" : "_f32"));
  }

  /** A launch of the kernel of this name. */
  public Launch kernel(String name) {
    return new Launch(this, Catalogue.kernel(name));
  }

  void launch(KernelSignature kernel, int[] grid, int[] block, int sharedBytes, byte[] packed) {
    CudaDriver.Function f = functions.get(kernel.name());
    if (f == null) {
      f = driver.load(kernel.family(), kernel.name());
      functions.put(kernel.name(), f);
    }
    driver.launch(f, grid, block, sharedBytes, packed);
  }

  /**
   * Where a launch finds how far the stream with this seed has moved since the launch was recorded;
   * 0 where nothing is being recorded.
   */
  public long drawnSinceRecording(long seed) {
    return pool.recording() ? streams.address(this, seed) : 0;
  }

  /** Address of a tensor's first element. */
  public long address(Tensor t) {
    if (t.memory() instanceof DeviceStorage s) {
      return s.address() + (long) t.storageOffset() * t.dtype().bytes();
    }
    throw new IllegalStateException("tensor " + t.type() + " is not in CUDA memory");
  }

  /** A pooled temporary of undefined contents, to be closed once its last user was queued. */
  public DeviceScratch scratch(long bytes) {
    return new DeviceScratch(pool, bytes);
  }

  /** Whether all tensors start at multiples of 16 bytes, as vector loads need. */
  public boolean aligned16(Tensor... ts) {
    long all = 0;
    for (Tensor t : ts) {
      all |= t == null ? 0 : address(t);
    }
    return (all & 15) == 0;
  }

  /** The tensor's elements at a multiple of 16 bytes: itself, or a copy in scratch memory. */
  public DeviceScratch aligned(Tensor t) {
    long address = address(t);
    if ((address & 15) == 0) {
      return DeviceScratch.borrowed(address);
    }
    long bytes = (long) t.size() * t.dtype().bytes();
    DeviceScratch copy = scratch(bytes);
    driver.copy(copy.address(), address, bytes);
    return copy;
  }

  @Override
  public void close() {
    pool.clear();
    driver.close();
  }
}
