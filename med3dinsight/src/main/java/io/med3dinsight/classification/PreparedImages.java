package io.med3dinsight.classification;

import java.util.ArrayList;
import java.util.List;

/**
 * Images as the network sees them, in memory.
 *
 * @param ids their names
 * @param labels their classes
 * @param images [channel][D, H, W] each
 */
public record PreparedImages(List<String> ids, int[] labels, List<float[][]> images) {
  /** Number of images. */
  public int size() {
    return ids.size();
  }

  /** Those at the given places, in that order. */
  public PreparedImages only(int[] chosen) {
    List<String> names = new ArrayList<>();
    List<float[][]> pictures = new ArrayList<>();
    int[] classes = new int[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      names.add(ids.get(chosen[i]));
      pictures.add(images.get(chosen[i]));
      classes[i] = labels[chosen[i]];
    }
    return new PreparedImages(names, classes, pictures);
  }
}
