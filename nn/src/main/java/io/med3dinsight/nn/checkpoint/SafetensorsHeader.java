package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names are the file's own, not the program's: they are not to outlive it.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
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

  private static String printable(String text) {
    return PickleGlobal.printable(text);
  }

  private static CheckpointException bad(Path path, String why) {
    return new CheckpointException(
        "Checkpoint '" + path + "' is not a whole safetensors file: " + why + ".");
  }

  private record Named(String name, Entry entry, long end) {}

  /** What the header says of one tensor, as far as it was read. */
  private static final class Claim {
    private StoredType type;
    private long[] shape;
    private long[] offsets;
    private int others;
  }

  /** Reads token by token: a tree of the whole header would take many times its bytes. */
  private static final class Parser {
    private final Path path;
    private final long start;
    private final long size;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Named> found = new ArrayList<>();

    Parser(Path path, long start, long size) {
      this.path = path;
      this.start = start;
      this.size = size;
    }

    SafetensorsHeader parse(byte[] text) {
      try (JsonParser json = JSON.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw bad(path, "its header is not a JSON object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          json.nextToken();
          if (name.equals("__metadata__")) {
            metadata(json);
          } else {
            found.add(tensor(name, json));
          }
        }
        if (json.nextToken() != null) {
          throw bad(path, "something follows the JSON object of its header");
        }
      } catch (JsonProcessingException e) {
        throw new CheckpointException(
            "Checkpoint '"
                + path
                + "' is not a whole safetensors file: its header is not valid JSON ("
                + printable(e.getOriginalMessage())
                + ").",
            e);
      } catch (IOException e) {
        throw SafetensorsFile.unreadable(path, e);
      }
      return new SafetensorsHeader(Collections.unmodifiableMap(metadata), contiguous(found));
    }

    private void metadata(JsonParser json) throws IOException {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw bad(path, "its __metadata__ is not a JSON object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw bad(path, "metadata entry '" + printable(key) + "' is not text");
        }
        metadata.put(key, json.getText());
      }
    }

    private Named tensor(String name, JsonParser json) throws IOException {
      Claim claim = new Claim();
      boolean object = json.currentToken() == JsonToken.START_OBJECT;
      while (object && json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> claim.type = type(name, json);
          case "shape" -> claim.shape = numbers(name, "shape", json);
          case "data_offsets" -> claim.offsets = numbers(name, "data_offsets", json);
          default -> {
            claim.others++;
            json.skipChildren();
          }
        }
      }
      boolean whole = claim.type != null && claim.shape != null && claim.offsets != null;
      if (!whole || claim.others > 0) {
        throw bad(
            path,
            "entry '" + printable(name) + "' is not an object of dtype, shape and data_offsets");
      }
      return named(name, claim.type, shape(name, claim.shape), claim.offsets);
    }

    private Named named(String name, StoredType type, Shape shape, long[] offsets) {
      if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > size - start) {
        throw bad(
            path,
            "tensor '"
                + printable(name)
                + "' lies at bytes "
                + Arrays.toString(offsets)
                + " of "
                + (size - start)
                + " that are there (was the file cut short?)");
      }
      Entry e = new Entry(type, shape, start + offsets[0]);
      if (e.bytes() != offsets[1] - offsets[0]) {
        throw bad(
            path,
            "tensor '"
                + printable(name)
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

    private StoredType type(String name, JsonParser json) throws IOException {
      String text = json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : "no text";
      for (StoredType t : StoredType.values()) {
        if (t.name().equals(text)) {
          return t;
        }
      }
      throw new CheckpointException(
          "Checkpoint '"
              + path
              + "' holds tensor '"
              + printable(name)
              + "' as "
              + printable(text)
              + "; floats of 16, 32 and 64 bits, signed integers, U8 and BOOL can be read.");
    }

    private Shape shape(String name, long[] n) {
      int[] e = new int[n.length];
      try {
        for (int i = 0; i < e.length; i++) {
          e[i] = Math.toIntExact(n[i]);
        }
        return Shape.of(e);
      } catch (ArithmeticException | ShapeException x) {
        throw bad(
            path,
            "tensor '"
                + printable(name)
                + "' claims shape "
                + Arrays.toString(n)
                + ", more than a tensor can hold");
      }
    }

    private long[] numbers(String name, String field, JsonParser json) throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw bad(path, field + " of tensor '" + printable(name) + "' is not a list");
      }
      long[] n = new long[MAX_RANK];
      int count = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (count == MAX_RANK) {
          throw bad(path, "tensor '" + printable(name) + "' has more than 16 axes");
        }
        boolean whole = json.currentToken() == JsonToken.VALUE_NUMBER_INT;
        // More digits than a long has can be many.
        if (!whole || json.getTextLength() > 19 || json.getLongValue() < 0) {
          throw bad(
              path,
              field
                  + " of tensor '"
                  + printable(name)
                  + "' holds "
                  + printable(json.getText())
                  + ", not a non-negative integer");
        }
        n[count++] = json.getLongValue();
      }
      return Arrays.copyOf(n, count);
    }

    /** Tensors in the order of their bytes, which must follow one another and fill the file. */
    private Map<String, Entry> contiguous(List<Named> found) {
      found.sort(
          Comparator.comparingLong((Named n) -> n.entry.offset()).thenComparingLong(Named::end));
      Map<String, Entry> entries = new LinkedHashMap<>();
      long at = start;
      for (Named n : found) {
        if (n.entry.offset() != at) {
          throw bad(
              path,
              "tensor '" + printable(n.name) + "' overlaps another or leaves a gap before it");
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
