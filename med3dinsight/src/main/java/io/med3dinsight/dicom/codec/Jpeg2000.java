package io.med3dinsight.dicom.codec;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * JPEG 2000 (part 1), reversible and irreversible, one component of up to 16 bits: any tiling,
 * progression, precincts, layers and decomposition. Left out are arithmetic-coding bypass and
 * termination, regions of interest, progression changes and packed packet headers, which no scanner
 * is known to write.
 *
 * <p>Source: ITU-T T.800.
 */
public final class Jpeg2000 {
  private static final int SIZ = 0xff51;
  private static final int COD = 0xff52;
  private static final int COC = 0xff53;
  private static final int QCD = 0xff5c;
  private static final int QCC = 0xff5d;
  private static final int SOT = 0xff90;
  private static final int SOD = 0xff93;
  private static final int END = 0xffd9;

  private final Codestream s;
  private final int rows;
  private final int columns;
  private final Coding main = new Coding();
  private final Map<Integer, Part> tiles = new TreeMap<>();

  // Of SIZ: image and tile bounds on the reference grid.
  private int x0;
  private int y0;
  private int x1;
  private int y1;
  private int tileWidth;
  private int tileHeight;
  private int tileX0;
  private int tileY0;
  private int depth;
  private boolean signed;

  /** What the parts of a tile bring. */
  private record Part(Coding coding, ByteArrayOutputStream data) {}

  private Jpeg2000(byte[] data, int rows, int columns) {
    this.s = new Codestream(data);
    this.rows = rows;
    this.columns = columns;
  }

  public static Frame decode(byte[] data, int rows, int columns) throws CodecException {
    return new Jpeg2000(codestream(data), rows, columns).decode();
  }

  /** What some files wrap into the boxes of a JP2 file. */
  private static byte[] codestream(byte[] data) throws CodecException {
    Codestream boxes = new Codestream(data);
    if (boxes.i32(0) != 12) {
      return data;
    }
    int at = 0;
    while (true) {
      int length = boxes.i32(at);
      if (boxes.i32(at + 4) == 0x6a703263) {
        return Arrays.copyOfRange(data, at + 8, data.length);
      }
      if (length < 8 || length > data.length - at) {
        throw new CodecException("its JP2 boxes hold no JPEG 2000 codestream");
      }
      at += length;
    }
  }

  private Frame decode() throws CodecException {
    if (s.u16(0) != 0xff4f || s.u16(2) != SIZ) {
      throw new CodecException("its JPEG 2000 data do not begin with a start marker");
    }
    int at = 2;
    int marker = SIZ;
    while (marker != SOT) {
      int end = segment(at);
      mark(main, marker, at + 4, end);
      at = end;
      marker = s.u16(at);
    }
    while (at + 1 < s.data().length && s.u16(at) == SOT) {
      at = tilePart(at);
    }
    if (at + 1 < s.data().length && s.u16(at) != END) {
      throw new CodecException("its JPEG 2000 tiles are damaged");
    }
    return assembled();
  }

  /** Where the segment of the marker ends. */
  private int segment(int at) throws CodecException {
    int length = s.u16(at + 2);
    if (length < 2 || at + 2 + length > s.data().length) {
      throw new CodecException("a JPEG 2000 segment goes beyond the end");
    }
    return at + 2 + length;
  }

  private void mark(Coding coding, int marker, int p, int end) throws CodecException {
    switch (marker) {
      case SIZ -> size(p);
      case COD -> coding.style(s, p);
      case COC -> {
        if (s.u8(p) == 0) {
          coding.component(s, p + 2, (s.u8(p + 1) & 1) != 0);
        }
      }
      case QCD -> coding.quantization(s, p, end);
      case QCC -> {
        if (s.u8(p) == 0) {
          coding.quantization(s, p + 1, end);
        }
      }
      case 0xff5e, 0xff5f, 0xff60, 0xff61 ->
          throw new CodecException(
              "its JPEG 2000 uses the marker "
                  + Integer.toHexString(marker)
                  + ", which is not supported");
      default -> {
        // Comments and tables of lengths; what is needed for decoding is above.
      }
    }
  }

