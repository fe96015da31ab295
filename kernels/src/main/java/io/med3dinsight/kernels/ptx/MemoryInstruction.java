package io.med3dinsight.kernels.ptx;

/** Base of instructions that access memory: address computation, location and the checks. */
abstract class MemoryInstruction extends Instruction {
  final Space space;
  private final int intBase;
  private final int longBase;
  private final long offset;

  /** A decoded address operand. */
  record Address(Space space, int intBase, int longBase, long offset) {
    /** Resolves {@code [register+offset]}, {@code [symbol+offset]} or {@code [constant]}. */
    static Address of(Names n, Operand o, Space space) {
      if (o.kind() != Operand.Kind.ADDRESS) {
        throw n.statement.unsupported("an address was expected");
      }
      if (o.name() == null) {
        return new Address(space, -1, -1, o.offset());
      }
      Names.Symbol symbol = n.symbol(o.name());
      if (symbol != null) {
        Space actual =
            symbol.space() == Space.PARAM || symbol.space() == Space.LOCAL ? symbol.space() : space;
        long window = space == Space.GENERIC ? symbol.space().window() : 0;
        return new Address(actual, -1, -1, symbol.address() + o.offset() + window);
      }
      Names.Register r = n.register(Operand.name(o.name(), 0, false));
      if (r == null || r.file() == Names.File.PRED) {
        throw n.statement.unsupported("base of the address is not known");
      }
      boolean wide = r.file() == Names.File.LONG;
      return new Address(space, wide ? -1 : r.index(), wide ? r.index() : -1, o.offset());
    }
  }

  MemoryInstruction(Address a) {
    this(a, Flow.PLAIN);
  }

  MemoryInstruction(Address a, Flow flow) {
    super(flow);
    this.space = a.space;
    this.intBase = a.intBase;
    this.longBase = a.longBase;
    this.offset = a.offset;
  }

  /** Fills the warp's addresses for all lanes. */
  final void addresses(Warp w) {
    addresses(w, w.addresses);
  }

  final void addresses(Warp w, long[] out) {
    if (longBase >= 0) {
      long[] b = w.longs[longBase];
      for (int i = 0; i < LANES; i++) {
        out[i] = b[i] + offset;
      }
    } else if (intBase >= 0) {
      int[] b = w.ints[intBase];
      for (int i = 0; i < LANES; i++) {
        out[i] = (b[i] & 0xffffffffL) + offset;
      }
    } else {
      for (int i = 0; i < LANES; i++) {
        out[i] = offset;
      }
    }
  }

  /** The space an access lies in, generic addresses resolved. */
  static Space actual(Space space, long address) {
    return space == Space.GENERIC ? Space.ofAddress(address) : space;
  }

  /**
   * The region of an access, checked for alignment and bounds; {@link #position} tells where in it.
   */
  static Region locate(Warp w, Space space, int lane, long address, int bytes) {
    if ((address & (bytes - 1)) != 0) {
      throw w.fault(
          FaultKind.MISALIGNED, lane, address, hex(address) + " is not a multiple of " + bytes);
    }
    Space s = actual(space, address);
    if (s == Space.GLOBAL || s == Space.CONST) {
      Region r = w.lastGlobal;
      if (r == null || address < r.base || address - r.base > r.size - bytes) {
        r = find(w, lane, address, bytes);
        w.lastGlobal = r;
      }
      return r;
    }
    long at = space == Space.GENERIC ? Space.offset(address) : address;
    if (s == Space.SHARED) {
      Region r = w.block.shared;
      if (at < 0 || at > r.size - bytes) {
        throw w.fault(
            FaultKind.OUT_OF_BOUNDS,
            lane,
            address,
            "shared address " + hex(at) + " of " + r.size + " bytes");
      }
      return r;
    }
    if (s == Space.LOCAL) {
      int size = w.program.localBytes;
      if (at < 0 || at > size - bytes) {
        throw w.fault(
            FaultKind.OUT_OF_BOUNDS,
            lane,
            address,
            "local address " + hex(at) + " of " + size + " bytes");
      }
      return w.local;
    }
    throw w.fault(
        FaultKind.OUT_OF_BOUNDS,
        lane,
        address,
        "address " + hex(address) + " lies in parameter memory");
  }

  /** Position of an address inside its region's bytes. */
  static int position(Warp w, Region r, Space space, int lane, long address) {
    if (r == w.local) {
      return lane * w.program.localBytes + (int) Space.offset(address);
    }
    return r.base == 0 ? (int) Space.offset(address) : (int) (address - r.base);
  }

  private static Region find(Warp w, int lane, long address, int bytes) {
    GlobalMemory memory = w.launch.memory;
    Region r = memory.find(address);
    if (r != null && address - r.base <= r.size - bytes) {
      return r;
    }
    if (r == null && memory.wasFreed(address)) {
      throw w.fault(FaultKind.USE_AFTER_FREE, lane, address, hex(address) + " has been freed");
    }
    String where =
        r == null
            ? memory.neighbourhood(address)
            : "it crosses the end of the " + r.size + " bytes at " + hex(r.base);
    throw w.fault(
        FaultKind.OUT_OF_BOUNDS, lane, address, bytes + " bytes at " + hex(address) + ": " + where);
  }

