package io.med3dinsight.bench;

import io.med3dinsight.encoder2d.SliceTextEncoder;
import io.med3dinsight.encoder2d.clip.ClipSliceTextEncoder;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Times a folder of CLIP or BiomedCLIP: loading, slices of 256 x 256 and texts of about 55 tokens,
 * from pixels and words to embeddings. With {@code --peer} PyTorch does the same from the same
 * folder in a process of its own ({@code clip_peer.py}), in turns.
 */
@Command(
    name = "ClipSpeed",
    mixinStandardHelpOptions = true,
    description = "Times the towers of a folder, beside PyTorch where --peer says how to start it.")
public final class ClipSpeed implements Callable<Integer> {
  private static final int SIDE = 256;

  /** After a peer's turn its threads still spin for 200 ms. */
  private static final long PAUSE = 300;

  private static final Path LOAD = Path.of("/proc/loadavg");

  @Parameters(index = "0", paramLabel = "FOLDER", description = "CLIP or BiomedCLIP.")
  private Path folder;

  @Option(
      names = "--peer",
      paramLabel = "COMMAND",
      description = "Such as \"python3 bench/src/main/python/clip_peer.py\".")
  private String command;

  @Option(names = "--rounds", defaultValue = "5", description = "Turns (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(names = "--slices", defaultValue = "16", description = "Of a turn (${DEFAULT-VALUE}).")
  private int slices;

  @Option(names = "--texts", defaultValue = "32", description = "Of a turn (${DEFAULT-VALUE}).")
  private int texts;

  @Option(names = "--threads", defaultValue = "2", description = "Of each side.")
  private int threads;

  public static void main(String[] args) {
    System.exit(new CommandLine(new ClipSpeed()).execute(args));
  }

  /** One program: how long it took to load, and seconds of its turns. */
  private static final class Times {
    private double load;
    private final List<Double> slices = new ArrayList<>();
    private final List<Double> texts = new ArrayList<>();
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    String before = load();
    Times ours = new Times();
    Times theirs = new Times();
    long start = System.nanoTime();
    try (SliceTextEncoder encoder = ClipSliceTextEncoder.load(folder, Device.cpu(threads));
        Peer peer = command == null ? null : new Peer(command, folder, threads)) {
      ours.load = seconds(start);
      if (peer != null) {
        theirs.load = peer.answer();
      }
      // The first round warms up.
      for (int r = 0; r <= rounds; r++) {
        boolean counts = r > 0;
        turn(() -> encoder.embedSlices(pictures(slices)), ours.slices, counts);
        turn(peer, "slices " + slices, theirs.slices, counts);
        turn(() -> encoder.embedTexts(sentences(texts)), ours.texts, counts);
        turn(peer, "texts " + texts, theirs.texts, counts);
      }
    }
    System.out.printf(
        "%s, %d threads, %d rounds; load of the machine %s before, %s after%n",
        folder.getFileName(), threads, rounds, before, load());
    System.out.printf(
        Locale.ROOT,
        "loading: %.1f s%s%n",
        ours.load,
        theirs.load == 0 ? "" : String.format(Locale.ROOT, ", peer %.1f s", theirs.load));
    row("slices", slices, ours.slices, theirs.slices);
    row("texts", texts, ours.texts, theirs.texts);
    return 0;
  }

  private static void turn(Runnable work, List<Double> into, boolean counts) {
    long start = System.nanoTime();
    work.run();
    if (counts) {
      into.add(seconds(start));
    }
  }

  private static void turn(Peer peer, String order, List<Double> into, boolean counts)
      throws IOException, InterruptedException {
    if (peer != null) {
      double s = peer.ask(order);
      if (counts) {
        into.add(s);
      }
      Thread.sleep(PAUSE);
    }
  }

  private static void row(String what, int count, List<Double> ours, List<Double> theirs) {
    StringBuilder line = new StringBuilder(what).append(": ").append(rate(count, ours));
    if (!theirs.isEmpty()) {
      double[] ratios = new double[ours.size()];
      Arrays.setAll(ratios, i -> ours.get(i) / theirs.get(i));
      Arrays.sort(ratios);
      line.append(", peer ").append(rate(count, theirs));
      line.append(
          String.format(
              Locale.ROOT,
              "; time ours / theirs %.2f (fastest turns), %.2f to %.2f (single rounds)",
              least(ours) / least(theirs),
              ratios[0],
              ratios[ratios.length - 1]));
    }
    System.out.println(line);
  }

  /** Of the fastest turn, with that of the slowest. */
  private static String rate(int count, List<Double> seconds) {
    double most = seconds.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    return String.format(
        Locale.ROOT, "%.2f /s (slowest turn %.2f)", count / least(seconds), count / most);
  }

  private static double least(List<Double> seconds) {
    return seconds.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  private static String load() throws IOException {
    return Files.isReadable(LOAD) ? Files.readString(LOAD).split(" ")[0] : "unknown";
  }

  private static List<Slice> pictures(int count) {
    SplittableRandom random = new SplittableRandom(1);
    List<Slice> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] p = new float[SIDE * SIDE];
      for (int k = 0; k < p.length; k++) {
        p[k] = (float) random.nextDouble();
      }
      IntensityScale scale = IntensityScale.of(p);
      out.add(new Slice(Plane.AXIAL, i, count, SIDE, SIDE, p, 1, 1, scale));
    }
    return out;
  }

  /** The peer's are the same. */
  private static List<String> sentences(int count) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(
          "Axial slice "
              + i
              + " of an MRI volume of the brain: the left hippocampus is seen with its body and"
              + " tail, bright against darker white matter, of normal size and shape; the right one"
              + " is a little smaller, and there is no mass, no bleeding and no shift of the"
              + " midline in this slice.");
    }
    return out;
  }

  /** PyTorch in a process that takes orders line by line and answers with seconds. */
  private static final class Peer implements AutoCloseable {
    private final Process process;
    private final Writer orders;
    private final BufferedReader answers;

    Peer(String command, Path folder, int threads) throws IOException {
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.add(folder.toString());
      words.add(Integer.toString(threads));
      process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
      answers =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    double ask(String order) throws IOException {
      orders.write(order + "\n");
      orders.flush();
      return answer();
    }

    double answer() throws IOException {
      String line = answers.readLine();
      if (line == null) {
        throw new IOException("the peer ended; what it said is above");
      }
      return Double.parseDouble(line.strip());
    }

    @Override
    public void close() throws IOException {
      orders.close();
      process.destroy();
    }
  }
}
