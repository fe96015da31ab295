package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import io.med3dinsight.dicom.codec.CodecException;
import io.med3dinsight.dicom.codec.Frame;
import io.med3dinsight.dicom.codec.Jpeg2000;
import io.med3dinsight.dicom.codec.JpegLs;
import io.med3dinsight.dicom.codec.LosslessJpeg;
import io.med3dinsight.dicom.codec.Rle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Stored pixels of a file's frames. */
final class PixelDecoder {
  private final Parsed parsed;
  private final PixelFormat format;
  private final String file;

  PixelDecoder(Parsed parsed, String file) {
    this.parsed = parsed;
    this.format = PixelFormat.of(parsed.data(), file);
    this.file = file;
    requireReadable();
  }

  private void requireReadable() {
    if (parsed.syntax() == null) {
      throw new DataException(
          file
              + " is compressed as "
              + TransferSyntax.nameOf(parsed.syntaxUid()).replaceAll("[^\\x20-\\x7e]", "?")
              + ", which cannot be read; convert the series first: dcm2niix -z y -o OUT FOLDER.");
    }
    if (parsed.pixels().isEmpty()) {
      throw new DataException(file + " has no pixels; leave it out.");
    }
    if (parsed.syntax().isEncapsulated()) {
      if (parsed.pixels().size() - 1 < format.frames()) {
        throw new DataException(
            file
                + " has "
                + (parsed.pixels().size() - 1)
                + " pieces of compressed pixels for "
                + format.frames()
                + " frames; it is cut off or damaged.");
      }
      return;
    }
    long needed = (long) format.pixels() * format.frames() * (format.allocated() / 8);
    int there = parsed.pixels().get(0).length();
    if (there < needed) {
      throw new DataException(
          file
              + " is cut off: its "
              + format.columns()
              + "x"
              + format.rows()
              + " pixels"
              + (format.frames() > 1 ? " in " + format.frames() + " frames" : "")
              + " take "
              + needed
              + " bytes, but "
              + there
              + " are there; copy it again.");
    }
  }

  PixelFormat format() {
    return format;
  }

  /** The frame's pixels, row by row, the topmost first. */
  long[] decode(int frame) {
    try {
      return switch (parsed.syntax()) {
        case IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN -> plain(frame);
        case RLE -> {
          int width = format.allocated() / 8;
          byte[] bytes = Rle.decode(compressed(frame), format.rows(), format.columns(), width);
          yield unpacked(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 0);
        }
        case JPEG_LOSSLESS, JPEG_LOSSLESS_14 ->
            values(LosslessJpeg.decode(compressed(frame), format.rows(), format.columns()));
        case JPEG_LS, JPEG_LS_LOSSLESS ->
            values(JpegLs.decode(compressed(frame), format.rows(), format.columns()));
        case JPEG_2000, JPEG_2000_LOSSLESS ->
            values(Jpeg2000.decode(compressed(frame), format.rows(), format.columns()));
      };
    } catch (CodecException e) {
      throw new DataException(
          file
              + " cannot be decoded: "
              + e.getMessage()
              + "; copy it again, or convert the series with dcm2niix.",
          e);
    }
  }

  private long[] plain(int frame) {
    ByteBuffer b = ByteBuffer.wrap(parsed.bytes());
    b.order(parsed.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int size = format.pixels() * (format.allocated() / 8);
    return unpacked(b, parsed.pixels().get(0).from() + frame * size);
  }

  private long[] unpacked(ByteBuffer b, int from) {
    long[] out = new long[format.pixels()];
    int width = format.allocated() / 8;
    for (int i = 0; i < out.length; i++) {
      int at = from + i * width;
      long raw =
          switch (width) {
            case 1 -> b.get(at) & 0xff;
            case 2 -> b.getShort(at) & 0xffff;
            default -> b.getInt(at) & 0xffff_ffffL;
          };
      out[i] = format.value(raw);
    }
    return out;
  }

  /** What a decoder gave, brought to the file's bits: signs may be stored as a plain pattern. */
  private long[] values(Frame frame) {
    long[] out = new long[format.pixels()];
    int unused = 64 - Math.min(frame.bits(), format.allocated());
    for (int i = 0; i < out.length; i++) {
      long v = frame.pixels()[i];
      boolean pattern = format.signed() && !frame.signed();
      out[i] = pattern ? v << unused >> unused : v;
    }
    return out;
  }

  private byte[] compressed(int frame) {
    // The first span is the offset table.
    List<Parsed.Span> fragments = parsed.pixels().subList(1, parsed.pixels().size());
    if (format.frames() == 1) {
      return Parser.joined(parsed.bytes(), fragments);
    }
    if (fragments.size() == format.frames()) {
      return Parser.joined(parsed.bytes(), fragments.subList(frame, frame + 1));
    }
    return Parser.joined(parsed.bytes(), byTable(fragments, frame));
  }

  private List<Parsed.Span> byTable(List<Parsed.Span> fragments, int frame) {
    Parsed.Span table = parsed.pixels().get(0);
    if (table.length() < 4L * format.frames()) {
      throw new DataException(
          file
              + " has "
              + fragments.size()
              + " pieces of compressed pixels for "
              + format.frames()
              + " frames and no table of offsets; convert the series with dcm2niix.");
    }
    ByteBuffer b = ByteBuffer.wrap(parsed.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    long from = b.getInt(table.from() + 4 * frame) & 0xffff_ffffL;
    boolean last = frame == format.frames() - 1;
    long to = last ? Long.MAX_VALUE : b.getInt(table.from() + 4 * frame + 4) & 0xffff_ffffL;
    // Offsets count from the head of the first fragment, heads of 8 bytes included.
    long base = fragments.get(0).from() - 8L;
    List<Parsed.Span> own = new ArrayList<>();
    for (Parsed.Span f : fragments) {
      long at = f.from() - 8L - base;
      if (at >= from && at < to) {
        own.add(f);
      }
    }
    return own;
  }
}
