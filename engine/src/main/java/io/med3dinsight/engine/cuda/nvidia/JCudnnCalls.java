package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.Cudnn;
import io.med3dinsight.engine.cuda.NotCapturableException;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.List;
import java.util.function.IntSupplier;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnStatus;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import jcuda.runtime.cudaStream_t;

/**
 * cuDNN 9 by way of JCudnn, by those of its calls that have been there since version 7 and that the
 * class files know.
 */
final class JCudnnCalls implements Cudnn {
  private static final int NEEDED_MAJOR = 9;
  private static final int AXES = 3;

  private final JCudaDriver driver;
  private final cudnnHandle handle = new cudnnHandle();
  private final String version;
  private final Pointer one = Pointer.to(new float[] {1});
  private final Pointer zero = Pointer.to(new float[] {0});

  /**
   * @throws DeviceException when cuDNN does not start
   */
  JCudnnCalls(JCudaDriver driver) {
    this.driver = driver;
    long v = JCudnn.cudnnGetVersion();
    version = v / 10000 + "." + v / 100 % 100 + "." + v % 100;
    if (v / 10000 != NEEDED_MAJOR) {
      throw new DeviceException("cuDNN is version " + version + ", expected 9.");
    }
    call("starting", () -> JCudnn.cudnnCreate(handle));
    call(
        "choosing a stream",
        () -> JCudnn.cudnnSetStream(handle, new cudaStream_t(driver.stream())));
  }

  private void call(String doing, IntSupplier call) {
    int status = driver.exclusively(call);
    if (status != cudnnStatus.CUDNN_STATUS_SUCCESS) {
      // Status numbers changed with version 9: its own words, not those of the class files.
      throw new DeviceException(
          "cuDNN failed while " + doing + ": " + JCudnn.cudnnGetErrorString(status) + ".");
    }
  }

  @Override
  public String version() {
    return version;
  }

