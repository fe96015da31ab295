package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The channels of one scan, such as CT and PET or the sequences of an MRI: images on one grid, in
 * the order that a data set or model says.
 */
public final class Channels {
  private static final Pattern NUMBER = Pattern.compile("_\\d{4}$");

  private Channels() {}

  /**
   * The files of each case among images, in the order of the first: nnU-Net numbers a case's
   * channels CASE_0000, CASE_0001 and so on. A number without a first channel beside it is part of
   * a name.
   *
   * @param images in ascending order
   * @throws DataException when a channel between others is missing
   */
  public static List<List<Path>> byCase(List<Path> images) {
    Set<Path> all = new HashSet<>(images);
    Map<Path, List<Path>> cases = new LinkedHashMap<>();
    for (Path image : images) {
      String stem = VolumeReader.stem(image);
      Path first = withStem(image, NUMBER.matcher(stem).replaceFirst("_0000"));
      if (!all.contains(first)) {
        first = image;
      }
      List<Path> channels = cases.computeIfAbsent(first, f -> new ArrayList<>());
      if (!first.equals(image) && !stem.endsWith(suffix(channels.size()))) {
        throw new DataException(
            image
                + " is a channel of a case whose channel "
                + channels.size()
                + " is missing beside "
                + first.getFileName()
                + "; add it, or rename images that are no channels.");
      }
      channels.add(image);
    }
    return List.copyOf(cases.values());
  }

  /**
   * An image named CASE_0000 with the files of the case's other channels; any other image, or one
   * whose other channels are not all there, alone.
   *
   * @param count number of channels
   */
  public static List<Path> withSiblings(Path image, int count) {
    String stem = VolumeReader.stem(image);
    if (count == 1 || !stem.endsWith(suffix(0))) {
      return List.of(image);
    }
    List<Path> all = new ArrayList<>();
    for (int c = 0; c < count; c++) {
      all.add(withStem(image, NUMBER.matcher(stem).replaceFirst(suffix(c))));
    }
    return all.stream().allMatch(Files::exists) ? List.copyOf(all) : List.of(image);
  }

  private static String suffix(int channel) {
    return String.format(Locale.ROOT, "_%04d", channel);
  }

  private static Path withStem(Path image, String stem) {
    String ending = image.getFileName().toString().substring(VolumeReader.stem(image).length());
    return image.resolveSibling(stem + ending);
  }

  /**
   * What a model wants, as the end of a sentence about an image that has something else.
   *
   * @param modality what the channels are, joined by +; empty where that is not known
   */
  public static String wanted(int count, String modality) {
    return wanted(
        count,
        modality,
        count == 1
            ? "give an image of that channel alone."
            : "give a file for each of them in this order, or one file with a frame for each.");
  }

  /** The same with what is to be done about it. */
  public static String wanted(int count, String modality, String remedy) {
    String what = modality.isEmpty() ? "" : " (" + modality + ")";
    return "the model takes " + count + what + ": " + remedy;
  }

  /**
   * Makes sure that channels are those of one scan.
   *
   * @param count how many there must be
   * @param wanted as for {@link #read}
   * @return the same, all with the first one's grid
   * @throws DataException when there are more or fewer, a voxel is not a finite number, or they lie
   *     on different grids
   */
  public static List<Volume> checked(List<Volume> channels, int count, String wanted) {
    if (channels.size() != count) {
      String names = channels.stream().map(Volume::source).collect(Collectors.joining(", "));
      throw new DataException(
          (channels.isEmpty() ? "No image" : names)
              + (channels.size() == 1 ? " is 1 channel" : " are " + channels.size() + " channels")
              + ", but "
              + wanted);
    }
    channels.forEach(Volume::requireFinite);
    return onOneGrid(channels);
  }

  /**
   * Reads the channels of a scan from the file of each, or from one file with a frame for each.
   *
   * @param files in the order of the channels
   * @param options for a single channel in a single file
   * @param count how many channels there must be
   * @param wanted who says so and what to do, as the end of a sentence: "the model takes 2 ...;
   *     ..."
   * @throws DataException when a file is damaged, there are more or fewer, or they lie on different
   *     grids
   */
  public static List<Volume> read(List<Path> files, ReadOptions options, int count, String wanted) {
    if (files.size() == count) {
      List<Volume> channels = new ArrayList<>();
      for (Path file : files) {
        channels.add(VolumeReader.volume(file, options));
      }
      return onOneGrid(channels);
    }
    if (files.size() > 1) {
      String names = files.stream().map(Path::toString).collect(Collectors.joining(", "));
      throw new DataException(names + " are " + files.size() + " channels, but " + wanted);
    }
    Path file = files.get(0);
    if (options.frame() != null) {
      throw new UsageException(
          "--frame " + options.frame() + " chooses one image of " + file + ", but " + wanted);
    }
    long frames = VolumeReader.info(file, options).frames();
    if (frames != count) {
      throw new DataException(
          file + " has " + frames + (frames == 1 ? " channel" : " channels") + ", but " + wanted);
    }
    List<Volume> channels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      channels.add(
          VolumeReader.volume(file, new ReadOptions(i, options.series(), options.array())));
    }
    return onOneGrid(channels);
  }

  /**
   * The same channels, all with the first one's grid.
   *
   * @throws DataException when one has other extents than the first or lies more than a voxel
   *     elsewhere
   */
  public static List<Volume> onOneGrid(List<Volume> channels) {
    Volume first = channels.get(0);
    Spacing s = first.grid().spacing();
    double voxel = Math.max(s.x(), Math.max(s.y(), s.z()));
    List<Volume> out = new ArrayList<>();
    for (Volume channel : channels) {
      if (!channel.grid().sameShape(first.grid())) {
        throw new DataException(
            channel.source()
                + " has "
                + channel.grid().shapeText()
                + " voxels, but "
                + first.source()
                + ", another channel of the same scan, has "
                + first.grid().shapeText()
                + "; resample one onto the other's grid.");
      }
      if (!channel.grid().sameSpace(first.grid(), voxel)) {
        throw new DataException(
            channel.source()
                + " lies more than a voxel elsewhere than "
                + first.source()
                + ", another channel of the same scan; resample one onto the other's grid.");
      }
      // Exactly one grid, so that all have one shape after resampling, too.
      out.add(channel == first ? first : channel.with(first.grid(), channel.voxels()));
    }
    return List.copyOf(out);
  }

  /**
   * Writes one channel into an image whose channels lie side by side, as networks take them.
   *
   * @param channel intensities, {@code voxels} of them from {@code from} on
   * @param out [voxels, channels] from element {@code at} on
   * @param number which channel, from 0
   */
  public static void interleave(
      float[] channel, int from, int voxels, float[] out, int at, int number, int channels) {
    if (channels == 1) {
      System.arraycopy(channel, from, out, at, voxels);
      return;
    }
    int to = at + number;
    for (int i = 0; i < voxels; i++, to += channels) {
      out[to] = channel[from + i];
    }
  }
}
