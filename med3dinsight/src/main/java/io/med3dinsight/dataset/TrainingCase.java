package io.med3dinsight.dataset;

import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Volume;
import java.util.Arrays;

/**
 * A case as patches are cut from it: normalised intensities and labels on the network's grid, and
 * where each structure lies. Immutable; threads may share it.
 */
public final class TrainingCase {
  /** Voxels kept per class as possible patch centres. */
  private static final int CENTRES = 20_000;

  private final String id;
  private final Grid grid;
  private final float[][] channels;
  private final int[] labels;
  private final int[][] centres;

  TrainingCase(String id, Grid grid, float[][] channels, int[] labels, int[][] centres) {
    this.id = id;
    this.grid = grid;
    this.channels = channels;
    this.labels = labels;
    this.centres = centres;
  }

  /** Brings a scan to the network's grid. */
  public static TrainingCase of(LabelledScan scan, Preprocessing preprocessing) {
    LabelVolume labels = preprocessing.labels(scan.labels());
    float[][] channels = preprocessing.images(scan.channels());
    return new TrainingCase(
        scan.id(),
        preprocessing.grid(scan.image().grid()),
        channels,
        labels.labels(),
        centres(labels));
  }

  /** A case from an image and labels that are already on the network's grid. */
  public static TrainingCase of(String id, Volume image, LabelVolume labels) {
    if (!image.grid().sameShape(labels.grid())) {
      throw new IllegalArgumentException(
          "case " + id + ": image " + image.grid() + " and labels " + labels.grid());
    }
    return new TrainingCase(
        id, image.grid(), new float[][] {image.voxels()}, labels.labels(), centres(labels));
  }

  private static int[][] centres(LabelVolume labels) {
    return labels.values().stream()
        .filter(label -> label != 0)
        .map(label -> centres(labels.labels(), label))
        .toArray(int[][]::new);
  }

  /** Positions of the label: all, or an even sample when there are many. */
  private static int[] centres(int[] labels, int label) {
    int[] found = new int[1024];
    int count = 0;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == label) {
        if (count == found.length) {
          found = Arrays.copyOf(found, 2 * count);
        }
        found[count++] = i;
      }
    }
    int kept = Math.min(count, CENTRES);
    int[] centres = new int[kept];
    for (int i = 0; i < kept; i++) {
      centres[i] = found[(int) ((long) i * count / kept)];
    }
    return centres;
  }

  /** The case's id. */
  public String id() {
    return id;
  }

  /** The network's grid. */
  public Grid grid() {
    return grid;
  }

  /** Normalised intensities [channel][D, H, W]; shared, to be read only. */
  public float[][] channels() {
    return channels;
  }

  /** Labels [D, H, W]; shared, to be read only. */
  public int[] labels() {
    return labels;
  }

  /** Possible patch centres of each structure that occurs. */
  int[][] centres() {
    return centres;
  }

  /** Memory that the case takes. */
  long bytes() {
    return ((long) Float.BYTES * channels.length + Integer.BYTES) * grid.size();
  }

  /** Number of classes other than the background that occur. */
  int structures() {
    return centres.length;
  }

  /** A voxel of a structure, the structure and the voxel drawn uniformly. */
  int drawForeground(Draws draws) {
    int[] ofStructure = centres[draws.nextInt(centres.length)];
    return ofStructure[draws.nextInt(ofStructure.length)];
  }
}
