package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.NpzFile;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * A dataset of MedMNIST3D, such as adrenalmnist3d.npz (28^3) or adrenalmnist3d_64.npz, with its
 * official splits. Images are read one at a time; their voxels count as 1 mm, for the files do not
 * say.
 *
 * <p>Source: Yang et al. 2023, MedMNIST v2; arrays {train,val,test}_{images,labels}.
 */
public final class MedMnist {
  /** The official splits. */
  public enum Split {
    TRAIN,
    VAL,
    TEST;

    /** The name that arrays and result files carry. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final NpzFile file;
  private final Path path;
  private final int size;
  private final Map<Split, int[]> labels = new EnumMap<>(Split.class);

  private MedMnist(Path path) {
    this.path = path;
    this.file = NpzFile.open(path);
    this.size = cube(Split.TRAIN);
    for (Split split : Split.values()) {
      labels.put(split, labels(split));
    }
  }

  /**
   * Opens a file and reads its labels.
   *
   * @throws DataException when it is missing, damaged or no dataset of MedMNIST3D with one label
   *     per image
   */
  public static MedMnist read(Path path) {
    return new MedMnist(path);
  }

  /** Whether a file has the arrays of a dataset of MedMNIST3D, of whatever shapes. */
  public static boolean isNamedSo(Path path) {
    if (!path.toString().toLowerCase(Locale.ROOT).endsWith(".npz") || !Files.isRegularFile(path)) {
      return false;
    }
    return NpzFile.open(path).names().containsAll(List.of("train_images", "test_images"));
  }

  private int cube(Split split) {
    String name = split.label() + "_images";
    List<Long> shape = file.names().contains(name) ? file.shape(name) : List.of();
    boolean cubes =
        shape.size() == 4
            && shape.get(1) >= 1
            && shape.get(1) <= 512
            && shape.get(1).equals(shape.get(2))
            && shape.get(1).equals(shape.get(3));
    if (!cubes || (size != 0 && shape.get(1) != size)) {
      throw new DataException(
          path
              + " is no dataset of MedMNIST3D: its array "
              + name
              + " is "
              + (shape.isEmpty() ? "missing" : "of shape " + shape)
              + ", expected N cubes of one size.");
    }
    return shape.get(1).intValue();
  }

  private int[] labels(Split split) {
    long count = file.shape(split.label() + "_images").get(0);
    cube(split);
    String name = split.label() + "_labels";
    List<Long> shape = file.names().contains(name) ? file.shape(name) : List.of();
    long columns = shape.size() == 2 ? shape.get(1) : shape.size() == 1 ? 1 : 0;
    if (columns != 1 || shape.get(0) != count) {
      throw new DataException(
          path
              + " has "
              + count
              + " images but labels of shape "
              + shape
              + " in "
              + name
              + "; expected one label per image.");
    }
    float[] values = file.floats(name, 0, (int) count);
    int[] out = new int[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (int) values[i];
      if (out[i] != values[i] || out[i] < 0) {
        throw new DataException(
            path + " has the label " + values[i] + " in " + name + "; expected 0 and on.");
      }
    }
    return out;
  }

  /** Extent of the images along each axis. */
  public int size() {
    return size;
  }

  /** Number of images of a split. */
  public int count(Split split) {
    return labels.get(split).length;
  }

  /** Labels of a split, in its order. */
  public int[] labelsOf(Split split) {
    return labels.get(split).clone();
  }

  /** Number of classes: one more than the largest label of any split. */
  public int classes() {
    TreeSet<Integer> all = new TreeSet<>();
    labels.values().forEach(l -> java.util.Arrays.stream(l).forEach(all::add));
    return all.isEmpty() ? 0 : all.last() + 1;
  }

  /**
   * An image. The array's axes are D, H, W.
   *
   * @throws DataException when the file is damaged
   */
  public Volume image(Split split, int index) {
    if (index < 0 || index >= count(split)) {
      throw new IndexOutOfBoundsException(index + " of " + count(split));
    }
    int voxels = size * size * size;
    float[] image = file.floats(split.label() + "_images", (long) index * voxels, voxels);
    return Volume.of(Grid.of(size, size, size, new Spacing(1, 1, 1)), image);
  }

  /**
   * Images of a split from one on, in one pass over the file: an .npz is compressed, so that single
   * images cost a pass each.
   *
   * @return [count, D, H, W] row-major
   */
  public float[] images(Split split, int first, int count) {
    int voxels = size * size * size;
    if (first < 0 || count < 1 || first + (long) count > count(split)) {
      throw new IndexOutOfBoundsException(first + " and " + count + " of " + count(split));
    }
    return file.floats(
        split.label() + "_images", (long) first * voxels, Math.multiplyExact(count, voxels));
  }
}