  static String hex(long v) {
    return "0x" + Long.toHexString(v);
  }

  /** Checks a read for bytes never written and for races. */
  static void checkRead(
      Warp w, Region r, int at, int bytes, int lane, long address, boolean strong) {
    if (!r.written(at, bytes)) {
      unwritten(w, r, at, bytes, lane, address);
    }
    if (r.races != null) {
      long stamp = w.stamp(lane) | (strong ? Races.ATOMIC : 0);
      long other = r.races.read(w, stamp, at, bytes);
      if (other != 0) {
        throw race(w, lane, address, other, "reads");
      }
    }
  }

  private static void unwritten(Warp w, Region r, int at, int bytes, int lane, long address) {
    byte state = r.badState(at, bytes);
    if (state == Region.GAP) {
      throw w.fault(
          FaultKind.OUT_OF_BOUNDS,
          lane,
          address,
          r.name + " " + hex(address) + " belongs to no variable");
    }
    if (state == Region.PENDING) {
      throw w.fault(
          FaultKind.ASYNC_PENDING,
          lane,
          address,
          "a cp.async into " + hex(address) + " has not been waited for");
    }
    if (w.launch.options.checkUnwritten()) {
      throw w.fault(
          FaultKind.UNWRITTEN_READ,
          lane,
          address,
          bytes + " bytes at " + hex(address) + " of " + r.name + " were not all written");
    }
  }

  /** Checks a write for forbidden targets and races, and marks the bytes as written. */
  static void checkWrite(
      Warp w, Region r, int at, int bytes, int lane, long address, boolean strong) {
    if (r.readOnly) {
      throw w.fault(FaultKind.READ_ONLY_STORE, lane, address, r.name + " is constant");
    }
    if (!r.markWritten(at, bytes)) {
      unwrittenTarget(w, r, at, bytes, lane, address);
    }
    checkWriteRace(w, r, at, bytes, lane, address, strong);
  }

  static void checkWriteRace(
      Warp w, Region r, int at, int bytes, int lane, long address, boolean strong) {
    if (r.races != null) {
      long stamp = w.stamp(lane) | (strong ? Races.ATOMIC : 0);
      long other = r.races.write(w, stamp, at, bytes);
      if (other != 0) {
        throw race(w, lane, address, other, "writes");
      }
    }
  }

  private static void unwrittenTarget(Warp w, Region r, int at, int bytes, int lane, long address) {
    for (int i = at; i < at + bytes; i++) {
      if (r.state[i] == Region.PENDING) {
        throw w.fault(
            FaultKind.ASYNC_PENDING,
            lane,
            address,
            "a cp.async into " + hex(address) + " has not been waited for");
      }
    }
    throw w.fault(
        FaultKind.OUT_OF_BOUNDS,
        lane,
        address,
        r.name + " " + hex(address) + " belongs to no variable");
  }

  private static SimulationFault race(Warp w, int lane, long address, long other, String verb) {
    boolean same = other >>> Races.SERIAL_SHIFT == w.block.serial;
    int[] t = w.launch.threadIndex(Races.thread(other));
    String who = "thread (" + t[0] + ", " + t[1] + ", " + t[2] + ")";
    String where =
        same
            ? " of the same block"
            : " of block rank " + ((other >>> Races.SERIAL_SHIFT) - w.firstSerial);
    return w.fault(
        FaultKind.DATA_RACE,
        lane,
        address,
        "it "
            + verb
            + " "
            + hex(address)
            + ", which "
            + who
            + where
            + " accessed with nothing that orders the two");
  }

  /** Counts an access of the warp. */
  final void count(Warp w, int mask, int bytes, boolean store) {
    Counters c = w.counters;
    Space s = actual(space, w.addresses[Warp.firstLane(mask)]);
    if (s == Space.GLOBAL) {
      long requested = (long) Integer.bitCount(mask) * bytes;
      int sectors = c.sectors(w.addresses, mask, bytes);
      if (store) {
        c.globalStoreBytes += requested;
        c.globalStoreSectors += sectors;
        c.globalStoreAccesses++;
      } else {
        c.globalLoadBytes += requested;
        c.globalLoadSectors += sectors;
        c.globalLoadAccesses++;
        if (w.launch.memory.watching()) {
          c.watchedLoadBytes += watched(w, mask, bytes);
        }
      }
    } else if (s == Space.SHARED) {
      c.shared(w.addresses, mask, bytes);
    }
  }

  private static long watched(Warp w, int mask, int bytes) {
    long sum = 0;
    for (int m = mask; m != 0; m &= m - 1) {
      sum += w.launch.memory.watches(w.addresses[Integer.numberOfTrailingZeros(m)]) ? bytes : 0;
    }
    return sum;
  }
}
