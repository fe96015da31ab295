package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The channels of one scan, such as CT and PET or the sequences of an MRI: images on one grid, in
 * the order that a data set or model says.
 */
public final class Channels {
  private Channels() {}

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
