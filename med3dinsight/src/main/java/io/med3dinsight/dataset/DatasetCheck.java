package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Volume;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Looks at every case of a dataset: can it be read, do image and label fit, is anything empty,
 * twice there or not a number; and what the cases have in common. One case is in memory at a time.
 */
public final class DatasetCheck {
  /** Voxel sizes beyond this many times the median, or below its inverse, are worth a look. */
  private static final double OUTLIER = 3;

  private final MsdDataset dataset;
  private final SortedMap<String, List<String>> problems = new TreeMap<>();
  private final SortedMap<String, List<String>> notes = new TreeMap<>();
  private final Map<String, String> hashes = new HashMap<>();
  private final Map<String, Grid> grids = new LinkedHashMap<>();
  private final long[] voxels;
  private final double[] millilitres;
  private final int[] cases;

  /** By channel: each case's mean, and the range of all. */
  private final List<List<Double>> means = new ArrayList<>();

  private final double[] lowest;
  private final double[] highest;

  private DatasetCheck(MsdDataset dataset) {
    this.dataset = dataset;
    int classes = dataset.classes();
    this.voxels = new long[classes];
    this.millilitres = new double[classes];
    this.cases = new int[classes];
    int channels = dataset.channels().size();
    dataset.channels().forEach(c -> means.add(new ArrayList<>()));
    this.lowest = new double[channels];
    this.highest = new double[channels];
    Arrays.fill(lowest, Double.POSITIVE_INFINITY);
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
  }

  /**
   * What was found.
   *
   * @param problems by case: sentences that say what is wrong and what to do
   * @param notes by case: what is unusual, but may be right
   * @param summary what the cases have in common, by name
   */
  public record Report(
      SortedMap<String, List<String>> problems,
      SortedMap<String, List<String>> notes,
      Map<String, Object> summary) {}

  /**
   * Looks at all training and test cases of a folder.
   *
   * @throws DataException when its dataset.json cannot be used
   */
  public static Report of(Path folder, Progress progress) {
    SortedMap<String, List<String>> incomplete = new TreeMap<>();
    MsdDataset dataset =
        MsdDataset.read(
            folder,
            (id, e) -> incomplete.computeIfAbsent(id, i -> new ArrayList<>()).add(e.getMessage()));
    DatasetCheck check = new DatasetCheck(dataset);
    check.problems.putAll(incomplete);
    List<Case> all = new ArrayList<>(dataset.training());
    all.addAll(dataset.test());
    try (Progress.Task task = progress.start("check", all.size(), "cases")) {
      for (Case c : all) {
        task.message(c.id());
        check.look(c);
        task.step();
      }
    }
    check.outliers();
    return new Report(check.problems, check.notes, check.summary());
  }

  private void problem(Case c, String sentence) {
    // The case stands before the sentence already.
    String said = "case " + c.id() + ": ";
    String rest = sentence.startsWith(said) ? sentence.substring(said.length()) : sentence;
    problems.computeIfAbsent(c.id(), id -> new ArrayList<>()).add(rest);
  }

  private void note(String id, String sentence) {
    notes.computeIfAbsent(id, i -> new ArrayList<>()).add(sentence);
  }

  private void look(Case c) {
    List<Volume> images;
    try {
      images = dataset.images(c);
    } catch (DataException e) {
      problem(c, e.getMessage());
      return;
    }
    Volume first = images.get(0);
    grids.put(c.id(), Orientation.of(first.grid()).toRas(first.grid()));
    for (int i = 0; i < images.size(); i++) {
      image(c, images.get(i), i);
    }
    duplicate(c, images);
    if (c.label().isPresent()) {
      label(c, images);
    }
  }

  private void image(Case c, Volume image, int channel) {
    double sum = 0;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    int bad = 0;
    for (float v : image.voxels()) {
      if (Float.isFinite(v)) {
        sum += v;
        low = Math.min(low, v);
        high = Math.max(high, v);
      } else {
        bad++;
      }
    }
    if (bad > 0) {
      problem(
          c,
          image.source() + " holds " + bad + " voxels that are not finite numbers; replace them.");
    }
    if (low >= high) {
      problem(c, image.source() + " is the same everywhere; export it again or leave it out.");
    }
    lowest[channel] = Math.min(lowest[channel], low);
    highest[channel] = Math.max(highest[channel], high);
    means.get(channel).add(sum / Math.max(1, image.voxels().length - bad));
  }

