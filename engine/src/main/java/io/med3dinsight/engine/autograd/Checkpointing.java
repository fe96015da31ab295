package io.med3dinsight.engine.autograd;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.Saved;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Trades time for memory (gradient checkpointing; Chen et al. 2016, arXiv 1604.06174): a segment's
 * intermediate tensors are thrown away after the forward pass and computed again when its gradient
 * is wanted.
 */
public final class Checkpointing {
  private static final ThreadLocal<Boolean> RECOMPUTING = ThreadLocal.withInitial(() -> false);

  private Checkpointing() {}

  /**
   * Whether this thread is running a segment for the second time: what changes with each forward
   * pass, such as running statistics, must not change then.
   */
  public static boolean recomputing() {
    return RECOMPUTING.get();
  }

  /**
   * Runs {@code segment} on {@code in}, keeping only its inputs and its result.
   *
   * @param rng the generator that the segment draws from (dropout), set back for the second run;
   *     null when it draws nothing
   */
  public static Tensor run(Rng rng, Function<Tensor[], Tensor> segment, Tensor... in) {
    Tape tape = Tape.current();
    if (tape == null) {
      return segment.apply(in);
    }
    long position = rng == null ? 0 : rng.position();
    Tensor[] out = new Tensor[1];
    Tape.paused(() -> out[0] = Scope.tidy(() -> segment.apply(in)));
    if (out[0].origin() != null || out[0].requiresGrad() || List.of(in).contains(out[0])) {
      // Handed through from outside: what comes from there must stay what it is.
      out[0] = out[0].detach();
    }
    tape.record(new Segment(segment, rng, position), in, out);
    return out[0];
  }

  /** A recorded segment. */
  record Segment(Function<Tensor[], Tensor> body, Rng rng, long position) implements Op {
    /**
     * Runs the segment once more, recording, and differentiates it. Gradients go straight to where
     * they belong, in the order in which they would without checkpointing: the same bits.
     */
    void backward(Tape.Node node, Tensor incoming, Map<Tensor, Tensor> leaves) {
      Tensor[] in = new Tensor[node.inputs.length];
      Map<Tensor, Object> standIns = new IdentityHashMap<>();
      for (int i = 0; i < in.length; i++) {
        in[i] = node.inputs[i].detach();
        if (node.sources[i] != null) {
          standIns.put(in[i], node.sources[i]);
        }
      }
      long now = rng == null ? 0 : rng.position();
      if (rng != null) {
        rng.position(position);
      }
      try (Tape tape = Tape.open(node.tape, standIns)) {
        tape.backward(again(in), incoming, leaves);
      } finally {
        if (rng != null) {
          rng.position(now);
        }
      }
    }

    private Tensor again(Tensor[] in) {
      boolean outer = RECOMPUTING.get();
      RECOMPUTING.set(true);
      try {
        return body.apply(in);
      } finally {
        RECOMPUTING.set(outer);
      }
    }

    @Override
    public TensorType[] infer(TensorType... inputs) {
      throw new IllegalStateException("a segment is recorded, never dispatched");
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      throw new IllegalStateException("a segment is recorded, never dispatched");
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      throw new IllegalStateException("a segment is recorded, never dispatched");
    }

    @Override
    public Saved saved() {
      return new Saved(-1, 0);
    }

    @Override
    public Tensor[] gradient(Backward b) {
      throw new IllegalStateException("the tape differentiates a segment by running it again");
    }
  }
}
