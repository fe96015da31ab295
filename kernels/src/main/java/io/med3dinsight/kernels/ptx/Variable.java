package io.med3dinsight.kernels.ptx;

import java.util.List;

/**
 * A declared variable: module-scope, function-scope, parameter, or a group of registers.
 *
 * @param space reg, global, const, shared, local or param
 * @param type element type without its dot, for example b8
 * @param name as declared
 * @param align in bytes
 * @param count elements; 1 for scalars, 0 for an extern array, the N of {@code %r<N>} for registers
 *     (-1: plain names)
 * @param external declared extern
 * @param init initial values in element order, or null
 * @param line in the PTX text
 */
record Variable(
    String space,
    String type,
    String name,
    int align,
    long count,
    boolean external,
    List<Operand> init,
    int line) {

  /** Size in bytes. */
  long bytes() {
    return count * Types.bytes(type);
  }
}
