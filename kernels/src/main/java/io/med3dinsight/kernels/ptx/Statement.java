package io.med3dinsight.kernels.ptx;

import java.util.List;

/**
 * One statement of a function body.
 *
 * @param kind instruction, label, declaration of registers or of a variable, begin or end of a
 *     scope, table of branch targets
 * @param line in the PTX text, from 1
 * @param text as written, blanks squeezed
 * @param guard predicate name of {@code @p}, or null
 * @param negated {@code @!p}
 * @param opcode parts between the dots of an instruction; the label's name for labels
 * @param operands of the instruction, or the targets of a table
 * @param variable the variable or registers declared
 */
record Statement(
    Kind kind,
    int line,
    String text,
    String guard,
    boolean negated,
    List<String> opcode,
    List<Operand> operands,
    Variable variable) {
  enum Kind {
    INSTRUCTION,
    LABEL,
    REGISTERS,
    VARIABLE,
    OPEN,
    CLOSE,
    TARGETS
  }

  static Statement marker(Kind kind, int line) {
    return new Statement(kind, line, "", null, false, List.of(), List.of(), null);
  }

  static Statement label(String name, int line) {
    return new Statement(Kind.LABEL, line, name + ":", null, false, List.of(name), List.of(), null);
  }

  static Statement declaration(Kind kind, int line, Variable variable) {
    return new Statement(kind, line, "", null, false, List.of(), List.of(), variable);
  }

  String op() {
    return opcode.get(0);
  }

  /** Whether the opcode carries this qualifier. */
  boolean has(String qualifier) {
    return opcode.indexOf(qualifier) > 0;
  }

  /** The last part of the opcode, by PTX's rules the type operated on. */
  String type() {
    return opcode.get(opcode.size() - 1);
  }

  Operand operand(int i) {
    if (i >= operands.size()) {
      throw new PtxException(line, "operand " + (i + 1) + " is missing: " + text);
    }
    return operands.get(i);
  }

  PtxException unsupported(String why) {
    return new PtxException(line, "not supported (" + why + "): " + text);
  }
}
