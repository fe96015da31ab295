package io.med3dinsight.classification;

import io.med3dinsight.dataset.MedMnist;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** MedMNIST3D's file with its official splits; images are called by their number in the split. */
final class MedMnistImages implements ImageSource {
  /** Images that are held at once while they are read. */
  private static final int CHUNK = 256;

  private final MedMnist data;
  private final String name;

  MedMnistImages(Path file) {
    data = MedMnist.read(file);
    name = VolumeReader.stem(file);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> classes() {
    List<String> names = new ArrayList<>();
    for (int c = 0; c < data.classes(); c++) {
      names.add(Integer.toString(c));
    }
    return names;
  }

  @Override
  public int channels() {
    return 1;
  }

  @Override
  public List<Entry> entries(Split split) {
    int[] labels = data.labelsOf(split);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      entries.add(new Entry(Integer.toString(i), labels[i]));
    }
    return entries;
  }

  @Override
  public void read(Split split, Visitor visitor) {
    int s = data.size();
    int voxels = s * s * s;
    Grid grid = Grid.of(s, s, s, new Spacing(1, 1, 1));
    int total = data.count(split);
    for (int first = 0; first < total; first += CHUNK) {
      int count = Math.min(CHUNK, total - first);
      float[] all = data.images(split, first, count);
      for (int i = 0; i < count; i++) {
        float[] one = Arrays.copyOfRange(all, i * voxels, (i + 1) * voxels);
        visitor.image(first + i, List.of(Volume.of(grid, one)));
      }
    }
  }

  @Override
  public boolean sharesScale() {
    return true;
  }

  @Override
  public boolean isMedMnist() {
    return true;
  }
}
