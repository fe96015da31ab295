package io.med3dinsight.kernels.ptx;

import java.util.List;
import java.util.stream.Collectors;

/**
 * An operand as written. Names are resolved to registers, constants and addresses when the
 * instruction is decoded.
 *
 * @param kind what it is
 * @param name of a name, the base of an address (null: none), or the literal of a number
 * @param offset constant part of an address, or of a name plus constant
 * @param negated {@code !p}, or a number with a minus sign
 * @param parts of a vector {a, b} or of a pair d|p
 */
record Operand(Kind kind, String name, long offset, boolean negated, List<Operand> parts) {
  enum Kind {
    NAME,
    NUMBER,
    ADDRESS,
    VECTOR,
    PAIR
  }

  static Operand name(String name, long offset, boolean negated) {
    return new Operand(Kind.NAME, name, offset, negated, List.of());
  }

  static Operand number(String literal, boolean negated) {
    return new Operand(Kind.NUMBER, literal, 0, negated, List.of());
  }

  static Operand address(String base, long offset) {
    return new Operand(Kind.ADDRESS, base, offset, false, List.of());
  }

  static Operand vector(List<Operand> parts) {
    return new Operand(Kind.VECTOR, null, 0, false, List.copyOf(parts));
  }

  static Operand pair(Operand first, Operand second) {
    return new Operand(Kind.PAIR, null, 0, false, List.of(first, second));
  }

  boolean isSink() {
    return kind == Kind.NAME && "_".equals(name);
  }

  /** Whether it is a predicate written as !p. */
  boolean inverts() {
    return kind == Kind.NAME && negated;
  }

  /** The vector's parts, or the operand itself as a list of one. */
  List<Operand> elements() {
    return kind == Kind.VECTOR ? parts : List.of(this);
  }

  /**
   * Bits of an integer or float literal; floats 0f/0d give their bits, decimals are taken as the
   * width says.
   */
  long bits(int width, int line) {
    String s = name;
    try {
      if (s.startsWith("0f") || s.startsWith("0F")) {
        return floatBits(Integer.parseUnsignedInt(s.substring(2), 16), width);
      }
      if (s.startsWith("0d") || s.startsWith("0D")) {
        long bits = Long.parseUnsignedLong(s.substring(2), 16) ^ (negated ? Long.MIN_VALUE : 0);
        return width == 64 ? bits : Float.floatToRawIntBits((float) Double.longBitsToDouble(bits));
      }
      if (s.indexOf('.') >= 0) {
        double v = negated ? -Double.parseDouble(s) : Double.parseDouble(s);
        return width == 64 ? Double.doubleToRawLongBits(v) : Float.floatToRawIntBits((float) v);
      }
      long value = integer(s);
      return negated ? -value : value;
    } catch (NumberFormatException e) {
      throw new PtxException(line, "'" + s + "' is not a number");
    }
  }

  private long floatBits(int raw, int width) {
    int bits = raw ^ (negated ? Integer.MIN_VALUE : 0);
    return width == 64 ? Double.doubleToRawLongBits(Float.intBitsToFloat(bits)) : bits;
  }

  private static long integer(String literal) {
    String s = literal;
    if (s.endsWith("U") || s.endsWith("u")) {
      s = s.substring(0, s.length() - 1);
    }
    if (s.startsWith("0x") || s.startsWith("0X")) {
      return Long.parseUnsignedLong(s.substring(2), 16);
    }
    if (s.startsWith("0b") || s.startsWith("0B")) {
      return Long.parseUnsignedLong(s.substring(2), 2);
    }
    if (s.length() > 1 && s.startsWith("0")) {
      return Long.parseUnsignedLong(s, 8);
    }
    return Long.parseUnsignedLong(s);
  }

  @Override
  public String toString() {
    String sign = offset == 0 ? "" : "+" + offset;
    switch (kind) {
      case ADDRESS:
        return "[" + (name == null ? "" : name) + sign + "]";
      case VECTOR:
        return parts.stream().map(Operand::toString).collect(Collectors.joining(", ", "{", "}"));
      case PAIR:
        return parts.get(0) + "|" + parts.get(1);
      case NAME:
        return (negated ? "!" : "") + name + sign;
      default:
        return (negated ? "-" : "") + name;
    }
  }
}
