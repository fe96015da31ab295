package io.med3dinsight.engine.op;

/**
 * Which inputs and outputs an op's gradient reads, as bit sets. Everything else may be freed right
 * after the forward pass.
 *
 * @param inputs bit i for input i
 * @param outputs bit i for output i
 */
public record Saved(int inputs, int outputs) {
  public static final Saved NOTHING = new Saved(0, 0);

  public static Saved inputs(int... indices) {
    return new Saved(bits(indices), 0);
  }

  public static Saved outputs(int... indices) {
    return new Saved(0, bits(indices));
  }

  public Saved andOutputs(int... indices) {
    return new Saved(inputs, outputs | bits(indices));
  }

  public boolean hasInput(int i) {
    return (inputs >> i & 1) != 0;
  }

  public boolean hasOutput(int i) {
    return (outputs >> i & 1) != 0;
  }

  private static int bits(int[] indices) {
    int b = 0;
    for (int i : indices) {
      b |= 1 << i;
    }
    return b;
  }
}
