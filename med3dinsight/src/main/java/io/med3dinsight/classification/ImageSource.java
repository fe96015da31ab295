package io.med3dinsight.classification;

import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.volume.Volume;
import java.util.List;

/** Images with one class each, split into training, validation and test. */
public interface ImageSource {
  /**
   * One image.
   *
   * @param id its name, unique within the split
   * @param label its class, from 0
   */
  record Entry(String id, int label) {}

  /** Takes images in the order of the entries. */
  interface Visitor {
    /**
     * @param channels of the image, on one grid
     */
    void image(int index, List<Volume> channels);
  }

  /** The data set's name; for MedMNIST that of its file, such as adrenalmnist3d_64. */
  String name();

  /** Names of the classes, in the order of the labels. */
  List<String> classes();

  /** How many channels each image has. */
  int channels();

  /** The images of a split; may be empty. */
  List<Entry> entries(Split split);

  /**
   * Reads the images of a split, one after the other.
   *
   * @throws io.med3dinsight.DataException when one cannot be used
   */
  void read(Split split, Visitor visitor);

  /** Whether all images share one intensity scale, so that it is measured once for the data set. */
  boolean sharesScale();

  /** Whether results go by MedMNIST's names. */
  boolean isMedMnist();
}
