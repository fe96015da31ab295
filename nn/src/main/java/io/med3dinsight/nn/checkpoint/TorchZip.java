package io.med3dinsight.nn.checkpoint;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * PyTorch's zip container: {@code NAME/data.pkl}, and each storage's bytes, uncompressed, in {@code
 * NAME/data/KEY}; {@code NAME/byteorder} says "little" or "big".
 */
final class TorchZip {
  private static final String PICKLE = "/data.pkl";
  private static final int LOCAL_HEADER = 30;
  private static final int LOCAL_SIGNATURE = 0x04034b50;

  private final FileChannel channel;
  private final ZipFile zip;
  private String root;

  private TorchZip(FileChannel channel, ZipFile zip) {
    this.channel = channel;
    this.zip = zip;
  }

  static boolean isZip(FileChannel channel) throws IOException {
    if (channel.size() < 4) {
      return false;
    }
    ByteBuffer b = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    SafetensorsFile.fill(channel, b, 0);
    return b.getInt(0) == LOCAL_SIGNATURE;
  }

  /** The pickle's object, with the places of its storages. */
  static Object read(Path path, FileChannel channel) throws IOException {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      return new TorchZip(channel, zip).read();
    } catch (ZipException | IllegalArgumentException e) {
      throw new Pickle.Refused("it is no whole zip file (was the file cut short?)");
    }
  }

  private Object read() throws IOException {
    ZipEntry pickle = null;
    for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
      ZipEntry e = all.nextElement();
      if (e.getName().endsWith(PICKLE) && e.getName().indexOf('/') == e.getName().length() - 9) {
        pickle = e;
      }
    }
    if (pickle == null) {
      throw new Pickle.Refused("it is a zip file without data.pkl, not one that torch.save wrote");
    }
    root = pickle.getName().substring(0, pickle.getName().length() - PICKLE.length());
    TorchObjects objects = new TorchObjects(channel.size(), bigEndian());
    Object object;
    try (InputStream in = new BufferedInputStream(zip.getInputStream(plain(pickle)))) {
      object = Pickle.read(in, pickle.getSize(), Pickle.budget(channel.size()), objects);
    }
    for (TorchTensor.Storage s : objects.storages().values()) {
      ZipEntry e = entry(root + "/data/" + s.key());
      if (e.getSize() < s.bytes()) {
        throw new Pickle.Refused(
            "storage '"
                + PickleGlobal.printable(s.key())
                + "' has "
                + e.getSize()
                + " bytes instead of "
                + s.bytes()
                + " (was the file cut short?)");
      }
      s.at(place(e));
    }
    return object;
  }

  private boolean bigEndian() throws IOException {
    ZipEntry e = zip.getEntry(root + "/byteorder");
    if (e == null) {
      return false;
    }
    try (InputStream in = zip.getInputStream(plain(e))) {
      return new String(in.readNBytes(8), StandardCharsets.UTF_8).startsWith("big");
    }
  }

  private ZipEntry entry(String name) {
    ZipEntry e = zip.getEntry(name);
    if (e == null) {
      throw new Pickle.Refused("its entry '" + PickleGlobal.printable(name) + "' is missing");
    }
    return plain(e);
  }

  /** Only uncompressed entries have the size that they claim. */
  private ZipEntry plain(ZipEntry e) {
    if (e.getMethod() != ZipEntry.STORED || e.getSize() != e.getCompressedSize()) {
      throw new Pickle.Refused(
          "its entry '"
              + PickleGlobal.printable(e.getName())
              + "' is compressed, which torch.save never does");
    }
    return e;
  }

  /** First byte of an entry within the file, found by way of what precedes it in the file. */
  private long place(ZipEntry e) throws IOException {
    long header = headers().getOrDefault(e.getName(), -1L);
    if (header < 0) {
      throw new Pickle.Refused(
          "its entry '" + PickleGlobal.printable(e.getName()) + "' cannot be found");
    }
    ByteBuffer b = ByteBuffer.allocate(LOCAL_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    SafetensorsFile.fill(channel, b, header);
    if (b.getInt(0) != LOCAL_SIGNATURE) {
      throw new Pickle.Refused(
          "its entry '" + PickleGlobal.printable(e.getName()) + "' is damaged");
    }
    long at = header + LOCAL_HEADER + (b.getShort(26) & 0xffff) + (b.getShort(28) & 0xffff);
    if (at + e.getSize() > channel.size()) {
      throw new Pickle.Refused(
          "its entry '" + PickleGlobal.printable(e.getName()) + "' reaches beyond the file's end");
    }
    return at;
  }

  private java.util.Map<String, Long> headers;

  private java.util.Map<String, Long> headers() throws IOException {
    if (headers == null) {
      headers = ZipDirectory.offsets(channel);
    }
    return headers;
  }
}
