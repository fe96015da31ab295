package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.op.Cast;
import io.med3dinsight.engine.op.Permute;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Convolutions by cuDNN. Activations are as it wants them for its tensor cores, channels last;
 * weights, small beside them, are copied into its order (output channel, tap, input channel) and
 * back. Plans are kept by everything that describes a convolution; what cuDNN has no algorithm for
 * is left to the kernels.
 */
public final class CudnnConvolutions implements Convolutions, AutoCloseable {
  private final CudaBackend cuda;
  private final Cudnn cudnn;
  private final Map<Cudnn.Problem, Optional<Cudnn.Plan>> plans = new ConcurrentHashMap<>();

  public CudnnConvolutions(CudaBackend cuda, Cudnn cudnn) {
    this.cuda = cuda;
    this.cudnn = cudnn;
  }

  @Override
  public String description() {
    return "cuDNN " + cudnn.version();
  }

  /** Number of convolutions met so far that differ, with those that cuDNN does not do. */
  public int planCount() {
    return plans.size();
  }

  @Override
  public boolean forward(ConvGeometry g, Tensor x, Tensor w, Tensor bias, Tensor y) {
    Cudnn.Plan plan = plan(Cudnn.Pass.FORWARD, g, x.dtype());
    if (plan == null || y.dtype() != x.dtype() || w.dtype() != x.dtype()) {
      return false;
    }
    try (Scope scope = Scope.open()) {
      run(plan, x, filter(g, w), y);
      addBias(bias, y, g.outChannels(), g.d().out(), g.h().out(), g.w().out());
    }
    return true;
  }

  @Override
  public boolean inputGradient(ConvGeometry g, Tensor dy, Tensor w, Tensor bias, Tensor dx) {
    Cudnn.Plan plan = plan(Cudnn.Pass.DATA, g, dy.dtype());
    if (plan == null || dx.dtype() != dy.dtype() || w.dtype() != dy.dtype()) {
      return false;
    }
    try (Scope scope = Scope.open()) {
      run(plan, filter(g, w), dy, dx);
      addBias(bias, dx, g.inChannels(), g.d().in(), g.h().in(), g.w().in());
    }
    return true;
  }

  @Override
  public boolean weightGradient(ConvGeometry g, Tensor x, Tensor dy, Tensor dw) {
    Cudnn.Plan plan = plan(Cudnn.Pass.WEIGHTS, g, x.dtype());
    if (plan == null || dy.dtype() != x.dtype()) {
      return false;
    }
    try (Scope scope = Scope.open()) {
      int[] cudnnOrder = {g.outChannels(), g.taps(), g.groupIn()};
      Tensor gradient = empty(x, x.dtype(), cudnnOrder);
      run(plan, x, dy, gradient);
      // One copy at the size of the weights into their own order, another where they are floats.
      List<Integer> order = g.outFirst() ? List.of(1, 0, 2) : List.of(1, 2, 0);
      boolean same = dw.dtype() == x.dtype();
      Tensor ours = weights(g, dw);
      Tensor target = same ? ours : empty(x, x.dtype(), ours.shape().toArray());
      cuda.execute(new Permute(order), new Tensor[] {gradient}, new Tensor[] {target});
      if (!same) {
        cuda.execute(new Cast(dw.dtype()), new Tensor[] {target}, new Tensor[] {ours});
      }
    }
    return true;
  }

  // ---- plans

  private Cudnn.Plan plan(Cudnn.Pass pass, ConvGeometry g, DType dtype) {
    if (!dtype.isFloat() || !regular(g.d()) || !regular(g.h()) || !regular(g.w())) {
      return null;
    }
    Arithmetic arithmetic =
        dtype == DType.BF16
            ? Arithmetic.BF16
            : cuda.arithmetic() == Arithmetic.TF32 ? Arithmetic.TF32 : Arithmetic.FP32;
    Cudnn.Problem problem = Cudnn.Problem.of(pass, dtype, arithmetic, g);
    CudaOptions o = cuda.options();
    Optional<Cudnn.Plan> known = plans.get(problem);
    if (known == null) {
      // Made outside the map's own lock: making one takes the driver's, which another thread that
      // asks this map may hold for as long as it captures.
      Cudnn.Plan made = cudnn.plan(problem, o.deterministic(), o.workspaceBytes());
      known = plans.putIfAbsent(problem, Optional.ofNullable(made));
      if (known == null) {
        return made;
      }
      if (made != null) {
        made.close();
      }
    }
    return known.orElse(null);
  }

  /**
   * cuDNN derives the output's extent from the input's. A transposed convolution whose extra
   * padding reaches the stride has another.
   */
  private static boolean regular(ConvAxis a) {
    return a.out() == ConvAxis.forward(a.in(), a.kernel(), a.stride(), a.pad(), a.dilation()).out();
  }

  private void run(Cudnn.Plan plan, Tensor first, Tensor second, Tensor result) {
    try (DeviceScratch a = cuda.aligned(first);
        DeviceScratch b = cuda.aligned(second);
        DeviceScratch workspace = cuda.scratch(plan.workspaceBytes())) {
      plan.run(a.address(), b.address(), cuda.address(result), workspace.address());
    }
  }

  // ---- weights and bias

  /** Weights as the matrix stack that the permutations are written for. */
  private static Tensor weights(ConvGeometry g, Tensor w) {
    return w.view(
        0,
        g.outFirst()
            ? Shape.of(g.taps(), g.outChannels(), g.groupIn())
            : Shape.of(g.taps(), g.groupIn(), g.outChannels()));
  }

  private Tensor filter(ConvGeometry g, Tensor w) {
    Tensor copy = empty(w, w.dtype(), g.outChannels(), g.taps(), g.groupIn());
    List<Integer> order = g.outFirst() ? List.of(1, 0, 2) : List.of(2, 0, 1);
    cuda.execute(new Permute(order), new Tensor[] {weights(g, w)}, new Tensor[] {copy});
    return copy;
  }

  private void addBias(Tensor bias, Tensor y, int channels, int d, int h, int w) {
    if (bias == null) {
      return;
    }
    Tensor b = bias;
    if (bias.dtype() != y.dtype()) {
      b = empty(bias, y.dtype(), channels);
      cuda.execute(new Cast(y.dtype()), new Tensor[] {bias}, new Tensor[] {b});
    }
    List<Integer> extents = List.of(y.dim(0), channels, d, h, w);
    cudnn.addBias(y.dtype(), extents, cuda.address(b), cuda.address(y));
  }

  private static Tensor empty(Tensor like, DType dtype, int... extents) {
    return Tensor.empty(like.device(), new TensorType(dtype, Shape.of(extents)));
  }

  /** Frees the plans; the library's handle stays with its owner. */
  @Override
  public void close() {
    plans.values().forEach(p -> p.ifPresent(Cudnn.Plan::close));
    plans.clear();
  }
}
