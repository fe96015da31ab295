package io.med3dinsight.kernels.ptx;

import java.util.List;

/**
 * mma.sync and ldmatrix. Fragments are laid out as the PTX manual says ("Matrix fragments for
 * mma.m16n8k16" and its neighbours). Products of f16, bf16 and tf32 numbers are exact; they are
 * added to the accumulator in float one after the other, k ascending, each sum rounded to nearest.
 * The hardware's order and inner precision are not specified.
 */
final class MatrixDecoder {
  private static final int ROWS = 16;
  private static final int COLUMNS = 8;

  private MatrixDecoder() {}

  static Instruction decode(Names n) {
    return n.statement.op().equals("mma") ? mma(n) : ldmatrix(n);
  }

  private static Instruction mma(Names n) {
    Statement s = n.statement;
    List<String> op = s.opcode();
    if (op.size() != 10 || !s.has("row") || !s.has("col")) {
      throw s.unsupported("form of mma");
    }
    String type = op.get(7);
    boolean known = type.equals("bf16") || type.equals("f16") || type.equals("tf32");
    if (!known || !type.equals(op.get(8)) || !op.get(6).equals(op.get(9))) {
      throw s.unsupported("types of mma");
    }
    boolean tf32 = type.equals("tf32");
    int k =
        switch (op.get(3)) {
          case "m16n8k4" -> tf32 ? 4 : -1;
          case "m16n8k8" -> 8;
          case "m16n8k16" -> tf32 ? -1 : 16;
          default -> -1;
        };
    boolean halfSums = op.get(6).equals("f16");
    if (k < 0 || !halfSums && !op.get(6).equals("f32")) {
      throw s.unsupported("shape or accumulator of mma");
    }
    int perRegister = tf32 ? 1 : 2;
    int[] d = s.operand(0).elements().stream().mapToInt(n::intDest).toArray();
    int[] a = s.operand(1).elements().stream().mapToInt(n::intSource).toArray();
    int[] b = s.operand(2).elements().stream().mapToInt(n::intSource).toArray();
    int[] c = s.operand(3).elements().stream().mapToInt(n::intSource).toArray();
    int sums = halfSums ? 2 : 4;
    if (a.length * perRegister != k / 2
        || b.length * perRegister != k / 4
        || c.length != sums
        || d.length != sums) {
      throw s.unsupported("number of registers of mma");
    }
    Mma in = new Mma(type, k, halfSums, d, a, b, c);
    in.flops = 2 * ROWS * COLUMNS * k / Instruction.LANES;
    return in;
  }

  private static Instruction ldmatrix(Names n) {
    Statement s = n.statement;
    int count = s.has("x4") ? 4 : s.has("x2") ? 2 : 1;
    int[] d = s.operand(0).elements().stream().mapToInt(n::intDest).toArray();
    if (!s.has("m8n8") || !s.type().equals("b16") && !s.has("b16") || d.length != count) {
      throw s.unsupported("form of ldmatrix");
    }
    return new LoadMatrix(
        MemoryInstruction.Address.of(n, s.operand(1), Space.SHARED), d, s.has("trans"));
  }

  /** Base of operations in which the whole warp takes part. */
  private abstract static class WholeWarp extends WarpInstructions.Sync {
    WholeWarp() {
      super(-1);
    }

    @Override
    final void perform(Warp w, int lanes) {
      if (lanes != -1) {
        throw w.fault(
            FaultKind.INVALID_SYNC_MASK,
            Warp.firstLane(lanes),
            0,
            "all 32 lanes must take part; there are 0x" + Integer.toHexString(lanes));
      }
      act(w);
    }

    abstract void act(Warp w);
  }

  /** D = A B + C with A 16 x k, B k x 8. */
  private static final class Mma extends WholeWarp {
    private final String type;
    private final int k;
    private final boolean halfSums;
    private final int[] d;
    private final int[] a;
    private final int[] b;
    private final int[] c;

