package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the objects of a PyTorch file's pickle. */
final class TorchObjects implements Pickle.Objects {
  private static final int MAX_RANK = 16;

  private final Map<String, TorchTensor.Storage> storages = new LinkedHashMap<>();
  private final long fileSize;
  private final boolean bigEndian;

  /**
   * @param fileSize bytes that are really there, beyond which no storage can reach
   */
  TorchObjects(long fileSize, boolean bigEndian) {
    this.fileSize = fileSize;
    this.bigEndian = bigEndian;
  }

  /** The storages that were named, by key. */
  Map<String, TorchTensor.Storage> storages() {
    return storages;
  }

  /** {@code ('storage', type, key, location, size)}, in the old format followed by a view. */
  @Override
  public Object persistent(Object id) {
    if (!(id instanceof Pickle.Tuple t)
        || t.items().size() < 5
        || !"storage".equals(t.items().get(0))
        || !(t.items().get(1) instanceof PickleGlobal g)
        || g.storage == null
        || !(t.items().get(2) instanceof String key)
        || !(t.items().get(4) instanceof Long size)) {
      throw new Pickle.Refused("its pickle refers to something that is no storage of numbers");
    }
    if (t.items().size() > 5 && t.items().get(5) != Pickle.NONE) {
      throw new Pickle.Refused(
          "it holds views of storages in the manner of PyTorch before 0.4; load it in PyTorch and"
              + " save it again");
    }
    if (size < 0 || size > fileSize / g.storage.bytes) {
      throw new Pickle.Refused(
          "storage '"
              + PickleGlobal.printable(key)
              + "' claims "
              + size
              + " elements, more than the file holds");
    }
    TorchTensor.Storage known = storages.get(key);
    if (known == null) {
      known = new TorchTensor.Storage(key, g.storage, size, bigEndian);
      storages.put(key, known);
    } else if (known.type() != g.storage || known.size() != size) {
      throw new Pickle.Refused(
          "storage '" + PickleGlobal.printable(key) + "' is named with two types or sizes");
    }
    return known;
  }

  @Override
  public Object make(PickleGlobal global, List<Object> a) {
    return switch (global) {
      case ORDERED_DICT -> {
        require(a.isEmpty(), global);
        yield new LinkedHashMap<>();
      }
      case REBUILD_TENSOR -> {
        require(a.size() >= 4, global);
        yield tensor(a);
      }
      case REBUILD_PARAMETER -> {
        require(!a.isEmpty() && a.get(0) instanceof TorchTensor, global);
        yield a.get(0);
      }
      case SIZE -> {
        require(a.size() == 1 && a.get(0) instanceof Pickle.Tuple, global);
        yield a.get(0);
      }
      case NUMPY_TYPE -> {
        require(!a.isEmpty() && a.get(0) instanceof String, global);
        yield new NumpyType((String) a.get(0));
      }
      case ENCODE -> {
        require(a.size() == 2 && a.get(0) instanceof String && "latin1".equals(a.get(1)), global);
        yield new Pickle.Bytes(((String) a.get(0)).getBytes(StandardCharsets.ISO_8859_1));
      }
      case NUMPY_SCALAR, NUMPY_2_SCALAR -> {
        require(
            a.size() == 2 && a.get(0) instanceof NumpyType && a.get(1) instanceof Pickle.Bytes,
            global);
        yield ((NumpyType) a.get(0)).number(((Pickle.Bytes) a.get(1)).value());
      }
      default -> throw new Pickle.Refused("its pickle calls " + global + ", which is no function");
    };
  }

  private static void require(boolean holds, PickleGlobal global) {
    if (!holds) {
      throw new Pickle.Refused("its pickle gives " + global + " arguments that it does not take");
    }
  }

  private static TorchTensor tensor(List<Object> a) {
    if (!(a.get(0) instanceof TorchTensor.Storage storage)
        || !(a.get(1) instanceof Long offset)
        || !(a.get(2) instanceof Pickle.Tuple size)
        || !(a.get(3) instanceof Pickle.Tuple stride)
        || size.items().size() != stride.items().size()) {
      throw new Pickle.Refused("its pickle describes a tensor without storage, size and strides");
    }
    int rank = size.items().size();
    if (rank > MAX_RANK) {
      throw new Pickle.Refused("it holds a tensor of " + rank + " axes");
    }
    int[] extents = new int[rank];
    long[] strides = new long[rank];
    for (int i = 0; i < rank; i++) {
      long e = whole(size.items().get(i));
      strides[i] = whole(stride.items().get(i));
      if (e > Integer.MAX_VALUE) {
        throw new Pickle.Refused("it holds a tensor with an extent of " + e);
      }
      extents[i] = (int) e;
    }
    return within(storage, offset, extents, strides);
  }

  private static long whole(Object o) {
    if (!(o instanceof Long n) || n < 0) {
      // What else it is stays unsaid: it can hold itself, and has no end then.
      throw new Pickle.Refused(
          "it holds a tensor whose sizes or strides are no whole numbers from 0 on");
    }
    return n;
  }

  private static TorchTensor within(
      TorchTensor.Storage storage, long offset, int[] extents, long[] strides) {
    Shape shape;
    try {
      shape = Shape.of(extents);
    } catch (ShapeException e) {
      throw new Pickle.Refused("it holds a tensor of more elements than a tensor can have");
    }
    if (shape.size() > storage.size()) {
      throw new Pickle.Refused(
          "it holds a tensor "
              + shape
              + " of more elements than its storage '"
              + PickleGlobal.printable(storage.key())
              + "', which has "
              + storage.size());
    }
    // Checked axis by axis, so that no product overflows.
    long end = offset;
    for (int i = 0; i < extents.length && shape.size() > 0; i++) {
      long steps = extents[i] - 1L;
      if (steps > 0 && strides[i] > (storage.size() - end) / steps) {
        end = Long.MAX_VALUE;
        break;
      }
      end += steps * strides[i];
    }
    if (shape.size() > 0 && (offset < 0 || end >= storage.size())) {
      throw new Pickle.Refused(
          "it holds a tensor "
              + shape
              + " that reaches beyond its storage '"
              + PickleGlobal.printable(storage.key())
              + "'");
    }
    return new TorchTensor(storage, offset, shape, strides);
  }
}
