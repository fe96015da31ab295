package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cpu.Conv;
import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaDriver;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.Cudnn;
import io.med3dinsight.engine.cuda.NotCapturableException;
import io.med3dinsight.engine.op.Affine;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Runs in a process of its own, with libraries that stand in for NVIDIA's, and says what it saw, a
 * line each. They are loaded for good, so that they must stay out of the tests' process.
 */
final class StandInProgram {
  private StandInProgram() {}

  public static void main(String[] args) throws InterruptedException {
    for (String what : args) {
      switch (what) {
        case "report" -> report();
        case "compute" -> compute();
        case "capture" -> capture();
        case "threads" -> threads();
        case "shared" -> shared();
        case "products" -> products();
        case "convolutions" -> convolutions();
        default -> open(Integer.parseInt(what));
      }
    }
  }

  private static void report() {
    CudaReport r = Cuda.report();
    System.out.println("usable " + r.usable());
    System.out.println("driver " + r.driver());
    r.devices().forEach(d -> System.out.println("device " + d));
    System.out.println("cublas " + r.cublas());
    System.out.println("cudnn " + r.cudnn());
    System.out.println("backend " + r.backend());
  }

  private static void open(int ordinal) {
    try (CudaBackend cuda = Cuda.open(ordinal, CudaOptions.DEFAULT);
        Scope s = Scope.open()) {
      Tensor x = Tensor.zeros(Device.of(cuda), 1 << 20);
      System.out.println("sum " + Eager.run1(new Affine(1, 1), x).toFloats()[0]);
    } catch (DeviceException e) {
      System.out.println(e.getMessage());
    }
  }

  /** Copies of more than two staging buffers, a kernel, and views. */
  private static void compute() {
    try (CudaBackend cuda = Cuda.open(0, CudaOptions.DEFAULT);
        Scope s = Scope.open()) {
      float[] values = new float[5_000_000];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      Tensor x = Tensor.of(Device.of(cuda), values, values.length);
      float[] y = Eager.run1(new Affine(2, 1), x.view(1, Shape.of(values.length - 1))).toFloats();
      int wrong = 0;
      for (int i = 0; i < y.length; i++) {
        wrong += y[i] == values[i + 1] * 2 + 1 ? 0 : 1;
      }
      System.out.println("wrong " + wrong);
      int[] ints = {1, -2, Integer.MIN_VALUE};
      System.out.println("ints " + List.of(boxed(Tensor.of(Device.of(cuda), ints, 3).toInts())));
      // A buffer of the caller's own goes through the driver's.
      ByteBuffer own = ByteBuffer.allocate(20_000_000).order(ByteOrder.nativeOrder());
      own.putInt(19_999_996, 7);
      cuda.driver().write(cuda.address(x), own);
      ByteBuffer back = ByteBuffer.allocate(20_000_000).order(ByteOrder.nativeOrder());
      cuda.driver().read(cuda.address(x), back);
      System.out.println("last " + back.getInt(19_999_996) + " " + own.remaining());
    }
  }

  private static Integer[] boxed(int[] values) {
    Integer[] b = new Integer[values.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = values[i];
    }
    return b;
  }

  private static void capture() {
    try (CudaBackend cuda = Cuda.open(0, CudaOptions.DEFAULT);
        Scope s = Scope.open()) {
      Tensor x = Tensor.of(Device.of(cuda), new float[] {1, 2, 3}, 3);
      Tensor y = Tensor.zeros(Device.of(cuda), 3);
      CudaDriver driver = cuda.driver();
      driver.beginCapture();
      cuda.execute(new Affine(10, 0), new Tensor[] {x}, new Tensor[] {y});
      cuda.execute(new Affine(1, 1), new Tensor[] {y}, new Tensor[] {y});
      try {
        x.toFloats();
      } catch (NotCapturableException e) {
        System.out.println(e.getMessage());
      }
      try (CudaDriver.Graph graph = driver.endCapture()) {
        System.out.println("before " + y.toFloats()[2]);
        graph.launch();
        System.out.println("after " + y.toFloats()[2]);
        x.copyFrom(new float[] {4, 5, 6});
        graph.launch();
        System.out.println("again " + y.toFloats()[2]);
      }
    }
  }