    private Mma(String type, int k, boolean halfSums, int[] d, int[] a, int[] b, int[] c) {
      this.type = type;
      this.k = k;
      this.halfSums = halfSums;
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    void act(Warp w) {
      float[] left = new float[ROWS * k];
      float[] right = new float[k * COLUMNS];
      float[] sum = new float[ROWS * COLUMNS];
      for (int lane = 0; lane < LANES; lane++) {
        gatherLeft(w, lane, left);
        gatherRight(w, lane, right);
        gatherSums(w, lane, sum);
      }
      for (int i = 0; i < ROWS; i++) {
        multiplyRow(left, right, sum, i);
      }
      for (int lane = 0; lane < LANES; lane++) {
        scatter(w, lane, sum);
      }
    }

    private void multiplyRow(float[] left, float[] right, float[] sum, int i) {
      for (int l = 0; l < k; l++) {
        float x = left[i * k + l];
        for (int j = 0; j < COLUMNS; j++) {
          sum[i * COLUMNS + j] = Math.fma(x, right[l * COLUMNS + j], sum[i * COLUMNS + j]);
        }
      }
    }

    private float decode(int bits) {
      return switch (type) {
        case "bf16" -> Floats.fromBf16(bits & 0xffff);
        case "f16" -> Floats.fromF16(bits & 0xffff);
        // The low 13 bits of a TF32 operand are ignored.
        default -> Float.intBitsToFloat(bits & 0xffffe000);
      };
    }

    private void gatherLeft(Warp w, int lane, float[] left) {
      int g = lane >> 2;
      int t = lane & 3;
      for (int r = 0; r < a.length; r++) {
        int row = g + 8 * (r & 1);
        int bits = w.ints[a[r]][lane];
        if (type.equals("tf32")) {
          left[row * k + t + 4 * (r >> 1)] = decode(bits);
        } else {
          int at = row * k + 2 * t + 8 * (r >> 1);
          left[at] = decode(bits);
          left[at + 1] = decode(bits >>> 16);
        }
      }
    }

    private void gatherRight(Warp w, int lane, float[] right) {
      int g = lane >> 2;
      int t = lane & 3;
      for (int r = 0; r < b.length; r++) {
        int bits = w.ints[b[r]][lane];
        if (type.equals("tf32")) {
          right[(t + 4 * r) * COLUMNS + g] = decode(bits);
        } else {
          int at = (2 * t + 8 * r) * COLUMNS + g;
          right[at] = decode(bits);
          right[at + COLUMNS] = decode(bits >>> 16);
        }
      }
    }

    private void gatherSums(Warp w, int lane, float[] sum) {
      int at = (lane >> 2) * COLUMNS + 2 * (lane & 3);
      for (int r = 0; r < c.length; r++) {
        int bits = w.ints[c[r]][lane];
        if (halfSums) {
          sum[at + 8 * COLUMNS * r] = Floats.fromF16(bits & 0xffff);
          sum[at + 8 * COLUMNS * r + 1] = Floats.fromF16(bits >>> 16);
        } else {
          sum[at + 8 * COLUMNS * (r >> 1) + (r & 1)] = Float.intBitsToFloat(bits);
        }
      }
    }

    private void scatter(Warp w, int lane, float[] sum) {
      int at = (lane >> 2) * COLUMNS + 2 * (lane & 3);
      for (int r = 0; r < d.length; r++) {
        if (halfSums) {
          int low = Floats.toF16(sum[at + 8 * COLUMNS * r], Floats.Rounding.RN);
          int high = Floats.toF16(sum[at + 8 * COLUMNS * r + 1], Floats.Rounding.RN);
          w.ints[d[r]][lane] = high << 16 | low;
        } else {
          w.ints[d[r]][lane] = Floats.bits(sum[at + 8 * COLUMNS * (r >> 1) + (r & 1)]);
        }
      }
    }
  }

  /** Address computation of ldmatrix. */
  private static final class Rows extends MemoryInstruction {
    private Rows(Address a) {
      super(a);
    }

    @Override
    void execute(Warp w, int mask) {
      throw new IllegalStateException("only the addresses are used");
    }
  }

  /** ldmatrix: eight lanes per 8 x 8 matrix of 16-bit elements give the addresses of its rows. */
  private static final class LoadMatrix extends WholeWarp {
    private static final int ROW_BYTES = 16;

    private final Rows rows;
    private final int[] d;
    private final boolean transposed;

    private LoadMatrix(MemoryInstruction.Address address, int[] d, boolean transposed) {
      this.rows = new Rows(address);
      this.d = d;
      this.transposed = transposed;
    }

    @Override
    void act(Warp w) {
      rows.addresses(w);
      int lanes = d.length == 4 ? -1 : (1 << 8 * d.length) - 1;
      if (w.launch.options.statistics()) {
        rows.count(w, lanes, ROW_BYTES, false);
      }
      Region shared = w.block.shared;
      int[] at = new int[8 * d.length];
      for (int lane = 0; lane < at.length; lane++) {
        long address = w.addresses[lane];
        MemoryInstruction.locate(w, Space.SHARED, lane, address, ROW_BYTES);
        at[lane] = (int) address;
        MemoryInstruction.checkRead(w, shared, at[lane], ROW_BYTES, lane, address, false);
      }
      for (int m = 0; m < d.length; m++) {
        for (int lane = 0; lane < LANES; lane++) {
          w.ints[d[m]][lane] = pair(shared, at, 8 * m, lane);
        }
      }
    }

    private int pair(Region shared, int[] at, int first, int lane) {
      int g = lane >> 2;
      int t = lane & 3;
      if (!transposed) {
        return shared.getInt(at[first + g] + 4 * t);
      }
      int low = shared.getShort(at[first + 2 * t] + 2 * g) & 0xffff;
      int high = shared.getShort(at[first + 2 * t + 1] + 2 * g);
      return high << 16 | low;
    }
  }
}
