package io.med3dinsight.nn.checkpoint;

import java.util.HashMap;
import java.util.Map;

/** The Python names that a file of weights may hold; every other one is refused. */
enum PickleGlobal {
  ORDERED_DICT("collections.OrderedDict"),
  REBUILD_TENSOR("torch._utils._rebuild_tensor_v2"),
  REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
  SIZE("torch.Size"),
  FLOAT("torch.FloatStorage", StoredType.F32),
  HALF("torch.HalfStorage", StoredType.F16),
  BFLOAT16("torch.BFloat16Storage", StoredType.BF16),
  DOUBLE("torch.DoubleStorage", StoredType.F64),
  LONG("torch.LongStorage", StoredType.I64),
  INT("torch.IntStorage", StoredType.I32),
  SHORT("torch.ShortStorage", StoredType.I16),
  CHAR("torch.CharStorage", StoredType.I8),
  BYTE("torch.ByteStorage", StoredType.U8),
  BOOL("torch.BoolStorage", StoredType.BOOL),
  /** A single number, as training logs beside weights hold them. */
  NUMPY_SCALAR("numpy.core.multiarray.scalar"),
  NUMPY_2_SCALAR("numpy._core.multiarray.scalar"),
  NUMPY_TYPE("numpy.dtype"),
  /** How protocol 2 writes bytes: text and the name of an encoding, latin1. */
  ENCODE("_codecs.encode");

  private static final Map<String, PickleGlobal> BY_NAME = new HashMap<>();

  static {
    for (PickleGlobal g : values()) {
      BY_NAME.put(g.python, g);
    }
  }

  private final String python;

  /** The elements of a storage; null for what is none. */
  final StoredType storage;

  PickleGlobal(String python) {
    this(python, null);
  }

  PickleGlobal(String python, StoredType storage) {
    this.python = python;
    this.storage = storage;
  }

  static PickleGlobal of(String module, String name) {
    PickleGlobal g = BY_NAME.get(module + "." + name);
    if (g == null) {
      throw new Pickle.Refused(
          "it names "
              + printable(module + "." + name)
              + ", which is neither a tensor nor a plain container (nothing was executed); expected"
              + " weights alone, as torch.save(model.state_dict(), file) writes them");
    }
    return g;
  }

  /** A name of the file for messages, in which nothing upsets a terminal. */
  static String printable(String text) {
    String start = text.length() > 80 ? text.substring(0, 77) + "..." : text;
    return start.replaceAll("[^\\x20-\\x7e]", "?");
  }

  @Override
  public String toString() {
    return python;
  }
}
