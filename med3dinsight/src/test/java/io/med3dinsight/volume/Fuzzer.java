package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Gives damaged files to a reader, which may read them or refuse them in one sentence, but neither
 * crash nor hang nor allocate more than four times the file's size and 64 MiB. The same seed gives
 * the same files; {@code -Dfuzz.count=10000} asks for more of them.
 */
final class Fuzzer {
  private static final int COUNT = Integer.getInteger("fuzz.count", 250);
  private static final long SEED = Long.getLong("fuzz.seed", 20251124);
  private static final int SECONDS = 10;

  /**
   * A good file.
   *
   * @param suffix of its name
   * @param content what is damaged
   * @param pack what is done to it afterwards, such as compressing, so that damage gets through
   */
  record Seed(String suffix, byte[] content, UnaryOperator<byte[]> pack) {
    static Seed plain(String suffix, byte[] content) {
      return new Seed(suffix, content, UnaryOperator.identity());
    }
  }

  private final Path folder;
  private final Class<? extends Exception> allowed;

  Fuzzer(Path folder, Class<? extends Exception> allowed) {
    this.folder = folder;
    this.allowed = allowed;
  }

  void run(List<Seed> seeds, Consumer<Path> reader) throws Exception {
    Random random = new Random(SEED);
    Mutations mutations = new Mutations(random);
    List<byte[]> contents = new ArrayList<>();
    seeds.forEach(s -> contents.add(s.content()));
    int read = 0;
    int refused = 0;
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      for (Seed s : seeds) {
        reader.accept(
            Files.write(folder.resolve("good" + s.suffix()), s.pack().apply(s.content())));
      }
      for (int i = 0; i < COUNT; i++) {
        Seed s = seeds.get(random.nextInt(seeds.size()));
        byte[] bytes;
        if (random.nextInt(3) > 0) {
          bytes = s.pack().apply(mutations.damage(s.content(), contents));
        } else {
          bytes = mutations.damage(s.pack().apply(s.content()), contents);
        }
        Path file = Files.write(folder.resolve("fuzz" + s.suffix()), bytes);
        boolean good = one(thread, reader, file, bytes, i);
        read += good ? 1 : 0;
        refused += good ? 0 : 1;
      }
    } finally {
      thread.shutdownNow();
    }
    assertTrue(refused > COUNT / 20 && read > COUNT / 100, refused + " refused, " + read + " read");
  }

  /** True when the file was read, false when it was refused. */
  private boolean one(
      ExecutorService thread, Consumer<Path> reader, Path file, byte[] bytes, int number)
      throws Exception {
    long[] used = new long[1];
    boolean good = true;
    try {
      thread
          .submit(
              () -> {
                long before = allocated();
                try {
                  reader.accept(file);
                } finally {
                  used[0] = allocated() - before;
                }
              })
          .get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      fail(kept(bytes, file, number) + " took more than " + SECONDS + " s");
    } catch (ExecutionException e) {
      if (!allowed.isInstance(e.getCause())) {
        fail(kept(bytes, file, number) + " ended in " + e.getCause(), e.getCause());
      }
      String message = e.getCause().getMessage();
      assertTrue(message.endsWith(".") && !message.contains("\n"), message);
      good = false;
    }
    if (used[0] > 4L * bytes.length + (64 << 20)) {
      fail(kept(bytes, file, number) + " allocated " + used[0] + " bytes");
    }
    return good;
  }

  /** Keeps a file that found a fault, outside the folder that is deleted. */
  private static String kept(byte[] bytes, Path file, int number) throws IOException {
    Path copy = Path.of("target", "fuzz-" + number + file.getFileName());
    Files.createDirectories(copy.toAbsolutePath().getParent());
    return Files.write(copy, bytes) + " (" + bytes.length + " bytes)";
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] zip(Map<String, byte[]> entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(e.getKey()));
        zip.write(e.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
