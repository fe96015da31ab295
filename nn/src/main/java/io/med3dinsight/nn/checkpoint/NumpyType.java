package io.med3dinsight.nn.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** numpy's type of a single number; only the usual numbers can be read. */
final class NumpyType {
  private final String code;
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

  NumpyType(String code) {
    this.code = code;
  }

  /** Takes what the pickle says further: of (version, byte order, ...) only the order matters. */
  void state(Object state) {
    if (state instanceof Pickle.Tuple t && t.items().size() > 1 && ">".equals(t.items().get(1))) {
      order = ByteOrder.BIG_ENDIAN;
    }
  }

  Object number(byte[] bytes) {
    ByteBuffer b = ByteBuffer.wrap(bytes).order(order);
    String kind = code + "/" + bytes.length;
    return switch (kind) {
      case "f8/8" -> b.getDouble();
      case "f4/4" -> (double) b.getFloat();
      case "f2/2" -> (double) StoredType.half(b.getShort());
      case "i8/8" -> b.getLong();
      case "i4/4" -> (long) b.getInt();
      case "i2/2" -> (long) b.getShort();
      case "i1/1", "u1/1", "b1/1" -> (long) b.get();
      default ->
          throw new Pickle.Refused(
              "it holds a numpy number of the type '" + code + "', which weights do not need");
    };
  }
}
