package io.med3dinsight.kernels.ptx;

/** Chooses the family that decodes an instruction. */
final class Decoder {
  private Decoder() {}

  static Instruction decode(Names n) {
    Statement s = n.statement;
    return switch (s.op()) {
      case "add", "sub", "mul", "mad", "fma", "div", "rem", "abs", "neg", "min", "max" ->
          arithmetic(n);
      case "addc", "subc", "madc" -> CarryInstructions.decode(n);
      case "sad", "mul24", "mad24", "popc", "clz", "bfind", "brev", "bfe", "bfi", "dp4a" ->
          IntegerDecoder.decode(n);
      case "and", "or", "xor", "not", "cnot", "lop3", "shl", "shr", "shf", "prmt" ->
          LogicDecoder.decode(n);
      case "rcp", "sqrt", "rsqrt", "sin", "cos", "lg2", "ex2", "tanh", "copysign", "testp" ->
          arithmetic(n);
      case "set", "setp", "selp", "slct" -> CompareDecoder.decode(n);
      case "mov", "cvta", "isspacep" -> MoveDecoder.decode(n);
      case "cvt" -> ConvertDecoder.decode(n);
      case "ld", "ldu" -> MemoryInstructions.load(n);
      case "st" -> MemoryInstructions.store(n);
      case "atom", "red" -> AtomicInstruction.decode(n);
      case "bar", "barrier" ->
          s.has("warp") ? new WarpInstructions.WarpBarrier(n.i(0)) : BarrierInstruction.decode(n);
      case "shfl" -> synchronous(n, WarpInstructions.Shuffle.decode(n));
      case "vote" -> synchronous(n, WarpInstructions.Vote.decode(n));
      case "match" -> WarpInstructions.Match.decode(n);
      case "redux" -> WarpInstructions.Reduce.decode(n);
      case "activemask" -> new WarpInstructions.ActiveMask(n.id(0));
      case "cp" -> AsyncDecoder.decode(n);
      case "membar", "fence", "nanosleep", "prefetch", "prefetchu", "discard", "applypriority" ->
          new ControlInstructions.Nothing();
      case "mma", "ldmatrix" -> MatrixDecoder.decode(n);
      default -> throw s.unsupported("instruction");
    };
  }

  private static Instruction synchronous(Names n, Instruction in) {
    if (!n.statement.has("sync")) {
      throw n.statement.unsupported("only the .sync form");
    }
    return in;
  }

  private static Instruction arithmetic(Names n) {
    Statement s = n.statement;
    if (s.has("cc")) {
      return CarryInstructions.decode(n);
    }
    return switch (s.type()) {
      case "f32" -> FloatDecoder.decode(n);
      case "f64" -> DoubleDecoder.decode(n);
      case "f16", "f16x2", "bf16", "bf16x2" -> HalfDecoder.decode(n);
      default -> IntegerDecoder.decode(n);
    };
  }
}
