package io.med3dinsight.kernels.ptx;

/**
 * State spaces, and the windows through which generic addresses reach shared, local and parameter
 * memory.
 */
enum Space {
  GENERIC,
  GLOBAL,
  CONST,
  SHARED,
  LOCAL,
  PARAM;

  static final long SHARED_WINDOW = 1L << 40;
  static final long LOCAL_WINDOW = 2L << 40;
  static final long PARAM_WINDOW = 3L << 40;
  private static final long WINDOW_MASK = (1L << 40) - 1;

  static Space of(Statement s) {
    for (String q : s.opcode()) {
      switch (q) {
        case "global" -> {
          return GLOBAL;
        }
        case "const" -> {
          return CONST;
        }
        case "shared" -> {
          return SHARED;
        }
        case "local" -> {
          return LOCAL;
        }
        case "param" -> {
          return PARAM;
        }
        default -> {
          // Another qualifier.
        }
      }
    }
    return GENERIC;
  }

  /** The space a generic address lies in. */
  static Space ofAddress(long address) {
    return switch ((int) (address >>> 40)) {
      case 1 -> SHARED;
      case 2 -> LOCAL;
      case 3 -> PARAM;
      default -> GLOBAL;
    };
  }

  static long offset(long generic) {
    return generic & WINDOW_MASK;
  }

  /** Start of the space's window in generic addresses. */
  long window() {
    return switch (this) {
      case SHARED -> SHARED_WINDOW;
      case LOCAL -> LOCAL_WINDOW;
      case PARAM -> PARAM_WINDOW;
      default -> 0;
    };
  }
}