  /** Blocks with more shared memory than they have without asking, less again, and too much. */
  private static void shared() {
    try (CudaBackend cuda = Cuda.open(0, CudaOptions.DEFAULT);
        Scope s = Scope.open()) {
      System.out.println("a block has " + cuda.properties().sharedBytesPerBlock());
      Tensor x = Tensor.full(Device.of(cuda), 1, 8);
      CudaDriver.Function f = cuda.driver().load("elementwise", "elementwise_affine_f32");
      ByteBuffer arguments = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
      arguments.putLong(cuda.address(x)).putLong(cuda.address(x)).putInt(8).putInt(0);
      arguments.putFloat(2).putFloat(0);
      int[] one = {1, 1, 1};
      for (int kib : new int[] {0, 48, 99, 227, 163, 228}) {
        cuda.driver().launch(f, one, new int[] {256, 1, 1}, kib << 10, arguments.array());
        System.out.println(kib + " KiB: " + x.toFloats()[7]);
      }
    } catch (DeviceException e) {
      System.out.println(e.getMessage());
    }
  }

  /** Threads compute while others capture: nothing gets into a graph that is not its own. */
  private static void threads() throws InterruptedException {
    try (CudaBackend cuda = Cuda.open(0, CudaOptions.DEFAULT)) {
      List<Thread> threads = new ArrayList<>();
      List<String> wrong = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int number = t;
        threads.add(
            new Thread(
                () -> {
                  String found = number % 2 == 0 ? eager(cuda, number) : captured(cuda, number);
                  synchronized (wrong) {
                    wrong.add(found);
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread t : threads) {
        t.join();
      }
      System.out.println("threads " + wrong);
    }
  }

  private static String eager(CudaBackend cuda, int number) {
    for (int i = 0; i < 200; i++) {
      try (Scope s = Scope.open()) {
        Tensor x = Tensor.full(Device.of(cuda), number + i, 1000);
        float got = Eager.run1(new Affine(3, 1), x).toFloats()[999];
        if (got != (number + i) * 3f + 1) {
          return "thread " + number + " round " + i + ": " + got;
        }
      }
    }
    return "good";
  }

  private static String captured(CudaBackend cuda, int number) {
    for (int i = 0; i < 50; i++) {
      try (Scope s = Scope.open()) {
        Tensor x = Tensor.full(Device.of(cuda), i, 1000);
        Tensor y = Tensor.zeros(Device.of(cuda), 1000);
        cuda.driver().beginCapture();
        cuda.execute(new Affine(2, number), new Tensor[] {x}, new Tensor[] {y});
        try (CudaDriver.Graph graph = cuda.driver().endCapture()) {
          x.copyFrom(fill(i + 1));
          graph.launch();
          float got = y.toFloats()[500];
          if (got != (i + 1) * 2f + number) {
            return "thread " + number + " round " + i + ": " + got;
          }
        }
      }
    }
    return "good";
  }

  private static float[] fill(float value) {
    float[] all = new float[1000];
    Arrays.fill(all, value);
    return all;
  }

  /** Every transposition and way of broadcasting against the CPU. */
  private static void products() {
    try (CudaBackend cuda = Cuda.open(0, CudaOptions.DEFAULT);
        Scope s = Scope.open()) {
      int[][][] batches = {
        {{}, {}}, {{3}, {3}}, {{3}, {}}, {{}, {3}}, {{2, 3}, {2, 1}}, {{2, 1, 2}, {1, 3, 2}}
      };
      double worst = 0;
      Random random = new Random(1);
      for (int[][] batch : batches) {
        for (int bits = 0; bits < 4; bits++) {
          boolean ta = (bits & 1) != 0;
          boolean tb = (bits & 2) != 0;
          float[][] values = new float[2][];
          Tensor[][] in = new Tensor[2][2];
          int[][] shapes = {
            shape(batch[0], ta ? 5 : 4, ta ? 4 : 5), shape(batch[1], tb ? 6 : 5, tb ? 5 : 6)
          };
          for (int i = 0; i < 2; i++) {
            values[i] = random(random, shapes[i]);
            in[0][i] = Tensor.of(Device.cpu(), values[i], shapes[i]);
            in[1][i] = Tensor.of(Device.of(cuda), values[i], shapes[i]);
          }
          float[] expected = MatMul.of(in[0][0], ta, in[0][1], tb).toFloats();
          float[] got = MatMul.of(in[1][0], ta, in[1][1], tb).toFloats();
          for (int i = 0; i < got.length; i++) {
            worst = Math.max(worst, Math.abs(got[i] - expected[i]));
          }
        }
      }
      System.out.println("products " + (worst < 1e-5 ? "good" : "differ by " + worst));
    }
  }

  private static int[] shape(int[] batch, int rows, int columns) {
    int[] s = Arrays.copyOf(batch, batch.length + 2);
    s[batch.length] = rows;
    s[batch.length + 1] = columns;
    return s;
  }

  private static float[] random(Random random, int... shape) {
    int n = 1;
    for (int e : shape) {
      n *= e;
    }
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = random.nextFloat() - 0.5f;
    }
    return v;
  }

  /** The three passes of a strided, dilated, grouped convolution through JCudnn. */
  private static void convolutions() {
    ConvGeometry g =
        new ConvGeometry(
            2,
            4,
            6,
            2,
            ConvAxis.forward(5, 3, 2, 1, 1),
            ConvAxis.forward(6, 3, 1, 2, 2),
            ConvAxis.forward(4, 2, 1, 0, 1),
            false);
    Installation installation = Installation.ofProcess();
    try (JCudaDriver driver = new JCudaDriver(installation.gpus().get(0))) {
      System.out.println("cudnn loaded " + installation.cudnn().loaded());
      System.out.println("natives " + installation.natives("JCudnn"));
      try (JCudnnCalls cudnn = new JCudnnCalls(driver)) {
        System.out.println("bf16 " + (plan(cudnn, g, Cudnn.Pass.FORWARD, DType.BF16) == null));
        Random random = new Random(2);
        float[] x = random(random, g.inputSize());
        float[] w = random(random, g.weightSize());
        float[] dy = random(random, g.outputSize());
        float[] bias = random(random, g.outChannels());
        CpuBackend cpu = new CpuBackend(1);
        float[] y = new float[g.outputSize()];
        Conv.forward(cpu, g, x, 0, w, 0, bias, 0, y, 0);
        float[] dx = new float[g.inputSize()];
        Conv.inputGradient(cpu, g, dy, 0, w, 0, null, 0, dx, 0);
        float[] dw = new float[g.weightSize()];
        Conv.weightGradient(cpu, g, x, 0, dy, 0, dw, 0);
        float[] filter = filter(g, w);
        long b = upload(driver, bias);
        compare("forward", y, run(driver, cudnn, g, Cudnn.Pass.FORWARD, x, filter, y.length, b));
        compare("data", dx, run(driver, cudnn, g, Cudnn.Pass.DATA, filter, dy, dx.length, 0));
        float[] gradient = run(driver, cudnn, g, Cudnn.Pass.WEIGHTS, x, dy, dw.length, 0);
        compare("weights", filter(g, dw), gradient);
      }
    }
  }

  private static Cudnn.Plan plan(JCudnnCalls cudnn, ConvGeometry g, Cudnn.Pass pass, DType dtype) {
    Arithmetic a = dtype == DType.BF16 ? Arithmetic.BF16 : Arithmetic.FP32;
    return cudnn.plan(Cudnn.Problem.of(pass, dtype, a, g), true, 1 << 20);
  }

  private static float[] run(
      JCudaDriver driver,
      JCudnnCalls cudnn,
      ConvGeometry g,
      Cudnn.Pass pass,
      float[] first,
      float[] second,
      int size,
      long bias) {
    long result = driver.allocate(4L * size);
    try (Cudnn.Plan plan = plan(cudnn, g, pass, DType.F32)) {
      long room = driver.allocate(plan.workspaceBytes());
      plan.run(upload(driver, first), upload(driver, second), result, room);
      if (bias != 0) {
        cudnn.addBias(
            DType.F32, Cudnn.Problem.of(pass, DType.F32, Arithmetic.FP32, g).y(), bias, result);
      }
    }
    ByteBuffer b = ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder());
    driver.read(result, b);
    float[] values = new float[size];
    b.flip().asFloatBuffer().get(values);
    return values;
  }

  private static long upload(JCudaDriver driver, float[] values) {
    long address = driver.allocate(4L * values.length);
    ByteBuffer b = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
    b.asFloatBuffer().put(values);
    driver.write(address, b);
    return address;
  }

  /** Weights [taps, in, out] as [out, taps, in]. */
  private static float[] filter(ConvGeometry g, float[] w) {
    float[] f = new float[w.length];
    for (int t = 0; t < g.taps(); t++) {
      for (int i = 0; i < g.groupIn(); i++) {
        for (int o = 0; o < g.outChannels(); o++) {
          f[(o * g.taps() + t) * g.groupIn() + i] = w[(t * g.groupIn() + i) * g.outChannels() + o];
        }
      }
    }
    return f;
  }

  private static void compare(String what, float[] expected, float[] got) {
    double worst = 0;
    for (int i = 0; i < got.length; i++) {
      worst = Math.max(worst, Math.abs(got[i] - expected[i]));
    }
    System.out.println(what + (worst < 1e-5 ? " good" : " differs by " + worst));
  }
}
