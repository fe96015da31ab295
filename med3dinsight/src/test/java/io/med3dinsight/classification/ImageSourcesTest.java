package io.med3dinsight.classification;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSourcesTest {
  @TempDir Path dir;

  private void image(String name, float value) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Volume.of(Grid.of(2, 2, 2, new Spacing(1, 1, 1)), new float[] {value, 0, 0, 0, 0, 0, 0, 1})
        .write(file);
  }

  private ImageSource open(Path path) {
    return ImageSources.open(path, 0, 0.2, 0.2, 1);
  }

  @Test
  void classFoldersAreSplitClassByClass() throws IOException {
    for (int i = 0; i < 10; i++) {
      image("sick/s" + i + ".nii.gz", i);
    }
    for (int i = 0; i < 20; i++) {
      image("well/w" + i + ".nii.gz", 100 + i);
    }
    ImageSource source = open(dir);
    assertEquals(List.of("sick", "well"), source.classes());
    Set<String> all = new HashSet<>();
    int[][] expected = {{6, 12}, {2, 4}, {2, 4}};
    for (Split split : Split.values()) {
      List<ImageSource.Entry> entries = source.entries(split);
      for (int c = 0; c < 2; c++) {
        int k = c;
        assertEquals(
            expected[split.ordinal()][c], entries.stream().filter(e -> e.label() == k).count());
      }
      entries.forEach(e -> assertTrue(all.add(e.id()), e.id()));
      source.read(
          split,
          (i, v) -> {
            String id = entries.get(i).id();
            float value = Float.parseFloat(id.replaceAll(".*[/\\\\].|\\.nii\\.gz", ""));
            assertEquals(entries.get(i).label() == 0 ? value : 100 + value, v.get(0).voxels()[0]);
          });
    }
    assertEquals(30, all.size());
    assertEquals(source.entries(Split.TEST), open(dir).entries(Split.TEST));
  }

  @Test
  void foldersMayNameTheSplits() throws IOException {
    image("train/a/1.nii", 1);
    image("train/b/2.nii", 2);
    image("test/a/3.nii", 3);
    ImageSource source = open(dir);
    assertEquals(2, source.entries(Split.TRAIN).size());
    assertEquals(0, source.entries(Split.VAL).size());
    assertEquals(1, source.entries(Split.TEST).size());
  }

  @Test
  void tables() throws IOException {
    image("x/1.nii", 1);
    image("x/2, too.nii", 2);
    Path csv = dir.resolve("t.csv");
    Files.writeString(csv, "label,file,split\nb,x/1.nii,train\na,\"x/2, too.nii\",val\n");
    ImageSource source = open(csv);
    assertEquals(List.of("a", "b"), source.classes());
    assertEquals(List.of(new ImageSource.Entry("x/1.nii", 1)), source.entries(Split.TRAIN));
    assertEquals(List.of(new ImageSource.Entry("x/2, too.nii", 0)), source.entries(Split.VAL));
  }

  private static List<Float> firstVoxels(ImageSource source, Split split) {
    List<Float> first = new ArrayList<>();
    source.read(split, (i, channels) -> channels.forEach(c -> first.add(c.voxels()[0])));
    return first;
  }

  @Test
  void numberedFilesAreChannels() throws IOException {
    for (String name : List.of("a/x_0000", "a/x_0001", "b/y_0000", "b/y_0001", "b/z_0001")) {
      image("train/" + name + ".nii.gz", name.hashCode());
    }
    // A number without a first channel beside it is part of a name.
    refused(() -> open(dir).read(Split.TRAIN, (i, c) -> {}), "z_0001", "images of 2 channels");
    Files.delete(dir.resolve("train/b/z_0001.nii.gz"));
    ImageSource source = open(dir);
    assertEquals(2, source.channels());
    assertEquals(
        List.of("train/a/x_0000.nii.gz", "train/b/y_0000.nii.gz"),
        source.entries(Split.TRAIN).stream().map(ImageSource.Entry::id).toList());
    assertEquals(
        Stream.of("a/x_0000", "a/x_0001", "b/y_0000", "b/y_0001")
            .map(name -> (float) name.hashCode())
            .toList(),
        firstVoxels(source, Split.TRAIN));
    // Of one channel, each is an image of its own.
    ImageSource single = ImageSources.open(dir, 1, 0.2, 0.2, 1);
    assertEquals(4, single.entries(Split.TRAIN).size());
    image("train/b/y_0003.nii.gz", 0);
    refused(() -> open(dir), "y_0003", "channel 2 is missing");
  }

  @Test
  void manyNumberedImagesAreNotTakenForChannels() throws IOException {
    for (int i = 0; i < 5; i++) {
      image("a/scan_000" + i + ".nii", i);
      image("b/scan_000" + i + ".nii", i);
    }
    refused(() -> open(dir), "scan_0000.nii", "channels=[NAME]");
    assertEquals(10, count(ImageSources.open(dir, 1, 0, 0, 1)));
    // Nor are the frames of a series in time.
    Path frames = Path.of(MsdDataset.class.getResource("sarcoma/frames.nii.gz").getPath());
    Path csv = dir.resolve("t.csv");
    Files.writeString(csv, "file,label\n%s,a\nb/scan_0000.nii,b\n".formatted(frames));
    assertEquals(2, open(csv).channels());
    Files.writeString(csv, "file,label\n%s,a\n".formatted(frames));
    refused(() -> open(csv), "has 2 frames, which are channels", "only 1 image;");
  }

  private static int count(ImageSource source) {
    return source.entries(Split.TRAIN).size();
  }

  @Test
  void tablesNameAFileForEachChannel() throws IOException {
    image("ct1.nii", 1);
    image("pet1.nii", 2);
    image("ct2.nii", 3);
    image("pet2.nii", 4);
    Path csv = dir.resolve("t.csv");
    Files.writeString(
        csv, "file_0,file_1,label,split\nct1.nii,pet1.nii,a,train\nct2.nii,pet2.nii,b,train\n");
    ImageSource source = open(csv);
    assertEquals(2, source.channels());
    assertEquals(List.of(1f, 2f, 3f, 4f), firstVoxels(source, Split.TRAIN));
    Files.writeString(csv, "file_0,file_1,label\nct1.nii,,a\nct2.nii,pet2.nii,b\n");
    refused(() -> open(csv), "line 2", "file_0, file_1");
    Files.writeString(csv, "file_0,file_1,label\nct1.nii,pet3.nii,a\nct2.nii,pet2.nii,b\n");
    refused(() -> open(csv), "line 2", "pet3.nii");
  }

  @Test
  void whatCannotBeUsedIsNamed() throws IOException {
    image("x/1.nii", 1);
    Path csv = dir.resolve("t.csv");
    refused(() -> open(dir.resolve("none")), "none", "does not exist");
    refused(() -> open(dir.resolve("x/1.nii")), "no data set");
    refused(() -> open(dir), "1 class");
    Files.writeString(csv, "file,label\nx/1.nii,a\nx/9.nii,b\n");
    refused(() -> open(csv), "line 3", "9.nii");
    Files.writeString(csv, "file,label\nx/1.nii,a\nx/1.nii,b\n");
    refused(() -> open(csv), "twice");
    Files.writeString(csv, "name,label\nx/1.nii,a\n");
    refused(() -> open(csv), "line 2", "file");
    Files.writeString(csv, "file,label,split\nx/1.nii,a,later\n");
    refused(() -> open(csv), "later", "train, val or test");
  }
}
