package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.cuda.*;
import io.med3dinsight.engine.op.*;
import io.med3dinsight.engine.tensor.*;
import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.ptx.*;
import java.nio.*;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.*;

class ScratchCudaTest {
  static final class Driver implements CudaDriver {
    record Fn(PtxKernel k) implements Function {}
    final SimulatedGpu gpu = new SimulatedGpu(SimulatorOptions.defaults().withHostThreads(1));
    final Map<String, PtxModule> modules = new HashMap<>();
    final ByteBuffer buffer = ByteBuffer.allocateDirect(4 << 20).order(ByteOrder.nativeOrder());
    public CudaProperties properties() { return new CudaProperties("sim", 8, 0, 132, 99 << 10, 164 << 10, 8L << 30, 12000); }
    public long allocate(long bytes) { return gpu.allocate(Math.max(1, bytes)); }
    public void free(long a) { gpu.free(a); }
    public long freeBytes() { return 1L << 30; }
    public ByteBuffer staging(int bytes) { return buffer; }
    public void write(long a, ByteBuffer s) { gpu.write(a, s); }
    public void read(long a, ByteBuffer t) { gpu.read(a, t); }
    public void copy(long t, long s, long b) { gpu.copy(t, s, b); }
    public void fill(long a, int p, long w) { gpu.fill32(a, p, w); }
    public Function load(String family, String kernel) {
      return new Fn(modules.computeIfAbsent(family, f -> gpu.load(f, Catalogue.ptx(f))).kernel(kernel));
    }
    public void launch(Function f, int[] g, int[] b, int s, byte[] p) {
      gpu.launch(((Fn) f).k(), g[0], g[1], g[2], b[0], b[1], b[2], s, p);
    }
    public void synchronize() {}
    public void beginCapture() { throw new UnsupportedOperationException(); }
    public Graph endCapture() { throw new UnsupportedOperationException(); }
    public void close() {}
  }
  static Device device() {
    return Device.of(new CudaBackend(new Driver(), CudaOptions.DEFAULT, true) {
      @Override public void execute(Op op, Tensor[] in, Tensor[] out) {
        try { op.cuda(this, in, out); }
        catch (DeviceException e) {
          if (!e.getMessage().contains("has no CUDA path")) throw e;
          if (op instanceof Cast) { out[0].copyFrom(in[0].toFloats()); return; }
          Device cpu = Device.cpu();
          Tensor[] i = new Tensor[in.length];
          for (int k = 0; k < in.length; k++)
            i[k] = in[k].dtype() == DType.I32 ? Tensor.of(cpu, in[k].toInts(), in[k].shape().toArray()) : Tensor.of(cpu, in[k].toFloats(), in[k].shape().toArray());
          Tensor[] o = new Tensor[out.length];
          for (int k = 0; k < o.length; k++) o[k] = Tensor.empty(cpu, out[k].dtype() == DType.I32 ? out[k].type() : TensorType.f32(out[k].shape()));
          cpu.backend().execute(op, i, o);
          for (int k = 0; k < o.length; k++) out[k].copyFrom(o[k].toFloats());
          if (out.length == 0) in[0].copyFrom(i[0].toFloats());
        }
      }
    });
  }
  @TestFactory
  Stream<DynamicTest> cuda() throws Exception {
    String pick = System.getProperty("case", "");
    Device d = device();
    List<DynamicTest> t = new ArrayList<>();
    for (OpCase c : OpCases.all()) {
      if (!java.util.regex.Pattern.compile(pick).matcher(c.name).find()) continue;
      for (DType s : new DType[] {DType.F32, DType.BF16})
        if (s == DType.F32 || c.bf16) t.add(DynamicTest.dynamicTest(c.name + " / " + s, () -> OpCaseCheck.run(c, d, s)));
    }
    return t.stream();
  }
}
