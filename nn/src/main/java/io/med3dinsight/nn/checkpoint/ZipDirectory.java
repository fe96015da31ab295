package io.med3dinsight.nn.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Where a zip file's entries begin, which java.util.zip does not tell and which reading single
 * tensors needs. From the central directory (PKWARE's APPNOTE, sections 4.3.12 to 4.3.16), zip64
 * included.
 */
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int ENTRY = 0x02014b50;
  private static final int MAX_COMMENT = 0xffff;
  private static final long IN_EXTRA = 0xffffffffL;

  private ZipDirectory() {}

  /** Offsets of the local headers, by entry. */
  static Map<String, Long> offsets(FileChannel channel) throws IOException {
    ByteBuffer tail = read(channel, Math.max(0, channel.size() - 22 - MAX_COMMENT), channel.size());
    int end = tail.limit() - 22;
    while (end >= 0 && tail.getInt(end) != END) {
      end--;
    }
    if (end < 0) {
      throw damaged();
    }
    long size = tail.getInt(end + 12) & IN_EXTRA;
    long start = tail.getInt(end + 16) & IN_EXTRA;
    if (end >= 20 && tail.getInt(end - 20) == LOCATOR64) {
      long at = tail.getLong(end - 12);
      ByteBuffer b = read(channel, at, at + 56);
      if (b.getInt(0) != END64) {
        throw damaged();
      }
      size = b.getLong(40);
      start = b.getLong(48);
    }
    return entries(read(channel, start, start + size));
  }

  private static ByteBuffer read(FileChannel channel, long from, long to) throws IOException {
    if (from < 0 || to < from || to > channel.size() || to - from > Integer.MAX_VALUE) {
      throw damaged();
    }
    ByteBuffer b = ByteBuffer.allocate((int) (to - from)).order(ByteOrder.LITTLE_ENDIAN);
    SafetensorsFile.fill(channel, b, from);
    return b.flip();
  }

  private static Map<String, Long> entries(ByteBuffer b) {
    Map<String, Long> offsets = new HashMap<>();
    int at = 0;
    while (at + 46 <= b.limit() && b.getInt(at) == ENTRY) {
      int name = b.getShort(at + 28) & 0xffff;
      int extra = b.getShort(at + 30) & 0xffff;
      int comment = b.getShort(at + 32) & 0xffff;
      int next = at + 46 + name + extra + comment;
      if (next > b.limit()) {
        throw damaged();
      }
      byte[] text = new byte[name];
      b.get(at + 46, text);
      long offset = b.getInt(at + 42) & IN_EXTRA;
      if (offset == IN_EXTRA) {
        offset = fromExtra(b, at, at + 46 + name, at + 46 + name + extra);
      }
      offsets.put(new String(text, StandardCharsets.UTF_8), offset);
      at = next;
    }
    return offsets;
  }

  /** The 64-bit offset: behind the 64-bit sizes, of which those are there that do not fit. */
  private static long fromExtra(ByteBuffer b, int entry, int from, int to) {
    int at = from;
    while (at + 4 <= to) {
      int id = b.getShort(at) & 0xffff;
      int length = b.getShort(at + 2) & 0xffff;
      if (id == 1) {
        int skip = 0;
        skip += (b.getInt(entry + 24) & IN_EXTRA) == IN_EXTRA ? 8 : 0;
        skip += (b.getInt(entry + 20) & IN_EXTRA) == IN_EXTRA ? 8 : 0;
        if (skip + 8 > length || at + 4 + skip + 8 > to) {
          throw damaged();
        }
        return b.getLong(at + 4 + skip);
      }
      at += 4 + length;
    }
    throw damaged();
  }

  private static Pickle.Refused damaged() {
    return new Pickle.Refused("its zip directory is damaged (was the file cut short?)");
  }
}
