package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.Conv;
import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.tensor.DType;
import java.util.List;

/** cuDNN answered by the CPU backend; refuses what cuDNN refuses. */
final class SimulatedCudnn implements Cudnn {
  static final long WORKSPACE_BYTES = 4096;

  private final HostDriver driver;
  private final CpuBackend cpu = new CpuBackend(1);
  private int plans;
  private int closed;
  private boolean deterministic;

  SimulatedCudnn(HostDriver driver) {
    this.driver = driver;
  }

  int plans() {
    return plans;
  }

  int open() {
    return plans - closed;
  }

  /** Whether the plan asked for last had to be. */
  boolean deterministic() {
    return deterministic;
  }

  @Override
  public String version() {
    return "simulated";
  }

  @Override
  public Plan plan(Problem p, boolean sure, long workspaceBytes) {
    deterministic = sure;
    check(p.x().get(0).equals(p.y().get(0)), "batch of", p);
    check(p.x().get(1) == p.w().get(1) * p.groups(), "input channels of", p);
    check(p.w().get(0).equals(p.y().get(1)), "output channels of", p);
    check(p.w().get(0) % p.groups() == 0, "groups of", p);
    for (int a = 0; a < 3; a++) {
      check(axis(p, a).out() == p.y().get(2 + a), "extents of", p);
    }
    if (workspaceBytes < WORKSPACE_BYTES) {
      return null;
    }
    plans++;
    return new Plan() {
      @Override
      public long workspaceBytes() {
        return WORKSPACE_BYTES;
      }

      @Override
      public void run(long first, long second, long result, long workspace) {
        check(((first | second | result | workspace) & 15) == 0, "alignment of", p);
        driver.at(workspace, WORKSPACE_BYTES);
        driver.queue(() -> convolve(p, first, second, result));
      }

      @Override
      public void close() {
        closed++;
      }
    };
  }

  private static void check(boolean good, String what, Problem p) {
    if (!good) {
      throw new IllegalArgumentException(what + " " + p);
    }
  }

  private static ConvAxis axis(Problem p, int a) {
    return ConvAxis.forward(
        p.x().get(2 + a), p.w().get(2 + a), p.stride().get(a), p.pad().get(a), p.dilation().get(a));
  }

  private void convolve(Problem p, long first, long second, long result) {
    ConvGeometry g =
        new ConvGeometry(
            p.x().get(0),
            p.x().get(1),
            p.y().get(1),
            p.groups(),
            axis(p, 0),
            axis(p, 1),
            axis(p, 2),
            false);
    DType t = p.dtype();
    switch (p.pass()) {
      case FORWARD -> {
        float[] y = new float[g.outputSize()];
        float[] x = driver.floats(first, t, g.inputSize());
        Conv.forward(cpu, g, x, 0, weights(g, second, t), 0, null, 0, y, 0);
        driver.put(result, t, y);
      }
      case DATA -> {
        float[] dx = new float[g.inputSize()];
        float[] dy = driver.floats(second, t, g.outputSize());
        Conv.inputGradient(cpu, g, dy, 0, weights(g, first, t), 0, null, 0, dx, 0);
        driver.put(result, t, dx);
      }
      case WEIGHTS -> {
        float[] dw = new float[g.weightSize()];
        float[] x = driver.floats(first, t, g.inputSize());
        Conv.weightGradient(cpu, g, x, 0, driver.floats(second, t, g.outputSize()), 0, dw, 0);
        driver.put(result, t, exchanged(dw, g.taps() * g.groupIn(), g.outChannels()));
      }
      default -> throw new IllegalArgumentException(p.toString());
    }
  }

  /** From [out][tap][in] to [tap][in][out]. */
  private float[] weights(ConvGeometry g, long address, DType t) {
    float[] w = driver.floats(address, t, g.weightSize());
    return exchanged(w, g.outChannels(), g.taps() * g.groupIn());
  }

  private static float[] exchanged(float[] matrix, int rows, int columns) {
    float[] e = new float[matrix.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        e[c * rows + r] = matrix[r * columns + c];
      }
    }
    return e;
  }

  @Override
  public void addBias(DType dtype, List<Integer> y, long bias, long address) {
    driver.queue(
        () -> {
          int n = y.stream().reduce(1, (a, b) -> a * b);
          int channels = y.get(1);
          float[] b = driver.floats(bias, dtype, channels);
          float[] v = driver.floats(address, dtype, n);
          for (int i = 0; i < n; i++) {
            v[i] += b[i % channels];
          }
          driver.put(address, dtype, v);
        });
  }

  @Override
  public void close() {}
}
