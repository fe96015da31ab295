package io.med3dinsight.nn.checkpoint;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Map;

/**
 * What {@code torch.save} wrote before version 1.6: five pickles one after the other (a magic
 * number, the format's version 1001, facts about the machine, the object, the keys of its
 * storages), then for each key its number of elements, 8 bytes, and the elements.
 */
final class TorchLegacy {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long VERSION = 1001;

  private final FileChannel channel;

  TorchLegacy(FileChannel channel) {
    this.channel = channel;
  }

  Object read() throws IOException {
    long size = channel.size();
    channel.position(0);
    Counted in = new Counted(new BufferedInputStream(Channels.newInputStream(channel)));
    long budget = Pickle.budget(size);
    TorchObjects none = new TorchObjects(0, false);
    Object magic = size < 2 ? null : Pickle.read(in, size, budget, none);
    if (!MAGIC.equals(magic)) {
      throw new Pickle.Refused(
          "it is neither a zip file nor a pickle that torch.save wrote; .pth, .pt, .bin of PyTorch"
              + " and .safetensors can be read");
    }
    if (!Long.valueOf(VERSION).equals(Pickle.read(in, size - in.count, budget, none))) {
      throw new Pickle.Refused("it is of an unknown version of torch.save's old format");
    }
    Object machine = Pickle.read(in, size - in.count, budget, none);
    if (!(machine instanceof Map<?, ?> m) || !Boolean.TRUE.equals(m.get("little_endian"))) {
      throw new Pickle.Refused("it was written on a machine of the other byte order");
    }
    TorchObjects objects = new TorchObjects(size, false);
    Object object = Pickle.read(in, size - in.count, budget, objects);
    Object keys = Pickle.read(in, size - in.count, budget, none);
    if (!(keys instanceof List<?> list)) {
      throw new Pickle.Refused("its list of storages is missing");
    }
    place(objects, list, in.count, size);
    return object;
  }

  private void place(TorchObjects objects, List<?> keys, long from, long size) throws IOException {
    long at = from;
    ByteBuffer b = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    for (Object key : keys) {
      TorchTensor.Storage s = key instanceof String k ? objects.storages().get(k) : null;
      if (s == null) {
        throw new Pickle.Refused("it lists a storage that no tensor uses");
      }
      SafetensorsFile.fill(channel, b.clear(), at);
      if (b.getLong(0) != s.size() || s.bytes() > size - at - 8) {
        throw new Pickle.Refused(
            "storage '"
                + PickleGlobal.printable(s.key())
                + "' is not whole (was the file cut short?)");
      }
      s.at(at + 8);
      at += 8 + s.bytes();
    }
    for (TorchTensor.Storage s : objects.storages().values()) {
      if (s.at() < 0) {
        throw new Pickle.Refused(
            "storage '" + PickleGlobal.printable(s.key()) + "' is not in the file");
      }
    }
  }

  /** Counts the bytes that were taken. */
  private static final class Counted extends InputStream {
    private final InputStream in;
    private long count;

    Counted(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      count += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] to, int from, int n) throws IOException {
      int got = in.read(to, from, n);
      count += Math.max(0, got);
      return got;
    }
  }
}