  private void size(int p) throws CodecException {
    x1 = s.size(p + 2);
    y1 = s.size(p + 6);
    x0 = s.size(p + 10);
    y0 = s.size(p + 14);
    tileWidth = s.size(p + 18);
    tileHeight = s.size(p + 22);
    tileX0 = s.size(p + 26);
    tileY0 = s.size(p + 30);
    if (s.u16(p + 34) != 1) {
      throw new CodecException("its JPEG 2000 has " + s.u16(p + 34) + " components, expected one");
    }
    signed = s.u8(p + 36) >= 0x80;
    depth = (s.u8(p + 36) & 0x7f) + 1;
    boolean outside = tileX0 > x0 || tileY0 > y0 || x0 >= x1 || y0 >= y1;
    boolean huge = x1 > 1 << 30 || y1 > 1 << 30;
    boolean missing = (long) tileX0 + tileWidth <= x0 || (long) tileY0 + tileHeight <= y0;
    if (outside || huge || missing || depth > 16 || s.u8(p + 37) != 1 || s.u8(p + 38) != 1) {
      throw new CodecException("its JPEG 2000 sizes are damaged");
    }
    Frame.check(x1 - x0, y1 - y0, rows, columns, s.data().length);
  }

  private int tilePart(int at) throws CodecException {
    int index = s.u16(at + 4);
    int length = s.size(at + 6);
    int end = length == 0 ? s.data().length : at + length;
    if (end > s.data().length || end < at + 14) {
      throw new CodecException("its JPEG 2000 data end too early");
    }
    Part part =
        tiles.computeIfAbsent(index, i -> new Part(main.copy(), new ByteArrayOutputStream()));
    int p = segment(at);
    for (int marker = s.u16(p); marker != SOD; marker = s.u16(p)) {
      int next = segment(p);
      mark(part.coding, marker, p + 4, next);
      p = next;
    }
    if (p + 2 > end) {
      throw new CodecException("its JPEG 2000 tiles are damaged");
    }
    part.data.write(s.data(), p + 2, end - p - 2);
    return end;
  }

  private Frame assembled() throws CodecException {
    long across = -Math.floorDiv(-((long) x1 - tileX0), tileWidth);
    long down = -Math.floorDiv(-((long) y1 - tileY0), tileHeight);
    if (tiles.size() != across * down) {
      throw new CodecException(
          "its JPEG 2000 has " + tiles.size() + " of " + across * down + " tiles");
    }
    int[] pixels = new int[rows * columns];
    for (Map.Entry<Integer, Part> tile : tiles.entrySet()) {
      long px = tileX0 + tile.getKey() % across * tileWidth;
      long py = tileY0 + tile.getKey() / across * tileHeight;
      int[] bounds = {
        (int) Math.max(px, x0),
        (int) Math.max(py, y0),
        (int) Math.min(px + tileWidth, x1),
        (int) Math.min(py + tileHeight, y1)
      };
      if (tile.getKey() >= across * down || bounds[0] >= bounds[2] || bounds[1] >= bounds[3]) {
        throw new CodecException("its JPEG 2000 tiles are damaged");
      }
      Part part = tile.getValue();
      part.coding.requireComplete();
      double[] samples = new Tile(part.coding, bounds, depth).decode(part.data.toByteArray());
      put(samples, bounds, pixels);
    }
    return new Frame(pixels, depth, signed);
  }

  private void put(double[] samples, int[] bounds, int[] pixels) {
    int width = bounds[2] - bounds[0];
    int shift = signed ? 0 : 1 << (depth - 1);
    int lowest = signed ? -(1 << (depth - 1)) : 0;
    int highest = lowest + (1 << depth) - 1;
    for (int i = 0; i < samples.length; i++) {
      int x = bounds[0] - x0 + i % width;
      int y = bounds[1] - y0 + i / width;
      long v = Math.round(samples[i]) + shift;
      pixels[y * columns + x] = (int) Math.min(Math.max(v, lowest), highest);
    }
  }
}
