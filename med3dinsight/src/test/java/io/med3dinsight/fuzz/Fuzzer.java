package io.med3dinsight.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * Gives damaged files to a reader, which may read them or refuse them in one sentence that names
 * the file, but neither crash nor hang nor allocate more than four times the file's size and 64
 * MiB. The same seed gives the same files; {@code -Dfuzz.count=10000} asks for more of them. What
 * came out is written to target/fuzz/NAME.json, and a file that found a fault lies beside it.
 */
final class Fuzzer {
  static final int COUNT = Integer.getInteger("fuzz.count", 250);
  private static final long SEED = Long.getLong("fuzz.seed", 20251124);
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 10);
  private static final long FREE = 64L << 20;
  private static final int LONGEST = 700;
  private static final int ENOUGH = 25;

  /**
   * A good file.
   *
   * @param suffix of its name
   * @param content what is damaged
   * @param damage knows how the content is built
   * @param pack what is done to it afterwards, such as compressing, so that damage gets through
   * @param packed knows how the packed file is built
   */
  record Seed(
      String suffix, byte[] content, Damage damage, UnaryOperator<byte[]> pack, Damage packed) {
    static Seed plain(String suffix, byte[] content, Damage damage) {
      return new Seed(suffix, content, damage, UnaryOperator.identity(), damage);
    }

    static Seed gzipped(String suffix, byte[] content, Damage damage) {
      return new Seed(suffix, content, damage, Packing::gzip, Damage.NONE);
    }
  }

  /** Reads a file in steps, each of which is measured by itself. */
  interface Reader {
    void read(Path file, Steps steps);
  }

  private final String name;
  private final Path folder;
  private final Class<? extends Exception> allowed;
  private final Random random = new Random(SEED);
  private final Mutations mutations = new Mutations(random);
  private final List<String> findings = new ArrayList<>();
  private ExecutorService thread = newThread();
  private int read;
  private int refused;
  private long slowest;
  private long most;
  private double ratio;

  Fuzzer(String name, Path folder, Class<? extends Exception> allowed) {
    this.name = name;
    this.folder = folder;
    this.allowed = allowed;
  }

  private static ExecutorService newThread() {
    return Executors.newSingleThreadExecutor(
        r -> {
          Thread t = new Thread(r, "fuzz");
          t.setDaemon(true);
          return t;
        });
  }

  void run(List<Seed> seeds, Reader reader) throws Exception {
    List<byte[]> contents = new ArrayList<>();
    for (Seed s : seeds) {
      contents.add(s.content());
      reader.read(
          Files.write(folder.resolve("good" + s.suffix()), s.pack().apply(s.content())),
          new Steps());
    }
    long start = System.nanoTime();
    for (int i = 0; i < COUNT && findings.size() < ENOUGH; i++) {
      Seed s = seeds.get(random.nextInt(seeds.size()));
      byte[] bytes = damaged(s, contents);
      one(reader, Files.write(folder.resolve("fuzz" + s.suffix()), bytes), bytes, i);
    }
    thread.shutdownNow();
    report((System.nanoTime() - start) / 1e9);
    if (!findings.isEmpty()) {
      fail(findings.size() + " findings:\n" + String.join("\n", findings));
    }
    assertTrue(refused > COUNT / 20 && read > COUNT / 100, refused + " refused, " + read + " read");
  }

  private byte[] damaged(Seed s, List<byte[]> contents) {
    int way = random.nextInt(8);
    if (way < 4) {
      byte[] bytes = s.content().clone();
      for (int rounds = 1 + random.nextInt(3); rounds > 0; rounds--) {
        bytes = s.damage().apply(bytes, random);
      }
      if (way == 0 || s.damage() == Damage.NONE) {
        bytes = bytes.length == 0 ? bytes : mutations.damage(bytes, contents);
      }
      return s.pack().apply(bytes);
    }
    if (way < 6) {
      return s.pack().apply(mutations.damage(s.content(), contents));
    }
    byte[] packed = s.packed().apply(s.pack().apply(s.content()), random);
    boolean more = way == 7 || s.packed() == Damage.NONE;
    return more && packed.length > 0 ? mutations.damage(packed, contents) : packed;
  }

  private void one(Reader reader, Path file, byte[] bytes, int number) throws Exception {
    Steps steps = new Steps();
    long start = System.nanoTime();
    try {
      thread.submit(() -> reader.read(file, steps)).get(SECONDS, TimeUnit.SECONDS);
      read++;
    } catch (TimeoutException e) {
      finding(bytes, file, number, "took more than " + SECONDS + " s");
      // What hangs is left behind.
      thread.shutdownNow();
      thread = newThread();
    } catch (ExecutionException e) {
      refused(e.getCause(), file, bytes, number);
    }
    slowest = Math.max(slowest, System.nanoTime() - start);
    most = Math.max(most, steps.most());
    long bound = 4L * bytes.length + FREE;
    ratio = Math.max(ratio, (double) steps.most() / bound);
    if (steps.most() > bound) {
      finding(bytes, file, number, "allocated " + (steps.most() >> 20) + " MiB");
    }
  }

  private void refused(Throwable cause, Path file, byte[] bytes, int number) throws IOException {
    if (!allowed.isInstance(cause)) {
      StackTraceElement[] trace = cause.getStackTrace();
      String at =
          trace.length == 0 ? "" : " at " + trace[0] + " " + trace[Math.min(2, trace.length - 1)];
      finding(
          bytes, file, number, "ended in " + cause.getClass().getName() + ": " + shown(cause) + at);
      return;
    }
    refused++;
    String message = cause.getMessage();
    String stem = file.toString().replaceFirst("\\.[a-z.]+$", "");
    boolean sentence = message.endsWith(".") && message.matches("[\\x20-\\x7e]+");
    int longest = LONGEST + 4 * stem.length();
    if (!sentence || !message.contains(stem) || message.length() > longest) {
      finding(bytes, file, number, "is refused with: " + shown(cause));
    }
  }

  private static String shown(Throwable cause) {
    String text = (cause.getMessage() + "").replaceAll("[^\\x20-\\x7e]", "?");
    return text.length() > 300 ? text.substring(0, 300) + "..." : text;
  }

  /** Keeps a file that found a fault, outside the folder that is deleted. */
  private void finding(byte[] bytes, Path file, int number, String what) throws IOException {
    Path copy = out().resolve(name + number + file.getFileName().toString().substring(4));
    Files.write(copy, bytes);
    findings.add(copy + " (" + bytes.length + " bytes) " + what);
  }

  private static Path out() throws IOException {
    return Files.createDirectories(Path.of("target", "fuzz"));
  }

  private void report(double seconds) throws IOException {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("reader", name);
    result.put("seed", SEED);
    result.put("files", read + refused + findings.size());
    result.put("read", read);
    result.put("refused", refused);
    result.put("findings", findings.size());
    result.put("mostAllocatedBytes", most);
    result.put("mostOfTheBound", Math.round(1000 * ratio) / 1000.0);
    result.put("slowestMs", Math.round(slowest / 1e5) / 10.0);
    result.put("seconds", Math.round(10 * seconds) / 10.0);
    new ObjectMapper().writeValue(out().resolve(name + ".json").toFile(), result);
  }
}
