package io.med3dinsight.kernels.ptx;

/** Double-precision arithmetic, rounded to nearest. */
final class DoubleDecoder {
  private DoubleDecoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    if (FloatDecoder.rounding(s) != Floats.Rounding.RN) {
      throw s.unsupported("directed rounding of doubles");
    }
    Instruction in = n.longs(kernel(n));
    in.flops = FloatDecoder.flops(s.op());
    return in;
  }

  private static Kernels.Longs kernel(Names n) {
    Statement s = n.statement;
    return switch (s.op()) {
      case "add" -> Kernels.doubles(n.l(1), n.l(2), Double::sum);
      case "sub" -> Kernels.doubles(n.l(1), n.l(2), (x, y) -> x - y);
      case "mul" -> Kernels.doubles(n.l(1), n.l(2), (x, y) -> x * y);
      case "div" -> Kernels.doubles(n.l(1), n.l(2), (x, y) -> x / y);
      case "fma", "mad" -> Kernels.doubles(n.l(1), n.l(2), n.l(3), Math::fma);
      case "min" -> Kernels.doubles(n.l(1), n.l(2), Floats::min);
      case "max" -> Kernels.doubles(n.l(1), n.l(2), Floats::max);
      case "abs" -> Kernels.longs(n.l(1), x -> x & Long.MAX_VALUE);
      case "neg" -> Kernels.longs(n.l(1), x -> x ^ Long.MIN_VALUE);
      case "copysign" ->
          Kernels.longs(n.l(1), n.l(2), (x, y) -> x & Long.MIN_VALUE | y & Long.MAX_VALUE);
      case "sqrt" -> Kernels.doubles(n.l(1), Math::sqrt);
      case "rcp" -> Kernels.doubles(n.l(1), x -> 1 / x);
      case "rsqrt" -> Kernels.doubles(n.l(1), x -> 1 / Math.sqrt(x));
      default -> throw s.unsupported("instruction");
    };
  }
}
