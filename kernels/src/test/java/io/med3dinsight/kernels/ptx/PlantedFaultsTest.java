package io.med3dinsight.kernels.ptx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Each check finds the fault planted for it, at its line and thread. */
class PlantedFaultsTest {
  private static final String PTX = PtxResources.read("faults");

  private SimulatedArrays s = new SimulatedArrays(SimulatorOptions.defaults(), "faults", PTX);

  private void expect(
      FaultKind kind,
      String kernel,
      String pattern,
      int block,
      int thread,
      int grid,
      int threads,
      Object... arguments) {
    SimulationFault f =
        assertThrows(SimulationFault.class, () -> s.launch(kernel, grid, threads, arguments));
    assertEquals(kind, f.kind(), f.getMessage());
    assertEquals(kernel, f.kernel());
    assertEquals(PtxResources.plantedLine(PTX, kernel, pattern), f.line(), f.getMessage());
    assertArrayEquals(new int[] {thread, 0, 0}, f.thread(), f.getMessage());
    assertArrayEquals(new int[] {block, 0, 0}, f.block(), f.getMessage());
    assertTrue(f.instruction().matches(".*" + pattern + ".*"), f.getMessage());
  }

  private long written(int floats) {
    return s.upload(new float[floats]);
  }

  @Test
  void bounds() {
    expect(
        FaultKind.OUT_OF_BOUNDS,
        "past_the_end",
        "st\\.volatile",
        1,
        36,
        2,
        64,
        s.allocate(400),
        100);
    expect(
        FaultKind.OUT_OF_BOUNDS,
        "before_the_start",
        "ld\\.volatile",
        0,
        0,
        1,
        32,
        written(32),
        s.allocate(128));
    expect(
        FaultKind.OUT_OF_BOUNDS,
        "shared_past_the_end",
        "st\\.volatile\\.shared",
        0,
        63,
        1,
        64,
        s.allocate(256));
  }

  @Test
  void useAfterFree() {
    long in = written(32);
    s.gpu().free(in);
    expect(
        FaultKind.USE_AFTER_FREE,
        "unwritten_global",
        "ld\\.volatile",
        0,
        0,
        1,
        32,
        in,
        s.allocate(128));
    assertEquals(
        FaultKind.USE_AFTER_FREE,
        assertThrows(SimulationFault.class, () -> s.gpu().free(in)).kind());
  }

  @Test
  void alignment() {
    expect(
        FaultKind.MISALIGNED,
        "misaligned",
        "ld\\.volatile",
        0,
        7,
        1,
        32,
        written(64),
        s.allocate(128));
    expect(
        FaultKind.MISALIGNED,
        "misaligned_vector",
        "ld\\.global\\.v4",
        0,
        0,
        1,
        8,
        written(64) + 4,
        s.allocate(128));
  }

  @Test
  void unwrittenReads() {
    long in = s.allocate(128);
    s.gpu().fill32(in, 1, 20);
    expect(
        FaultKind.UNWRITTEN_READ,
        "unwritten_global",
        "ld\\.volatile",
        0,
        20,
        1,
        32,
        in,
        s.allocate(128));
    expect(
        FaultKind.UNWRITTEN_READ,
        "unwritten_shared",
        "ld\\.volatile",
        0,
        5,
        1,
        64,
        s.allocate(256));
    expect(
        FaultKind.UNWRITTEN_READ, "unwritten_local", "ld\\.local", 0, 7, 1, 8, s.allocate(32), 2);
    long again = written(32);
    s.gpu().forget(again, 64);
    expect(
        FaultKind.UNWRITTEN_READ,
        "unwritten_global",
        "ld\\.volatile",
        0,
        0,
        1,
        32,
        again,
        s.allocate(128));
    long out = s.allocate(8);
    assertEquals(
        FaultKind.UNWRITTEN_READ,
        assertThrows(SimulationFault.class, () -> s.floats(out, 2)).kind());
  }

  @Test
  void races() {
    expect(
        FaultKind.DATA_RACE, "race_shared", "st\\.volatile\\.shared", 0, 0, 1, 64, s.allocate(256));
  }

  @Test
  void racesWithinAWarp() {
    expect(
        FaultKind.DATA_RACE, "race_lanes", "ld\\.volatile\\.shared", 0, 0, 1, 32, s.allocate(256));
    expect(
        FaultKind.DATA_RACE, "race_same_instruction", "st\\.volatile", 0, 1, 1, 32, s.allocate(4));
    expect(
        FaultKind.DATA_RACE,
        "race_write_after_read",
        "st\\.volatile",
        0,
        0,
        1,
        32,
        s.allocate(256));
    s.launch("no_race_lanes", 1, 32, s.allocate(128));
  }

  @Test
  void racesBetweenBlocksAndBytes() {
    expect(
        FaultKind.DATA_RACE,
        "race_blocks",
        "st\\.volatile",
        1,
        0,
        2,
        64,
        written(128),
        s.allocate(512));
    expect(FaultKind.DATA_RACE, "race_bytes", "st\\.volatile", 0, 9, 1, 32, s.allocate(32));
    long sum = s.upload(new int[1]);
    s.launch("atomics_do_not_race", 4, 64, sum, 100);
    assertEquals(4 * 4950, s.ints(sum, 1)[0]);
    // What one launch wrote, the next may read.
    s.launch("atomics_do_not_race", 4, 64, sum, 100);
  }