  private void duplicate(Case c, List<Volume> images) {
    String other = hashes.putIfAbsent(hash(images), c.id());
    if (other != null) {
      problem(
          c,
          "its image is the same as that of case "
              + other
              + "; leave one out, or the same scan may train and test.");
    }
  }

  /** SHA-256 of extents and intensities, in hexadecimal digits. */
  public static String hash(List<Volume> images) {
    Sha256 hash = new Sha256();
    for (Volume image : images) {
      hash.add(image.grid().shapeText()).add(image.voxels(), ByteOrder.BIG_ENDIAN);
    }
    return hash.hex();
  }

  private void label(Case c, List<Volume> images) {
    LabelVolume labels;
    try {
      labels = dataset.load(c, images).labels();
    } catch (DataException e) {
      problem(c, e.getMessage());
      return;
    }
    long[] counts = new long[dataset.classes()];
    for (int v : labels.labels()) {
      counts[v]++;
    }
    double volume = Math.abs(labels.grid().affine().determinant()) / 1000;
    for (int k = 0; k < counts.length; k++) {
      voxels[k] += counts[k];
      millilitres[k] += counts[k] * volume;
      cases[k] += counts[k] > 0 ? 1 : 0;
    }
    if (counts[0] == labels.labels().length) {
      note(c.id(), "its label map holds no structure; leave the case out unless that is right.");
    }
  }

  private void outliers() {
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      double median = quantile(grids.values().stream().mapToDouble(g -> g.spacing().along(a)), 0.5);
      grids.forEach(
          (id, grid) -> {
            double ratio = grid.spacing().along(a) / median;
            if (ratio > OUTLIER || ratio < 1 / OUTLIER) {
              note(
                  id,
                  String.format(
                      Locale.ROOT,
                      "its voxels are %.3g mm long along %s where the median is %.3g mm; check its"
                          + " header.",
                      grid.spacing().along(a),
                      "xyz".charAt(a),
                      median));
            }
          });
    }
  }

  private static double quantile(java.util.stream.DoubleStream values, double q) {
    double[] sorted = values.sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[(int) Math.round(q * (sorted.length - 1))];
  }

  private Map<String, Object> summary() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", dataset.name());
    out.put("channels", dataset.channels());
    out.put("trainingCases", dataset.training().size());
    out.put("testCases", dataset.test().size());
    out.put("readable", grids.size());
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      out.put(
          "spacing" + "XYZ".charAt(axis),
          three(grids.values().stream().mapToDouble(g -> g.spacing().along(a)).toArray()));
      out.put(
          "extent" + "XYZ".charAt(axis),
          three(grids.values().stream().mapToDouble(g -> g.extent(a)).toArray()));
    }
    for (int c = 0; c < lowest.length; c++) {
      if (lowest[c] <= highest[c]) {
        String channel = lowest.length == 1 ? "" : Integer.toString(c);
        out.put("intensityMin" + channel, lowest[c]);
        out.put("intensityMax" + channel, highest[c]);
        out.put(
            "intensityMeans" + channel,
            three(means.get(c).stream().mapToDouble(Double::doubleValue).toArray()));
      }
    }
    List<Map<String, Object>> classes = new ArrayList<>();
    dataset
        .labels()
        .forEach(
            (label, name) -> {
              Map<String, Object> one = new LinkedHashMap<>();
              one.put("label", label);
              one.put("name", name);
              one.put("cases", cases[label]);
              one.put("voxels", voxels[label]);
              one.put("meanMl", cases[label] == 0 ? 0 : millilitres[label] / cases[label]);
              classes.add(one);
            });
    out.put("classes", classes);
    return out;
  }

  /** Least, median and largest. */
  private static List<Double> three(double[] values) {
    if (values.length == 0) {
      return List.of();
    }
    Arrays.sort(values);
    return List.of(values[0], quantile(Arrays.stream(values), 0.5), values[values.length - 1]);
  }
}
