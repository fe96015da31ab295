package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Takes a DICOM file apart.
 *
 * <p>Source: DICOM PS3.5, section 7, and PS3.10, section 7.
 */
final class Parser {
  private static final int PREAMBLE = 128;
  private static final int MAX_DEPTH = 32;

  /** Of a value that matters: offsets of frames take most, 20 bytes each. */
  private static final int MAX_VALUE = 2 << 20;

  /** Items of sequences, beside those that the file is large enough for. */
  private static final int FREE_ITEMS = 50_000;

  private static final int BYTES_PER_ITEM = 64;

  /** What deflated elements may unpack to: so much times the file, and so many bytes. */
  private static final long MAX_EXPANSION = 4;

  private static final long FREE_BYTES = 48L << 20;
  private static final long UNDEFINED = 0xffff_ffffL;

  /** Value representations whose length takes four bytes in explicit syntaxes. */
  private static final Set<String> LONG =
      Set.of("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV");

  private final String file;
  private ByteBuffer b;
  private final List<Parsed.Span> pixels = new ArrayList<>();
  private int items;

  private Parser(byte[] bytes, String file) {
    this.file = file;
    this.b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Whether bytes begin like a DICOM file, with or without its preamble.
   *
   * @param start the first 140 bytes or more, or all of a shorter file
   */
  static boolean isDicom(byte[] start) {
    return hasPreamble(start) || guessed(start, 0) != null;
  }

  private static boolean hasPreamble(byte[] start) {
    return start.length >= PREAMBLE + 4
        && start[PREAMBLE] == 'D'
        && start[PREAMBLE + 1] == 'I'
        && start[PREAMBLE + 2] == 'C'
        && start[PREAMBLE + 3] == 'M';
  }

  /** The syntax of elements that begin at a place, by the looks of the first; null when none. */
  private static TransferSyntax guessed(byte[] bytes, int at) {
    if (bytes.length < at + 8) {
      return null;
    }
    int low = bytes[at] & 0xff;
    int high = bytes[at + 1] & 0xff;
    boolean letters = isLetter(bytes[at + 4]) && isLetter(bytes[at + 5]);
    if (low == 0 && (high == 2 || high == 8)) {
      return letters ? TransferSyntax.BIG_ENDIAN : null;
    }
    if (high != 0 || (low != 2 && low != 8) || bytes[at + 3] != 0) {
      return null;
    }
    boolean plausible = bytes[at + 6] >= 0 && bytes[at + 7] == 0;
    return letters ? TransferSyntax.EXPLICIT : plausible ? TransferSyntax.IMPLICIT : null;
  }

  private static boolean isLetter(byte c) {
    return c >= 'A' && c <= 'Z';
  }

  static Parsed parse(byte[] bytes, String file) {
    return new Parser(bytes, file).parse();
  }

  private Parsed parse() {
    byte[] bytes = b.array();
    b.position(hasPreamble(bytes) ? PREAMBLE + 4 : 0);
    Dataset meta = new Dataset(file, ByteOrder.LITTLE_ENDIAN);
    boolean hasMeta = b.remaining() >= 8 && b.getShort(b.position()) == 2;
    while (b.remaining() >= 8 && b.getShort(b.position()) == 2) {
      element(b.limit(), guessed(bytes, b.position()) != TransferSyntax.IMPLICIT, 0, meta);
    }
    String uid = meta.text(Tag.TRANSFER_SYNTAX);
    TransferSyntax syntax = TransferSyntax.of(uid);
    if (!hasMeta || uid.isEmpty()) {
      syntax = guessed(bytes, b.position());
      if (syntax == null) {
        throw new DataException(file + " is not a DICOM file; leave it out.");
      }
    }
    if (syntax == TransferSyntax.DEFLATED) {
      b = ByteBuffer.wrap(inflated()).order(ByteOrder.LITTLE_ENDIAN);
    }
    boolean big = syntax == TransferSyntax.BIG_ENDIAN;
    if (big) {
      b.order(ByteOrder.BIG_ENDIAN);
    }
    Dataset data = new Dataset(file, b.order());
    boolean explicit = syntax == null || syntax.isExplicit();
    while (b.remaining() >= 8 && element(b.limit(), explicit, 0, data)) {
      // Reads on.
    }
    String shown = meta.shown(Tag.TRANSFER_SYNTAX);
    return new Parsed(b.array(), data, syntax, shown, big, List.copyOf(pixels));
  }

  /** Unpacks twice, so that memory is taken only once it is known how much comes out. */
  private byte[] inflated() {
    long size = inflate(null);
    long most = MAX_EXPANSION * b.capacity() + FREE_BYTES;
    if (size > most) {
      throw new DataException(
          file + " unpacks to more than " + (most >> 20) + " MiB; it is damaged, so leave it out.");
    }
    byte[] out = new byte[(int) size];
    inflate(out);
    return out;
  }

  /** Unpacks into an array of the right size, or counts what comes out up to what is refused. */
  private long inflate(byte[] out) {
    byte[] packed = b.array();
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed, b.position(), b.remaining());
      byte[] piece = new byte[1 << 14];
      long size = 0;
      while (!inflater.finished() && size <= MAX_EXPANSION * b.capacity() + FREE_BYTES) {
        int n =
            out == null
                ? inflater.inflate(piece)
                : inflater.inflate(out, (int) size, out.length - (int) size);
        if (n == 0) {
          // Nothing is left to read, or to fill.
          break;
        }
        size += n;
      }
      return size;
    } catch (DataFormatException e) {
      throw new DataException(file + " is damaged: its deflated data cannot be unpacked.", e);
    } finally {
      inflater.end();
    }
  }

  private DataException cutOff() {
    return new DataException(
        file + " is cut off or damaged near byte " + b.position() + "; copy it again.");
  }

  private int tag() {
    int group = b.getShort() & 0xffff;
    return group << 16 | b.getShort() & 0xffff;
  }

  /** Reads one element; false when it was the last one needed. */
  private boolean element(int end, boolean explicit, int depth, Dataset into) {
    if (end - b.position() < 8) {
      throw cutOff();
    }
    int tag = tag();
    String vr = "";
    long length;
    if (explicit) {
      vr = new String(new char[] {(char) (b.get() & 0xff), (char) (b.get() & 0xff)});
      if (LONG.contains(vr)) {
        b.getShort();
        if (end - b.position() < 4) {
          throw cutOff();
        }
        length = b.getInt() & UNDEFINED;
      } else {
        length = b.getShort() & 0xffff;
      }
    } else {
      length = b.getInt() & UNDEFINED;
    }
    if (tag == Tag.PIXEL_DATA && depth == 0) {
      pixels(length, end);
      return false;
    }
    if (length == UNDEFINED || vr.equals("SQ") || Tag.isSequence(tag)) {
      // What is unknown and of undefined length holds items in the implicit syntax.
      boolean inner = explicit && !vr.equals("UN");
      sequence(tag, length, end, inner, depth, into);
      return true;
    }
    if (length > end - b.position()) {
      throw cutOff();
    }
    if (Tag.isValue(tag) && length > MAX_VALUE) {
      throw new DataException(
          file
              + " has "
              + length
              + " bytes in element "
              + Tag.text(tag)
              + "; it is damaged, so leave it out.");
    }
    if (Tag.isValue(tag)) {
      byte[] value = new byte[(int) length];
      b.get(value);
      into.put(tag, value);
    } else {
      b.position(b.position() + (int) length);
    }
    return true;
  }

  private void sequence(int tag, long length, int end, boolean explicit, int depth, Dataset into) {
    if (depth > MAX_DEPTH) {
      throw new DataException(file + " nests sequences too deeply; leave it out.");
    }
    if (length != UNDEFINED && length > end - b.position()) {
      throw cutOff();
    }
    int stop = length == UNDEFINED ? end : b.position() + (int) length;
    boolean kept = Tag.isSequence(tag);
    if (!kept && length != UNDEFINED) {
      b.position(stop);
      return;
    }
    List<Dataset> list = kept ? into.items(tag) : null;
    while (stop - b.position() >= 8) {
      int next = tag();
      long size = b.getInt() & UNDEFINED;
      if (next == Tag.SEQUENCE_END) {
        return;
      }
      if (next != Tag.ITEM || (size != UNDEFINED && size > stop - b.position())) {
        throw cutOff();
      }
      if (++items > FREE_ITEMS + b.capacity() / BYTES_PER_ITEM) {
        throw new DataException(file + " has too many items in its sequences; leave it out.");
      }
      Dataset item = new Dataset(file, b.order());
      item(size, stop, explicit, depth + 1, item);
      if (kept) {
        list.add(item);
      }
    }
    if (length == UNDEFINED) {
      throw cutOff();
    }
  }

  private void item(long size, int stop, boolean explicit, int depth, Dataset item) {
    int end = size == UNDEFINED ? stop : b.position() + (int) size;
    while (end - b.position() >= 8) {
      int at = b.position();
      if (tag() == Tag.ITEM_END) {
        b.getInt();
        return;
      }
      b.position(at);
      element(end, explicit, depth, item);
    }
    if (size == UNDEFINED) {
      throw cutOff();
    }
    b.position(end);
  }

  private void pixels(long length, int end) {
    if (length != UNDEFINED) {
      pixels.add(new Parsed.Span(b.position(), (int) Math.min(length, end - b.position())));
      return;
    }
    while (end - b.position() >= 8) {
      int next = tag();
      long size = b.getInt() & UNDEFINED;
      if (next != Tag.ITEM) {
        return;
      }
      int there = (int) Math.min(size, end - b.position());
      pixels.add(new Parsed.Span(b.position(), there));
      b.position(b.position() + there);
    }
  }

  /** The bytes of some spans, one after the other. */
  static byte[] joined(byte[] bytes, List<Parsed.Span> spans) {
    int total = 0;
    for (Parsed.Span span : spans) {
      total += span.length();
    }
    byte[] out = new byte[total];
    int at = 0;
    for (Parsed.Span span : spans) {
      System.arraycopy(bytes, span.from(), out, at, span.length());
      at += span.length();
    }
    return out;
  }
}