  private static int type(DType dtype) {
    return dtype == DType.BF16 ? cudnnDataType.CUDNN_DATA_BFLOAT16 : cudnnDataType.CUDNN_DATA_FLOAT;
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private cudnnTensorDescriptor tensor(DType dtype, List<Integer> extents) {
    cudnnTensorDescriptor t = new cudnnTensorDescriptor();
    call("describing a tensor", () -> JCudnn.cudnnCreateTensorDescriptor(t));
    call(
        "describing a tensor " + extents,
        () ->
            JCudnn.cudnnSetTensorNdDescriptorEx(
                t,
                cudnnTensorFormat.CUDNN_TENSOR_NHWC,
                type(dtype),
                extents.size(),
                ints(extents)));
    return t;
  }

  @Override
  public Plan plan(Problem p, boolean deterministic, long workspaceBytes) {
    if (driver.capturing()) {
      throw new NotCapturableException("cuDNN has not met one of the step's convolutions yet");
    }
    Descriptors d = new Descriptors(p);
    Algorithms.Choice choice =
        Algorithms.choose(driver, handle, d, p, deterministic, workspaceBytes);
    if (choice == null) {
      d.close();
      return null;
    }
    if (p.arithmetic() != Arithmetic.FP32) {
      call(
          "choosing its arithmetic",
          () -> JCudnn.cudnnSetConvolutionMathType(d.convolution, choice.mathType()));
    }
    return new Ready(p, d, choice);
  }

  /** cuDNN's own description of a problem. */
  final class Descriptors implements AutoCloseable {
    final cudnnTensorDescriptor x;
    final cudnnTensorDescriptor y;
    final cudnnFilterDescriptor w = new cudnnFilterDescriptor();
    final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();

    Descriptors(Problem p) {
      x = tensor(p.dtype(), p.x());
      y = tensor(p.dtype(), p.y());
      call("describing weights", () -> JCudnn.cudnnCreateFilterDescriptor(w));
      call(
          "describing weights " + p.w(),
          () ->
              JCudnn.cudnnSetFilterNdDescriptor(
                  w,
                  type(p.dtype()),
                  cudnnTensorFormat.CUDNN_TENSOR_NHWC,
                  p.w().size(),
                  ints(p.w())));
      call("describing a convolution", () -> JCudnn.cudnnCreateConvolutionDescriptor(convolution));
      call(
          "describing a convolution",
          () ->
              JCudnn.cudnnSetConvolutionNdDescriptor(
                  convolution,
                  AXES,
                  ints(p.pad()),
                  ints(p.stride()),
                  ints(p.dilation()),
                  cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
                  cudnnDataType.CUDNN_DATA_FLOAT));
      call(
          "describing a convolution of " + p.groups() + " groups",
          () -> JCudnn.cudnnSetConvolutionGroupCount(convolution, p.groups()));
      int math =
          switch (p.arithmetic()) {
            case FP32 -> cudnnMathType.CUDNN_FMA_MATH;
            case TF32 -> cudnnMathType.CUDNN_DEFAULT_MATH;
            case BF16 -> cudnnMathType.CUDNN_TENSOR_OP_MATH;
          };
      call("choosing its arithmetic", () -> JCudnn.cudnnSetConvolutionMathType(convolution, math));
    }

    @Override
    public void close() {
      call("freeing", () -> JCudnn.cudnnDestroyTensorDescriptor(x));
      call("freeing", () -> JCudnn.cudnnDestroyTensorDescriptor(y));
      call("freeing", () -> JCudnn.cudnnDestroyFilterDescriptor(w));
      call("freeing", () -> JCudnn.cudnnDestroyConvolutionDescriptor(convolution));
    }
  }

  private final class Ready implements Plan {
    private final Problem problem;
    private final Descriptors d;
    private final Algorithms.Choice choice;

    Ready(Problem problem, Descriptors d, Algorithms.Choice choice) {
      this.problem = problem;
      this.d = d;
      this.choice = choice;
    }

    @Override
    public long workspaceBytes() {
      return choice.workspaceBytes();
    }

    @Override
    public void run(long first, long second, long result, long workspace) {
      Address a = Address.of(first);
      Address b = Address.of(second);
      Address c = Address.of(result);
      Address room = Address.of(workspace);
      int algorithm = choice.algorithm();
      long bytes = choice.workspaceBytes();
      IntSupplier call =
          switch (problem.pass()) {
            case FORWARD ->
                () ->
                    JCudnn.cudnnConvolutionForward(
                        handle,
                        one,
                        d.x,
                        a,
                        d.w,
                        b,
                        d.convolution,
                        algorithm,
                        room,
                        bytes,
                        zero,
                        d.y,
                        c);
            case DATA ->
                () ->
                    JCudnn.cudnnConvolutionBackwardData(
                        handle,
                        one,
                        d.w,
                        a,
                        d.y,
                        b,
                        d.convolution,
                        algorithm,
                        room,
                        bytes,
                        zero,
                        d.x,
                        c);
            case WEIGHTS ->
                () ->
                    JCudnn.cudnnConvolutionBackwardFilter(
                        handle,
                        one,
                        d.x,
                        a,
                        d.y,
                        b,
                        d.convolution,
                        algorithm,
                        room,
                        bytes,
                        zero,
                        d.w,
                        c);
          };
      JCudnnCalls.this.call("convolving (" + problem + ")", call);
    }

    @Override
    public void close() {
      d.close();
    }
  }

  @Override
  public void addBias(DType dtype, List<Integer> y, long bias, long address) {
    cudnnTensorDescriptor all = tensor(dtype, y);
    cudnnTensorDescriptor row = tensor(dtype, List.of(1, y.get(1), 1, 1, 1));
    call(
        "adding a bias",
        () ->
            JCudnn.cudnnAddTensor(
                handle, one, row, Address.of(bias), one, all, Address.of(address)));
    call("freeing", () -> JCudnn.cudnnDestroyTensorDescriptor(all));
    call("freeing", () -> JCudnn.cudnnDestroyTensorDescriptor(row));
  }

  @Override
  public void close() {
    call("closing", () -> JCudnn.cudnnDestroy(handle));
  }
}
