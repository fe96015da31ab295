package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Header of a safetensors file, checked against the size of the file before anything is believed.
 *
 * @param metadata text entries
 * @param entries tensors by name, in the order of their bytes
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Entry> entries) {
  /**
   * Where a tensor's bytes are.
   *
   * @param offset first byte within the file
   */
  record Entry(StoredType type, Shape shape, long offset) {
    long bytes() {
      return (long) shape.size() * type.bytes;
    }
  }

  /** The format's own limit. */
  private static final long MAX_HEADER = 100_000_000;

  private static final int MAX_RANK = 16;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Reads and checks the header of an open file. */
  static SafetensorsHeader read(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw bad(
          path, "it has " + size + " bytes, less than the 8 that every such file starts with");
    }
    ByteBuffer b = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    SafetensorsFile.fill(channel, b, 0);
    long length = b.getLong(0);
    if (length < 2 || length > MAX_HEADER) {
      throw bad(path, "its header claims " + Long.toUnsignedString(length) + " bytes");
    }
    if (length > size - 8) {
      throw bad(
          path,
          "its header claims "
              + length
              + " bytes but only "
              + (size - 8)
              + " follow (was the file cut short?)");
    }
    b = ByteBuffer.allocate((int) length);
    SafetensorsFile.fill(channel, b, 8);
    return new Parser(path, 8 + length, size).parse(b.array());
  }

  private static CheckpointException bad(Path path, String why) {
    return new CheckpointException(
        "Checkpoint '" + path + "' is not a whole safetensors file: " + why + ".");
  }

  private record Named(String name, Entry entry, long end) {}

  private record Parser(Path path, long start, long size) {
    SafetensorsHeader parse(byte[] text) {
      JsonNode root;
      try {
        root = JSON.readTree(text);
      } catch (JsonProcessingException e) {
        throw new CheckpointException(
            "Checkpoint '"
                + path
                + "' is not a whole safetensors file: its header is not valid JSON ("
                + e.getOriginalMessage()
                + ").",
            e);
      } catch (IOException e) {
        throw SafetensorsFile.unreadable(path, e);
      }
      if (!root.isObject()) {
        throw bad(path, "its header is not a JSON object");
      }
      Map<String, String> metadata = new LinkedHashMap<>();
      List<Named> found = new ArrayList<>();
      root.fields()
          .forEachRemaining(
              f -> {
                if (f.getKey().equals("__metadata__")) {
                  metadata(f.getValue(), metadata);
                } else {
                  found.add(tensor(f.getKey(), f.getValue()));
                }
              });
      return new SafetensorsHeader(Collections.unmodifiableMap(metadata), contiguous(found));
    }

    private void metadata(JsonNode node, Map<String, String> into) {
      if (!node.isObject()) {
        throw bad(path, "its __metadata__ is not a JSON object");
      }
      node.fields()
          .forEachRemaining(
              f -> {
                if (!f.getValue().isTextual()) {
                  throw bad(path, "metadata entry '" + f.getKey() + "' is not text");
                }
                into.put(f.getKey(), f.getValue().textValue());
              });
    }

    private Named tensor(String name, JsonNode node) {
      if (!node.isObject() || node.size() != 3) {
        throw bad(path, "entry '" + name + "' is not an object of dtype, shape and data_offsets");
      }
      StoredType type = type(name, node.path("dtype"));
      Shape shape = shape(name, node.path("shape"));
      long[] offsets = numbers(name, "data_offsets", node.path("data_offsets"));
      if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > size - start) {
        throw bad(
            path,
            "tensor '"
                + name
                + "' lies at bytes "
                + node.path("data_offsets")
                + " of "
                + (size - start)
                + " that are there (was the file cut short?)");
      }
      Entry e = new Entry(type, shape, start + offsets[0]);
      if (e.bytes() != offsets[1] - offsets[0]) {
        throw bad(
            path,
            "tensor '"
                + name
                + "' of "
                + type
                + " "
                + shape
                + " takes "
                + e.bytes()
                + " bytes, but its offsets span "
                + (offsets[1] - offsets[0]));
      }
      return new Named(name, e, start + offsets[1]);
    }

    private StoredType type(String name, JsonNode node) {
      for (StoredType t : StoredType.values()) {
        if (t.name().equals(node.textValue())) {
          return t;
        }
      }
      throw new CheckpointException(
          "Checkpoint '"
              + path
              + "' holds tensor '"
              + name
              + "' as "
              + node
              + "; floats of 16, 32 and 64 bits, signed integers, U8 and BOOL can be read.");
    }

    private Shape shape(String name, JsonNode node) {
      long[] n = numbers(name, "shape", node);
      int[] e = new int[n.length];
      if (n.length > MAX_RANK) {
        throw bad(path, "tensor '" + name + "' has " + n.length + " axes");
      }
      try {
        for (int i = 0; i < e.length; i++) {
          e[i] = Math.toIntExact(n[i]);
        }
        return Shape.of(e);
      } catch (ArithmeticException | ShapeException x) {
        throw bad(
            path, "tensor '" + name + "' claims shape " + node + ", more than a tensor can hold");
      }
    }

    private long[] numbers(String name, String field, JsonNode node) {
      if (!node.isArray()) {
        throw bad(path, field + " of tensor '" + name + "' is not a list");
      }
      long[] n = new long[node.size()];
      for (int i = 0; i < n.length; i++) {
        JsonNode v = node.get(i);
        if (!v.isIntegralNumber() || !v.canConvertToLong() || v.longValue() < 0) {
          throw bad(
              path,
              field + " of tensor '" + name + "' holds " + v + ", not a non-negative integer");
        }
        n[i] = v.longValue();
      }
      return n;
    }

    /** Tensors in the order of their bytes, which must follow one another and fill the file. */
    private Map<String, Entry> contiguous(List<Named> found) {
      found.sort(
          Comparator.comparingLong((Named n) -> n.entry.offset()).thenComparingLong(Named::end));
      Map<String, Entry> entries = new LinkedHashMap<>();
      long at = start;
      for (Named n : found) {
        if (n.entry.offset() != at) {
          throw bad(path, "tensor '" + n.name + "' overlaps another or leaves a gap before it");
        }
        at = n.end;
        entries.put(n.name, n.entry);
      }
      if (at != size) {
        throw bad(path, (size - at) + " bytes at its end belong to no tensor");
      }
      return Collections.unmodifiableMap(entries);
    }
  }
}
