package io.med3dinsight.kernels.ptx;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A kernel decoded together with the functions it calls: everything resolved, ready to run. */
final class Program {
  /** A variable in shared memory. */
  record SharedVariable(String name, int offset, int bytes) {}

  String name;
  Instruction[] code;
  int entry;
  int callDepth;
  int intRegisters;
  int longRegisters;
  int predRegisters;
  int localBytes;
  int staticSharedBytes;
  int dynamicAlign = 128;

  /**
   * Bytes of static shared memory as declared, without the gaps the simulator puts between
   * variables.
   */
  int declaredSharedBytes;

  int parameterBytes;
  int maxThreads;
  List<SharedVariable> shared;
  Map<Integer, Integer> intConstants;
  Map<Long, Integer> longConstants;
  Map<String, Integer> intSpecials;
  int truePredicate;

  void fillConstants(Warp w) {
    intConstants.forEach((value, register) -> Arrays.fill(w.ints[register], value));
    longConstants.forEach((value, register) -> Arrays.fill(w.longs[register], value));
    w.preds[truePredicate] = -1;
  }

  /** Marks shared memory unwritten for a new block, with gaps around the variables. */
  void resetShared(Region region, int dynamicBytes) {
    Arrays.fill(region.state, Region.GAP);
    for (SharedVariable v : shared) {
      Arrays.fill(region.state, v.offset, v.offset + v.bytes, Region.UNWRITTEN);
    }
    Arrays.fill(
        region.state, staticSharedBytes, staticSharedBytes + dynamicBytes, Region.UNWRITTEN);
  }
}
