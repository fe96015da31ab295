package io.med3dinsight.kernels.ptx;

/**
 * A fault found while simulating a kernel: says kernel, PTX line and instruction, block, thread,
 * address and kind.
 */
public final class SimulationFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A place in a launch: block and thread indices, {@code x, y, z}. */
  record Place(int[] block, int[] thread) {
    @Override
    public String toString() {
      return "block (" + triple(block) + ") thread (" + triple(thread) + ")";
    }

    private static String triple(int[] v) {
      return v[0] + ", " + v[1] + ", " + v[2];
    }
  }

  private final FaultKind kind;
  private final String kernel;
  private final int line;
  private final String instruction;
  private final transient Place place;
  private final long address;

  SimulationFault(
      FaultKind kind,
      String kernel,
      int line,
      String instruction,
      Place place,
      long address,
      String message) {
    super(text(kind, kernel, line, instruction, place, message));
    this.kind = kind;
    this.kernel = kernel;
    this.line = line;
    this.instruction = instruction;
    this.place = place;
    this.address = address;
  }

  private static String text(
      FaultKind kind, String kernel, int line, String instruction, Place place, String message) {
    StringBuilder s = new StringBuilder().append(kind);
    if (!kernel.isEmpty()) {
      s.append(" in ").append(kernel);
    }
    if (line > 0) {
      s.append(", PTX line ").append(line).append(" `").append(instruction).append('`');
    }
    if (place != null) {
      s.append(", ").append(place);
    }
    return s.append(": ").append(message).toString();
  }

  /** What went wrong. */
  public FaultKind kind() {
    return kind;
  }

  /** Name of the kernel; empty for faults outside a launch. */
  public String kernel() {
    return kernel;
  }

  /** Line in the PTX text counted from 1; 0 when the fault belongs to no instruction. */
  public int line() {
    return line;
  }

  /** The instruction as written; empty when the fault belongs to none. */
  public String instruction() {
    return instruction;
  }

  /** Block index {@code x, y, z}, or null. */
  public int[] block() {
    return place == null ? null : place.block().clone();
  }

  /** Thread index in its block {@code x, y, z}, or null. */
  public int[] thread() {
    return place == null ? null : place.thread().clone();
  }

  /** The address accessed, 0 when the fault is not about memory. */
  public long address() {
    return address;
  }
}
