package io.med3dinsight.engine.cuda.nvidia;

import static jcuda.driver.JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER;
import static jcuda.driver.JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE;
import static jcuda.driver.JCudaDriver.CU_LAUNCH_PARAM_END;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuModuleUnload;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import io.med3dinsight.engine.cuda.CudaDriver;
import io.med3dinsight.engine.cuda.CudaProperties;
import io.med3dinsight.engine.cuda.NotCapturableException;
import io.med3dinsight.engine.tensor.DeviceException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;

/**
 * A real device by way of JCuda: the device's primary context, which libraries share, and one
 * stream.
 *
 * <p>Locking: every call of the driver or of a library on this device is made with this object's
 * lock held and its context current on the calling thread, so that the calls of several threads
 * follow one another on the stream. Waiting for the device is done without the lock. Capturing
 * holds the lock from beginning to end, so that no other thread's work gets into the graph.
 */
final class JCudaDriver implements CudaDriver {
  /** Launch parameters are at most this long. */
  private static final int PARAMETER_BYTES = 4096;

  private final Gpu gpu;
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, CUmodule> modules = new HashMap<>();
  private final HostCopies hostCopies = new HostCopies(this);
  private final ByteBuffer parameters = direct(PARAMETER_BYTES);
  private final ByteBuffer parameterBytes = direct(Long.BYTES);
  private final Pointer launchExtra =
      Pointer.to(
          CU_LAUNCH_PARAM_BUFFER_POINTER,
          Pointer.to(parameters),
          CU_LAUNCH_PARAM_BUFFER_SIZE,
          Pointer.to(parameterBytes),
          CU_LAUNCH_PARAM_END);
  private final Deque<Runnable> beforeClosing = new ArrayDeque<>();
  private boolean capturing;
  private boolean closed;

  /**
   * @throws DeviceException when the device cannot be had, in words that follow "cannot be used:"
   */
  JCudaDriver(Gpu gpu) {
    this.gpu = gpu;
    int result = cuDevicePrimaryCtxRetain(context, gpu.device());
    if (result == CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE) {
      throw new DeviceException(
          gpu.properties().name()
              + " is busy: another process has it for itself (exclusive compute mode), or compute"
              + " is prohibited on it; wait, or choose another device");
    }
    if (result != CUresult.CUDA_SUCCESS) {
      throw new DeviceException(
          "no context can be made on " + gpu.properties().name() + ": " + Status.named(result));
    }
    try {
      call("making a stream", () -> cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    } catch (DeviceException e) {
      cuDevicePrimaryCtxRelease(gpu.device());
      throw e;
    }
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  /** The stream on which everything runs. */
  CUstream stream() {
    return stream;
  }

  /** Has something freed before the device goes, last come first. */
  void beforeClosing(Runnable free) {
    lock.lock();
    try {
      beforeClosing.push(free);
    } finally {
      lock.unlock();
    }
  }

  /** Makes one call with the lock held and the context current. */
  void call(String doing, IntSupplier call) {
    Status.check(exclusively(call), doing);
  }

  /** The result of a call made with the lock held and the context current. */
  int exclusively(IntSupplier call) {
    return locked(call::getAsInt);
  }

  /** What is found with the lock held and the context current. */
  <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      checkOpen();
      Status.check(cuCtxSetCurrent(context), "choosing a context");
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the CUDA device was closed");
    }
  }

  /** Whether the calling thread is capturing. */
  boolean capturing() {
    return lock.isHeldByCurrentThread() && capturing;
  }

  private void refuseCapture(String what) {
    if (capturing()) {
      throw new NotCapturableException(what);
    }
  }

  @Override
  public CudaProperties properties() {
    return gpu.properties();
  }

  // ---- memory

