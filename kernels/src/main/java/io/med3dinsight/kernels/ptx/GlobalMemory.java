package io.med3dinsight.kernels.ptx;

import java.util.Map;
import java.util.TreeMap;

/**
 * The device memory: allocations far enough apart that no small slip leads from one into the next;
 * addresses are never used twice.
 */
final class GlobalMemory {
  private static final long FIRST = 0x7_0000_0000L;
  private static final long ALIGN = 512;

  private final TreeMap<Long, Region> live = new TreeMap<>();
  private final TreeMap<Long, Long> freed = new TreeMap<>();
  private final long limit;
  private final boolean raceChecks;
  private final boolean concurrent;
  private long used;
  private long next = FIRST;
  private long watchedFrom;
  private long watchedBytes;

  GlobalMemory(long limit, boolean raceChecks, boolean concurrent) {
    this.concurrent = concurrent;
    this.limit = limit;
    this.raceChecks = raceChecks;
  }

  synchronized Region allocate(String name, long bytes, boolean readOnly) {
    if (bytes <= 0 || bytes > Integer.MAX_VALUE - 64) {
      throw outside(
          FaultKind.OUT_OF_MEMORY,
          "an allocation of "
              + bytes
              + " bytes; the simulator takes 1 to "
              + (Integer.MAX_VALUE - 64));
    }
    if (used + bytes > limit) {
      throw outside(
          FaultKind.OUT_OF_MEMORY,
          "an allocation of " + bytes + " bytes; " + used + " of " + limit + " bytes are in use");
    }
    Races races = raceChecks && !readOnly ? new Races((int) bytes, concurrent, false) : null;
    Region r = new Region(name, next, (int) bytes, readOnly, races);
    live.put(next, r);
    used += bytes;
    next += (bytes + 2 * ALIGN - 1) / ALIGN * ALIGN;
    return r;
  }

  synchronized void free(long address) {
    Region r = live.remove(address);
    if (r == null) {
      boolean twice = freed.containsKey(address);
      throw outside(
          twice ? FaultKind.USE_AFTER_FREE : FaultKind.OUT_OF_BOUNDS,
          "free of 0x"
              + Long.toHexString(address)
              + (twice ? ", freed already" : ", not an allocation"));
    }
    used -= r.size;
    freed.put(address, (long) r.size);
  }

  synchronized long used() {
    return used;
  }

  /** Has loads from a range counted. */
  synchronized void watch(long from, long bytes) {
    watchedFrom = from;
    watchedBytes = bytes;
  }

  /**
   * Whether loads from some range are counted. Launches read this without a lock: it stays as it is
   * while one runs.
   */
  boolean watching() {
    return watchedBytes > 0;
  }

  /** Whether the address lies in the range whose loads are counted. */
  boolean watches(long address) {
    return address >= watchedFrom && address - watchedFrom < watchedBytes;
  }

  /** The allocation that contains an address, or null. */
  synchronized Region find(long address) {
    Map.Entry<Long, Region> e = live.floorEntry(address);
    return e != null && address - e.getKey() < e.getValue().size ? e.getValue() : null;
  }

  /** Whether the address lies in memory that has been freed. */
  synchronized boolean wasFreed(long address) {
    Map.Entry<Long, Long> e = freed.floorEntry(address);
    return e != null && address - e.getKey() < e.getValue();
  }

  /** Says where an address is that belongs to no allocation. */
  synchronized String neighbourhood(long address) {
    Map.Entry<Long, Region> e = live.floorEntry(address);
    if (e == null || address - e.getKey() > 2L * e.getValue().size + 4096) {
      return "no allocation is near";
    }
    long past = address - e.getKey() - e.getValue().size;
    return past
        + " bytes past the end of the "
        + e.getValue().size
        + " bytes at 0x"
        + Long.toHexString(e.getKey());
  }

  /** The region of a host access, checked for bounds. */
  Region host(long address, long bytes) {
    Region r = find(address);
    if (r == null || address - r.base + bytes > r.size) {
      FaultKind kind = wasFreed(address) ? FaultKind.USE_AFTER_FREE : FaultKind.OUT_OF_BOUNDS;
      String where =
          r == null
              ? neighbourhood(address)
              : "the allocation has " + r.size + " bytes from 0x" + Long.toHexString(r.base);
      throw outside(
          kind,
          "host access of " + bytes + " bytes at 0x" + Long.toHexString(address) + ": " + where);
    }
    return r;
  }

  static SimulationFault outside(FaultKind kind, String message) {
    return new SimulationFault(kind, "", 0, "", null, 0, message);
  }
}
