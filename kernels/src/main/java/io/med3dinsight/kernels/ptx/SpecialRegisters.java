package io.med3dinsight.kernels.ptx;

import java.util.Arrays;
import java.util.Set;

/** Registers such as %tid.x, filled in when a block starts. */
final class SpecialRegisters {
  private static final Set<String> NAMES =
      Set.of(
          "%tid.x",
          "%tid.y",
          "%tid.z",
          "%ntid.x",
          "%ntid.y",
          "%ntid.z",
          "%ctaid.x",
          "%ctaid.y",
          "%ctaid.z",
          "%nctaid.x",
          "%nctaid.y",
          "%nctaid.z",
          "%laneid",
          "%warpid",
          "%nwarpid",
          "%smid",
          "%nsmid",
          "%lanemask_eq",
          "%lanemask_lt",
          "%lanemask_le",
          "%lanemask_gt",
          "%lanemask_ge",
          "%dynamic_smem_size",
          "%total_smem_size",
          "%clock",
          "%clock_hi");

  private SpecialRegisters() {}

  static boolean known(String name) {
    return NAMES.contains(name);
  }

  static void fill(Warp w) {
    w.program.intSpecials.forEach((name, register) -> fill(w, name, w.ints[register]));
  }

  private static void fill(Warp w, String name, int[] out) {
    if (name.startsWith("%tid")) {
      for (int lane = 0; lane < Instruction.LANES; lane++) {
        out[lane] = w.launch.threadIndex(w.index * Instruction.LANES + lane)[axis(name)];
      }
    } else if (name.startsWith("%lane")) {
      for (int lane = 0; lane < Instruction.LANES; lane++) {
        out[lane] = lane(name, lane);
      }
    } else {
      Arrays.fill(out, uniform(w, name));
    }
  }

  private static int axis(String name) {
    return name.charAt(name.length() - 1) - 'x';
  }

  private static int lane(String name, int lane) {
    int bit = 1 << lane;
    return switch (name) {
      case "%laneid" -> lane;
      case "%lanemask_eq" -> bit;
      case "%lanemask_lt" -> bit - 1;
      case "%lanemask_le" -> bit | bit - 1;
      case "%lanemask_gt" -> ~(bit | bit - 1);
      default -> -bit;
    };
  }

  private static int uniform(Warp w, String name) {
    LaunchContext launch = w.launch;
    return switch (name) {
      case "%ntid.x", "%ntid.y", "%ntid.z" -> launch.threads[axis(name)];
      case "%nctaid.x", "%nctaid.y", "%nctaid.z" -> launch.grid[axis(name)];
      case "%ctaid.x" -> w.block.x;
      case "%ctaid.y" -> w.block.y;
      case "%ctaid.z" -> w.block.z;
      case "%warpid" -> w.index;
      case "%nwarpid" -> (launch.threadCount() + 31) / 32;
      case "%nsmid" -> launch.options.multiprocessors();
      case "%dynamic_smem_size" -> launch.dynamicBytes;
      case "%total_smem_size" -> launch.dynamicBytes + w.program.declaredSharedBytes;
      // One multiprocessor executes everything; its clock is the count of instructions, read when
      // the block starts.
      case "%clock" -> (int) w.counters.warpInstructions;
      default -> 0;
    };
  }
}
