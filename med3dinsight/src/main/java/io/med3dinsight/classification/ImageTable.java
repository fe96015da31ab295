package io.med3dinsight.classification;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Draws;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Images in files of their own, from class folders or a table. */
final class ImageTable implements ImageSource {
  /**
   * A line.
   *
   * @param files of the channels in their order, or one with all of them
   * @param split null to draw one
   */
  record Row(List<Path> files, String id, String label, Split split) {
    /**
     * The image's channels.
     *
     * @param count that there must be
     * @param wanted who says so and what to do, as the end of a sentence
     * @throws DataException when a file is damaged, there are more or fewer channels, or they lie
     *     on different grids
     */
    List<Volume> read(int count, String wanted) {
      return Channels.read(files, ReadOptions.none(), count, wanted);
    }
  }

  private final String name;
  private final List<String> classes;
  private final int channels;
  private final String wanted;
  private final Map<Split, List<Entry>> entries = new EnumMap<>(Split.class);
  private final Map<Split, List<Row>> rows = new EnumMap<>(Split.class);

  private ImageTable(String name, List<String> classes, int channels, String wanted) {
    this.name = name;
    this.classes = classes;
    this.channels = channels;
    this.wanted = wanted;
    for (Split s : Split.values()) {
      entries.put(s, new ArrayList<>());
      rows.put(s, new ArrayList<>());
    }
  }

  /**
   * A table of rows. Where they name no splits, validation and test images are drawn, class by
   * class, from the seed and the ids alone.
   *
   * @param channels that each image has
   * @param wanted who says so, as {@link ImageSources#wanted} has it
   * @throws DataException when there are fewer than two classes, or only some rows name a split
   */
  static ImageTable of(
      String name,
      List<Row> rows,
      int channels,
      String wanted,
      double validationShare,
      double testShare,
      long seed) {
    List<String> classes = rows.stream().map(Row::label).distinct().sorted().toList();
    if (classes.size() < 2) {
      throw new DataException(
          name + " has images of " + classes.size() + " class(es); expected at least 2.");
    }
    long assigned = rows.stream().filter(r -> r.split() != null).count();
    if (assigned != 0 && assigned != rows.size()) {
      throw new DataException(
          name
              + " names the split of "
              + assigned
              + " of "
              + rows.size()
              + " images; expected all or none.");
    }
    if (!(validationShare >= 0 && testShare >= 0 && validationShare + testShare < 1)) {
      throw new UsageException(
          "validationShare and testShare are "
              + validationShare
              + " and "
              + testShare
              + ": expected 0 or more, together below 1.");
    }
    ImageTable table = new ImageTable(name, classes, channels, wanted);
    for (String label : classes) {
      List<Row> of = new ArrayList<>(rows.stream().filter(r -> r.label().equals(label)).toList());
      of.sort(java.util.Comparator.comparing(Row::id));
      if (assigned == 0) {
        shuffle(of, new Draws(seed, classes.indexOf(label)));
      }
      int test = (int) Math.round(testShare * of.size());
      int validation = (int) Math.round(validationShare * of.size());
      for (int i = 0; i < of.size(); i++) {
        Split drawn = i < test ? Split.TEST : i < test + validation ? Split.VAL : Split.TRAIN;
        table.add(of.get(i), of.get(i).split() == null ? drawn : of.get(i).split());
      }
    }
    return table;
  }

  static void shuffle(List<?> list, Draws draws) {
    for (int i = list.size() - 1; i > 0; i--) {
      Collections.swap(list, i, draws.nextInt(i + 1));
    }
  }

  private void add(Row row, Split split) {
    entries.get(split).add(new Entry(row.id(), classes.indexOf(row.label())));
    rows.get(split).add(row);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int channels() {
    return channels;
  }

  @Override
  public List<Entry> entries(Split split) {
    return Collections.unmodifiableList(entries.get(split));
  }

  @Override
  public void read(Split split, Visitor visitor) {
    List<Row> of = rows.get(split);
    for (int i = 0; i < of.size(); i++) {
      visitor.image(i, of.get(i).read(channels, wanted));
    }
  }

  @Override
  public boolean sharesScale() {
    return false;
  }

  @Override
  public boolean isMedMnist() {
    return false;
  }
}
