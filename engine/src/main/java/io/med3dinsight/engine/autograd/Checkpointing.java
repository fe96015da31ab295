package io.med3dinsight.engine.autograd;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.Saved;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Map;
import java.util.function.Function;

/**
 * Trades time for memory (gradient checkpointing; Chen et al. 2016, arXiv 1604.06174): a segment's
 * intermediate tensors are thrown away after the forward pass and computed again when its gradient
 * is wanted.
 */
public final class Checkpointing {
  private Checkpointing() {}

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
    tape.record(new Segment(segment, rng, position), in, out);
    return out[0];
  }

  /** A recorded segment. */
  record Segment(Function<Tensor[], Tensor> body, Rng rng, long position) implements Op {
    /**
     * Runs the segment once more, recording, and differentiates it; gradients of parameters go
     * straight to {@code leaves}.
     */
    Tensor[] backward(Tape.Node node, Tensor[] incoming, Map<Tensor, Tensor> leaves) {
      Tensor[] in = new Tensor[node.inputs.length];
      for (int i = 0; i < in.length; i++) {
        in[i] = node.inputs[i].detach();
        if (node.sources[i] != null) {
          in[i].requireGrad();
        }
      }
      long now = rng == null ? 0 : rng.position();
      if (rng != null) {
        rng.position(position);
      }
      Gradients g;
      try (Tape tape = Tape.open()) {
        g = tape.gradients(body.apply(in), incoming[0]);
      } finally {
        if (rng != null) {
          rng.position(now);
        }
      }
      Tensor[] result = new Tensor[in.length];
      for (int i = 0; i < in.length; i++) {
        result[i] = g.byLeaf().remove(in[i]);
      }
      g.byLeaf().forEach((leaf, grad) -> Tape.accumulate(leaf, grad, leaves));
      return result;
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
    public Saved saved() {
      return new Saved(-1, 0);
    }

    @Override
    public Tensor[] gradient(Backward b) {
      throw new IllegalStateException("the tape differentiates a segment by running it again");
    }
  }
}
