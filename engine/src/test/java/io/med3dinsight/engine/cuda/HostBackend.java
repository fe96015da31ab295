package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.op.Cast;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.Saved;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** The CUDA backend on a {@link HostDriver}, with the CPU's code in place of kernels. */
final class HostBackend extends CudaBackend {
  private final HostDriver host;
  private final Device cpu = Device.of(new CpuBackend(1));

  HostBackend(HostDriver host, CudaOptions options) {
    super(host, options);
    this.host = host;
  }

  @Override
  public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
    super.execute(new Queued(this, op), inputs, outputs);
  }

  /** Asks the op about itself, and queues its CPU path on copies from these addresses. */
  private record Queued(HostBackend backend, Op op) implements Op {
    @Override
    public TensorType[] infer(TensorType... in) {
      return op.infer(in);
    }

    @Override
    public Long stream() {
      return op.stream();
    }

    @Override
    public String name() {
      return op.name();
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      Part[] from = Part.of(cuda, in);
      Part[] to = Part.of(cuda, out);
      backend.host.queue(() -> backend.run(op, from, to));
    }

    @Override
    public Saved saved() {
      return op.saved();
    }

    @Override
    public Tensor[] gradient(Backward b) {
      return op.gradient(b);
    }
  }

  private record Part(long address, TensorType type) {
    static Part[] of(CudaBackend cuda, Tensor[] ts) {
      Part[] parts = new Part[ts.length];
      for (int i = 0; i < parts.length; i++) {
        parts[i] = new Part(cuda.address(ts[i]), ts[i].type());
      }
      return parts;
    }
  }

  private void run(Op op, Part[] from, Part[] to) {
    if (op instanceof Cast) {
      host.put(to[0].address, to[0].type.dtype(), floats(from[0]));
      return;
    }
    try (Scope s = Scope.open()) {
      Tensor[] in = new Tensor[from.length];
      for (int i = 0; i < in.length; i++) {
        in[i] = Tensor.of(cpu, floats(from[i]), from[i].type.shape().toArray());
      }
      Tensor[] out = new Tensor[to.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = Tensor.empty(cpu, new TensorType(DType.F32, to[i].type.shape()));
      }
      cpu.backend().execute(op, in, out);
      for (int i = 0; i < out.length; i++) {
        host.put(to[i].address, to[i].type.dtype(), out[i].toFloats());
      }
      if (out.length == 0) {
        // A step in place.
        for (int i = 0; i < in.length; i++) {
          host.put(from[i].address, from[i].type.dtype(), in[i].toFloats());
        }
      }
    }
  }

  private float[] floats(Part p) {
    return host.floats(p.address, p.type.dtype(), p.type.shape().size());
  }
}
