package io.med3dinsight.kernels.ptx;

/**
 * One token of PTX text: a word (names, opcodes and directives, dots included), a number, a string
 * or one punctuation mark.
 */
record Token(Kind kind, String text, int line, int start, int end) {
  enum Kind {
    WORD,
    NUMBER,
    STRING,
    MARK,
    END
  }

  boolean is(String expected) {
    return text.equals(expected) && kind != Kind.STRING;
  }
}