  @Test
  void raceChecksCanBeOff() {
    s = new SimulatedArrays(SimulatorOptions.defaults().withChecks(true, false), "faults", PTX);
    long out = s.allocate(4);
    s.launch("race_same_instruction", 1, 32, out);
    assertEquals(1f, s.floats(out, 1)[0]);
  }

  @Test
  void barriers() {
    expect(
        FaultKind.DIVERGENT_BARRIER, "divergent_exit", "bar\\.sync", 0, 0, 1, 64, s.allocate(256));
    expect(
        FaultKind.DIVERGENT_BARRIER,
        "divergent_branch",
        "bar\\.sync",
        0,
        0,
        1,
        64,
        s.allocate(256));
  }

  @Test
  void warpOperations() {
    expect(FaultKind.INVALID_SYNC_MASK, "bad_mask", "shfl\\.sync", 0, 16, 1, 32, s.allocate(128));
    expect(
        FaultKind.INVALID_SYNC_MASK, "absent_source", "shfl\\.sync", 0, 0, 1, 16, s.allocate(128));
    expect(FaultKind.WARP_DEADLOCK, "warp_deadlock", "shfl\\.sync", 0, 0, 1, 32, s.allocate(128));
  }

  @Test
  void division() {
    int[] d = new int[32];
    java.util.Arrays.fill(d, 3);
    d[11] = 0;
    expect(
        FaultKind.DIVISION_BY_ZERO,
        "zero_division",
        "div\\.s32",
        0,
        11,
        1,
        32,
        s.upload(d),
        s.allocate(128));
  }

  @Test
  void asyncCopies() {
    expect(
        FaultKind.ASYNC_PENDING,
        "early_async",
        "ld\\.volatile",
        0,
        0,
        1,
        32,
        written(128),
        s.allocate(512));
    expect(
        FaultKind.DATA_RACE,
        "async_without_barrier",
        "cp\\.async\\.ca",
        0,
        0,
        1,
        64,
        written(64),
        s.allocate(256));
  }

  @Test
  void constantMemory() {
    expect(FaultKind.READ_ONLY_STORE, "constant_store", "st\\.u32", 0, 0, 1, 32, s.allocate(128));
  }

  @Test
  void endlessLoop() {
    s =
        new SimulatedArrays(
            SimulatorOptions.defaults().withInstructionBudget(100_000), "faults", PTX);
    long flag = s.upload(new int[1]);
    SimulationFault f = assertThrows(SimulationFault.class, () -> s.launch("endless", 1, 32, flag));
    assertEquals(FaultKind.INSTRUCTION_BUDGET, f.kind());
  }

  @Test
  void trap() {
    int[] v = new int[32];
    v[9] = 3;
    SimulationFault f =
        assertThrows(SimulationFault.class, () -> s.launch("trapped", 1, 32, s.upload(v)));
    assertEquals(FaultKind.TRAP, f.kind());
    assertEquals(9, f.thread()[0]);
  }

  @Test
  void launchLimits() {
    long out = s.allocate(4);
    kind(FaultKind.LAUNCH_LIMIT, () -> s.launch("race_same_instruction", 1, 1025, out));
    kind(FaultKind.LAUNCH_LIMIT, () -> s.launch("race_same_instruction", 0, 32, out));
    int[] one = {1, 1, 1};
    kind(
        FaultKind.LAUNCH_LIMIT,
        () -> s.launch("race_same_instruction", one, one, 99 * 1024 + 1, out));
    s.launch("race_same_instruction", one, one, 99 * 1024, out);
    PtxKernel k = s.module().kernel("race_same_instruction");
    kind(FaultKind.PARAMETER_MISMATCH, () -> s.gpu().launch(k, 1, 1, 1, 1, 1, 1, 0, new byte[12]));
    kind(FaultKind.PARAMETER_MISMATCH, () -> s.launch("race_same_instruction", 1, 1, out, 5));
  }

  @Test
  void memoryLimit() {
    s = new SimulatedArrays(SimulatorOptions.defaults().withMemoryLimit(1000), "faults", PTX);
    long a = s.allocate(900);
    kind(FaultKind.OUT_OF_MEMORY, () -> s.allocate(101));
    s.gpu().free(a);
    s.allocate(1000);
  }

  @Test
  void hostAccesses() {
    long a = s.allocate(16);
    kind(FaultKind.OUT_OF_BOUNDS, () -> s.gpu().fill32(a, 0, 5));
    kind(FaultKind.OUT_OF_BOUNDS, () -> s.gpu().copy(a, a + 8, 12));
  }

  private static void kind(FaultKind expected, org.junit.jupiter.api.function.Executable action) {
    assertEquals(expected, assertThrows(SimulationFault.class, action).kind());
  }

  @Test
  void unsupportedInstructionsAreNamedOnLoading() {
    String ptx =
        ".version 7.8\n.target sm_80\n.address_size 64\n.visible .entry k()\n{\n .reg .b32 %r<3>;\n tex.1d.v4 %r1, %r2;\n ret;\n}\n";
    SimulatedGpu gpu = new SimulatedGpu(SimulatorOptions.defaults());
    PtxException e = assertThrows(PtxException.class, () -> gpu.load("m", ptx));
    assertEquals(7, e.line());
    assertTrue(
        e.getMessage().contains("tex.1d.v4 %r1, %r2;") && e.getMessage().startsWith("m: "),
        e.getMessage());
  }
}
