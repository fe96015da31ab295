package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Values of the elements that matter, and the items of the sequences that do. */
final class Dataset {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d{1,40}\\.?\\d{0,40}|\\.\\d{1,40})([eE][+-]?\\d{1,3})?");

  /** Letters of a text that are shown; a UID has 64 at most. */
  private static final int LONGEST = 80;

  private final String file;
  private final ByteOrder order;
  private final Map<Integer, byte[]> values = new HashMap<>();
  private final Map<Integer, List<Dataset>> sequences = new HashMap<>();

  Dataset(String file, ByteOrder order) {
    this.file = file;
    this.order = order;
  }

  void put(int tag, byte[] value) {
    values.putIfAbsent(tag, value);
  }

  /** The items of a sequence, to which a reader adds. */
  List<Dataset> items(int tag) {
    return sequences.computeIfAbsent(tag, t -> new ArrayList<>());
  }

  /** The first item of a sequence; null without one. */
  Dataset first(int tag) {
    List<Dataset> items = sequences.get(tag);
    return items == null || items.isEmpty() ? null : items.get(0);
  }

  boolean has(int tag) {
    byte[] v = values.get(tag);
    return (v != null && v.length > 0) || sequences.containsKey(tag);
  }

  /** A text without the padding at its ends; empty when the element is missing. */
  String text(int tag) {
    byte[] v = values.get(tag);
    if (v == null) {
      return "";
    }
    return new String(v, StandardCharsets.ISO_8859_1).replace('\0', ' ').strip();
  }

  /** A text for messages, in which nothing upsets a terminal. */
  String shown(int tag) {
    String text = text(tag);
    String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
    return start.replaceAll("[^\\x20-\\x7e]", "?");
  }

  /** An unsigned number of two bytes. */
  int unsigned(int tag, int otherwise) {
    byte[] v = values.get(tag);
    if (v == null || v.length == 0) {
      return otherwise;
    }
    if (v.length < 2) {
      throw unusable(tag, "1 byte", "2 bytes");
    }
    return ByteBuffer.wrap(v).order(order).getShort() & 0xffff;
  }

  /** An unsigned number of four bytes. */
  long unsignedLong(int tag, long otherwise) {
    byte[] v = values.get(tag);
    if (v == null || v.length < 4) {
      return otherwise;
    }
    return ByteBuffer.wrap(v).order(order).getInt() & 0xffff_ffffL;
  }

  /** A whole number in text. */
  int whole(int tag, int otherwise) {
    String text = text(tag);
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.matches("[+-]?\\d{1,9}")) {
      throw unusable(tag, '"' + shown(tag) + '"', "a whole number");
    }
    return Integer.parseInt(text);
  }

  /** Numbers in text; null when the element is missing or empty. */
  double[] numbers(int tag, int count) {
    double[] all = numbers(tag);
    if (all != null && all.length != count) {
      throw unusable(tag, all.length + " numbers", count + "");
    }
    return all;
  }

  /** Numbers in text; null when the element is missing or empty. */
  double[] numbers(int tag) {
    String text = text(tag);
    if (text.isEmpty()) {
      return null;
    }
    if (text.length() > 20 * PixelFormat.MAX_FRAMES) {
      throw unusable(tag, text.length() + " letters", "numbers");
    }
    String[] parts = text.split("\\\\");
    double[] out = new double[parts.length];
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i].strip();
      if (!NUMBER.matcher(part).matches()) {
        throw unusable(tag, '"' + shown(tag) + '"', "numbers");
      }
      out[i] = Double.parseDouble(part);
      if (!Double.isFinite(out[i])) {
        throw unusable(tag, '"' + shown(tag) + '"', "finite numbers");
      }
    }
    return out;
  }

  /** One number in text. */
  double number(int tag, double otherwise) {
    double[] all = numbers(tag);
    return all == null || all.length == 0 ? otherwise : all[0];
  }

  private DataException unusable(int tag, String found, String expected) {
    return new DataException(
        file
            + " has "
            + (found.length() > 60 ? found.substring(0, 60) + "..." : found)
            + " in element "
            + Tag.text(tag)
            + ", expected "
            + expected
            + "; repair the file or leave it out.");
  }
}
