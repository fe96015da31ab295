package io.med3dinsight.kernels.ptx;

/**
 * PTX text that cannot be read or uses something the simulator does not execute; says module, line
 * and instruction.
 */
public final class PtxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  PtxException(int line, String message) {
    super("PTX line " + line + ": " + message);
    this.line = line;
  }

  PtxException(String module, PtxException cause) {
    super(module + ": " + cause.getMessage(), cause);
    this.line = cause.line;
  }

  /** Line in the PTX text, counted from 1. */
  public int line() {
    return line;
  }
}
