package io.med3dinsight.volume;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes small DICOM files, element by element, explicit little-endian. */
public final class DicomFiles {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A file with preamble and transfer syntax. */
  public static DicomFiles file(String syntax) {
    DicomFiles f = new DicomFiles();
    f.out.writeBytes(new byte[128]);
    f.out.writeBytes("DICM".getBytes(StandardCharsets.US_ASCII));
    return f.text(0x00020010, "UI", syntax);
  }

  /** A file of a CT slice of 3x2 pixels at a place. */
  public static DicomFiles slice(String series, int number, double x, double y, double z) {
    return file("1.2.840.10008.1.2.1")
        .text(0x00080018, "UI", series + "." + number)
        .text(0x00080060, "CS", "CT")
        .text(0x00180050, "DS", "2")
        .text(0x0020000e, "UI", series)
        .text(0x00200011, "IS", series.substring(series.length() - 1))
        .text(0x00200013, "IS", number + "")
        .text(0x00200032, "DS", x + "\\" + y + "\\" + z)
        .text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
  }

  /** An empty item, to which elements are added. */
  public static DicomFiles item() {
    return new DicomFiles();
  }

  public DicomFiles text(int tag, String vr, String value) {
    String even = value.length() % 2 == 0 ? value : value + " ";
    return value(tag, vr, even.getBytes(StandardCharsets.ISO_8859_1));
  }

  public DicomFiles number(int tag, int value) {
    return value(tag, "US", little(2).putShort((short) value).array());
  }

  public DicomFiles value(int tag, String vr, byte[] value) {
    head(tag, vr);
    boolean wide = vr.matches("O[BW]|SQ|UN");
    if (wide) {
      out.writeBytes(new byte[2]);
      out.writeBytes(little(4).putInt(value.length).array());
    } else {
      out.writeBytes(little(2).putShort((short) value.length).array());
    }
    out.writeBytes(value);
    return this;
  }

  /** A sequence of items, of undefined length. */
  public DicomFiles sequence(int tag, DicomFiles... items) {
    head(tag, "SQ");
    out.writeBytes(new byte[] {0, 0, -1, -1, -1, -1});
    for (DicomFiles item : items) {
      byte[] content = item.out.toByteArray();
      delimiter(0xfffee000, content.length);
      out.writeBytes(content);
    }
    return delimiter(0xfffee0dd, 0);
  }

  private DicomFiles delimiter(int tag, int length) {
    out.writeBytes(
        little(8).putShort((short) (tag >>> 16)).putShort((short) tag).putInt(length).array());
    return this;
  }

  /** Pixels in fragments behind an empty offset table. */
  public DicomFiles encapsulated(byte[] table, byte[]... fragments) {
    head(0x7fe00010, "OB");
    out.writeBytes(new byte[] {0, 0, -1, -1, -1, -1});
    delimiter(0xfffee000, table.length);
    out.writeBytes(table);
    for (byte[] f : fragments) {
      delimiter(0xfffee000, f.length);
      out.writeBytes(f);
    }
    return delimiter(0xfffee0dd, 0);
  }

  private void head(int tag, String vr) {
    out.writeBytes(little(4).putShort((short) (tag >>> 16)).putShort((short) tag).array());
    out.writeBytes(vr.getBytes(StandardCharsets.US_ASCII));
  }

  static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The format of 16 bit pixels, 2 rows of 3. */
  public DicomFiles format() {
    return text(0x00280004, "CS", "MONOCHROME2")
        .number(0x00280002, 1)
        .number(0x00280010, 2)
        .number(0x00280011, 3)
        .text(0x00280030, "DS", "0.5\\0.25")
        .number(0x00280100, 16)
        .number(0x00280101, 12)
        .number(0x00280102, 11)
        .number(0x00280103, 0)
        .text(0x00281052, "DS", "-1000")
        .text(0x00281053, "DS", "1");
  }

  /** Format and pixels that count from a first value, with rubbish above the 12 bits in use. */
  public byte[] pixels(int first, int frames) {
    ByteBuffer b = little(12 * frames);
    for (int i = 0; i < 6 * frames; i++) {
      b.putShort((short) (first + i | 0xa000));
    }
    return format().value(0x7fe00010, "OW", b.array()).bytes();
  }

  public byte[] bytes() {
    return out.toByteArray();
  }
}
