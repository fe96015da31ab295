package io.med3dinsight.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Damages elements of an explicit little-endian DICOM file, and the markers of compressed pixels.
 */
final class DicomDamage implements Damage {
  private static final int FIRST = 132;
  private static final int PIXELS = 0x7fe00010;
  private static final int ROWS = 0x00280010;
  private static final int COLUMNS = 0x00280011;
  private static final int FRAMES = 0x00280008;
  private static final String[] TEXTS = {
    "0",
    "1",
    "-1",
    "2",
    "nan",
    "1e999",
    "1e-300",
    "1e38",
    "999999999",
    "2147483648",
    "0\\0\\0",
    "1\\0\\0\\0\\1\\0",
    "1\\2\\3\\4\\5\\6\\7",
    "\\\\\\",
    "",
    "x",
    "1e6\\1e6\\1e6",
    "0.0001\\0.0001",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2"
  };

  /** Where an element lies: its tag, its first byte, its value. */
  private record Element(int tag, String vr, int from, int value, int length) {
    int end() {
      return value + length;
    }
  }

  @Override
  public byte[] apply(byte[] good, Random random) {
    List<Element> all = elements(good);
    if (all.isEmpty()) {
      return good;
    }
    if (random.nextInt(3) == 0) {
      return pixels(good.clone(), all.get(all.size() - 1), all, random);
    }
    Element e = all.get(random.nextInt(all.size()));
    switch (random.nextInt(9)) {
      case 0 -> {
        byte[] bytes = good.clone();
        boolean wide = e.value - e.from == 12;
        Damage.put(bytes, e.from + (wide ? 8 : 6), wide ? 4 : 2, Damage.extreme(random), false);
        return bytes;
      }
      case 1 -> {
        byte[] vr =
            Damage.any(random, "SQ", "UN", "OB", "OW", "US", "DS", "UT", "zz")
                .getBytes(StandardCharsets.US_ASCII);
        return Damage.replaced(good, e.from + 4, e.from + 6, vr);
      }
      case 2 -> {
        return Damage.replaced(good, e.from, e.end(), new byte[0]);
      }
      case 3 -> {
        Element other = all.get(random.nextInt(all.size()));
        byte[] copy = java.util.Arrays.copyOfRange(good, other.from, other.end());
        return Damage.replaced(good, e.from, e.from, copy);
      }
      case 4 -> {
        return Damage.replaced(good, e.from, e.from, nested(random));
      }
      default -> {
        return value(good, e, random);
      }
    }
  }

  private static byte[] value(byte[] good, Element e, Random random) {
    if (e.vr.equals("US")) {
      byte[] bytes = good.clone();
      Damage.put(bytes, e.value, 2, Damage.extreme(random), false);
      return bytes;
    }
    String text = TEXTS[random.nextInt(TEXTS.length)];
    if (random.nextInt(8) == 0) {
      text = (text + "\\").repeat(1 << random.nextInt(12));
    }
    text = text.length() % 2 == 0 ? text : text + " ";
    byte[] value =
        text.substring(0, Math.min(text.length(), 65534)).getBytes(StandardCharsets.US_ASCII);
    byte[] bytes = Damage.replaced(good, e.value, e.end(), value);
    if (e.value - e.from == 8) {
      Damage.put(bytes, e.from + 6, 2, value.length, false);
    }
    return bytes;
  }

  /** Sequences within sequences, known and unknown, up to thousands deep; or thousands of items. */
  private static byte[] nested(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] head = {0, 0x52, 0x30, (byte) 0x92, 'S', 'Q', 0, 0, -1, -1, -1, -1};
    if (random.nextBoolean()) {
      head[0] = 9;
    }
    byte[] item = {-2, -1, 0, -32, -1, -1, -1, -1};
    byte[] empty = {-2, -1, 0, -32, 0, 0, 0, 0};
    int times = 1 << random.nextInt(14);
    boolean deep = random.nextBoolean();
    for (int i = 0; i < times; i++) {
      if (deep || i == 0) {
        out.writeBytes(head);
      }
      out.writeBytes(deep ? item : empty);
    }
    return out.toByteArray();
  }

  /**
   * The size of the image, in the file and in the stream of a codec, or something behind a marker.
   */
  private static byte[] pixels(byte[] bytes, Element p, List<Element> all, Random random) {
    List<Integer> markers = new ArrayList<>();
    for (int i = p.from; p.tag == PIXELS && i + 1 < bytes.length; i++) {
      if (bytes[i] == -1 && (bytes[i + 1] & 0xff) >= 0x4f && bytes[i + 1] != -1) {
        markers.add(i);
      }
    }
    if (random.nextInt(3) == 0) {
      int rows = Damage.any(random, 1, 255, 4000, 32768, 65535);
      int columns = Damage.any(random, 1, 300, 5000, 32769, 65535);
      for (Element e : all) {
        if (e.tag == ROWS || e.tag == COLUMNS) {
          Damage.put(bytes, e.value, 2, e.tag == ROWS ? rows : columns, false);
        }
        if (e.tag == FRAMES) {
          System.arraycopy(
              "9".repeat(e.length).getBytes(StandardCharsets.US_ASCII),
              0,
              bytes,
              e.value,
              e.length);
        }
      }
      markers.forEach(at -> size(bytes, at, rows, columns));
    } else if (!markers.isEmpty()) {
      int at = markers.get(random.nextInt(Math.min(markers.size(), 30))) + 2 + random.nextInt(40);
      Damage.put(bytes, at, 1 + random.nextInt(2), Damage.extreme(random), true);
    } else if (p.value + 80 < bytes.length) {
      // A table of offsets, or the header of run lengths.
      int at = p.value + 4 * random.nextInt(20);
      Damage.put(bytes, at, 4, Damage.extreme(random), false);
    }
    return bytes;
  }

  private static void size(byte[] bytes, int at, int rows, int columns) {
    int marker = bytes[at + 1] & 0xff;
    if (marker == 0xc3 || marker == 0xf7) {
      Damage.put(bytes, at + 5, 2, rows, true);
      Damage.put(bytes, at + 7, 2, columns, true);
    } else if (marker == 0x51) {
      Damage.put(bytes, at + 6, 4, columns, true);
      Damage.put(bytes, at + 10, 4, rows, true);
      Damage.put(bytes, at + 22, 4, columns, true);
      Damage.put(bytes, at + 26, 4, rows, true);
    }
  }

  private static List<Element> elements(byte[] bytes) {
    List<Element> out = new ArrayList<>();
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = FIRST;
    while (at + 12 <= bytes.length) {
      int tag = (b.getShort(at) & 0xffff) << 16 | b.getShort(at + 2) & 0xffff;
      String vr = new String(bytes, at + 4, 2, StandardCharsets.ISO_8859_1);
      boolean wide = vr.matches("O[BDFLWV]|SQ|U[CNRT]");
      long length = wide ? b.getInt(at + 8) & 0xffffffffL : b.getShort(at + 6) & 0xffff;
      int value = at + (wide ? 12 : 8);
      if (!vr.matches("[A-Z]{2}") || length > bytes.length - value) {
        if (vr.matches("[A-Z]{2}")) {
          out.add(new Element(tag, vr, at, value, bytes.length - value));
        }
        break;
      }
      out.add(new Element(tag, vr, at, value, (int) length));
      at = value + (int) length;
    }
    return out;
  }
}