  @Override
  public long allocate(long bytes) {
    Address a = new Address();
    int result = exclusively(() -> cuMemAlloc(a, bytes));
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      return 0;
    }
    Status.check(result, "asking for " + bytes + " bytes of device memory");
    return a.value();
  }

  @Override
  public void free(long address) {
    call("freeing device memory", () -> cuMemFree(Address.of(address)));
  }

  @Override
  public long freeBytes() {
    long[] free = new long[1];
    long[] total = new long[1];
    call("asking for free memory", () -> cuMemGetInfo(free, total));
    return free[0];
  }

  @Override
  public ByteBuffer staging(int bytes) {
    return hostCopies.staging(bytes);
  }

  @Override
  public void write(long address, ByteBuffer source) {
    refuseCapture("the step copies numbers from the host to the device");
    hostCopies.write(address, source);
  }

  @Override
  public void read(long address, ByteBuffer target) {
    refuseCapture("the step reads numbers back from the device");
    hostCopies.read(address, target);
  }

  @Override
  public void copy(long target, long source, long bytes) {
    call(
        "copying on the device",
        () -> cuMemcpyDtoDAsync(Address.of(target), Address.of(source), bytes, stream));
  }

  @Override
  public void fill(long address, int pattern, long words) {
    call(
        "filling device memory",
        () -> cuMemsetD32Async(Address.of(address), pattern, words, stream));
  }

  // ---- kernels

  @Override
  public Function load(String family, String kernel) {
    return locked(
        () -> {
          CUmodule module = modules.get(family);
          if (module == null) {
            module = LoadedKernel.compile(family, gpu.properties());
            modules.put(family, module);
          }
          return LoadedKernel.of(module, kernel);
        });
  }

  @Override
  public void launch(Function f, int[] grid, int[] block, int sharedBytes, byte[] packed) {
    LoadedKernel k = (LoadedKernel) f;
    call(
        "launching " + k.name(),
        () -> {
          int r = k.allowShared(sharedBytes);
          if (r != CUresult.CUDA_SUCCESS) {
            return r;
          }
          parameters.clear().put(packed);
          parameterBytes.putLong(0, packed.length);
          return cuLaunchKernel(
              k.function(),
              grid[0],
              grid[1],
              grid[2],
              block[0],
              block[1],
              block[2],
              sharedBytes,
              stream,
              null,
              launchExtra);
        });
  }

  @Override
  public void synchronize() {
    refuseCapture("the step waits for the device");
    Pinned.Slot s = hostCopies.slot();
    // An event instead of the stream: waiting for a stream that another thread has begun to capture
    // by then would spoil the capture.
    call("queueing an event", () -> cuEventRecord(s.copying(), stream));
    s.await();
  }

  // ---- graphs

  @Override
  public void beginCapture() {
    lock.lock();
    boolean begun = false;
    try {
      if (capturing) {
        throw new IllegalStateException("a capture is under way already");
      }
      // Relaxed: memory may be allocated and modules loaded while capturing.
      call(
          "beginning a capture",
          () -> cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED));
      capturing = true;
      begun = true;
    } finally {
      if (!begun) {
        lock.unlock();
      }
    }
  }

  @Override
  public Graph endCapture() {
    if (!capturing()) {
      throw new IllegalStateException("no capture was begun on this thread");
    }
    try {
      CUgraph graph = new CUgraph();
      capturing = false;
      call("ending a capture", () -> cuStreamEndCapture(stream, graph));
      CUgraphExec exec = new CUgraphExec();
      try {
        call("making a graph", () -> cuGraphInstantiate(exec, graph, 0));
      } finally {
        call("freeing a capture", () -> cuGraphDestroy(graph));
      }
      return new Captured(exec);
    } finally {
      lock.unlock();
    }
  }

  private final class Captured implements Graph {
    private final CUgraphExec exec;
    private boolean freed;

    Captured(CUgraphExec exec) {
      this.exec = exec;
    }

    @Override
    public void launch() {
      call("launching a graph", () -> cuGraphLaunch(exec, stream));
    }

    @Override
    public void close() {
      lock.lock();
      try {
        // With the device, its graphs are gone.
        if (!freed && !closed) {
          freed = true;
          synchronizeStream();
          call("freeing a graph", () -> cuGraphExecDestroy(exec));
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private void synchronizeStream() {
    call("waiting for the device", () -> cuStreamSynchronize(stream));
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      synchronizeStream();
      beforeClosing.forEach(Runnable::run);
      hostCopies.free();
      List<CUmodule> loaded = new ArrayList<>(modules.values());
      loaded.forEach(m -> call("unloading a module", () -> cuModuleUnload(m)));
      call("freeing a stream", () -> cuStreamDestroy(stream));
      closed = true;
      Status.check(cuDevicePrimaryCtxRelease(gpu.device()), "leaving a device");
    } finally {
      lock.unlock();
    }
  }
}
