package io.med3dinsight.kernels.ptx;

/** A decoded instruction: executes the lanes of a warp whose bit is set in the mask. */
abstract class Instruction {
  static final int LANES = 32;

  /** How the scheduler treats an instruction. */
  enum Flow {
    /** Executes and goes on. */
    PLAIN,
    BRANCH,
    TABLE,
    CALL,
    RETURN,
    EXIT,
    /** Waits for the lanes named in its member mask. */
    WARP_SYNC,
    /** Waits for the threads of the block. */
    BARRIER
  }

  Statement source;

  /** Predicate register that guards the instruction, -1 for none. */
  int guard = -1;

  boolean negated;

  /** Floating-point operations per lane. */
  int flops;

  final Flow flow;

  Instruction() {
    this(Flow.PLAIN);
  }

  Instruction(Flow flow) {
    this.flow = flow;
  }

  abstract void execute(Warp w, int mask);

  @Override
  public String toString() {
    return "line " + source.line() + ": " + source.text();
  }
}
