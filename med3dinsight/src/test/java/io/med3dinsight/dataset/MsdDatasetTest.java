package io.med3dinsight.dataset;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MsdDatasetTest {
  @TempDir Path folder;
  private MsdFolder msd;

  @BeforeEach
  void writeDataset() throws IOException {
    msd = new MsdFolder(folder.resolve("data"));
  }

  private MsdDataset read() {
    return MsdDataset.read(msd.path);
  }

  @Test
  void readsAFolder() {
    MsdDataset data = read();
    assertEquals("Test", data.name());
    assertEquals("MRI", data.modality());
    assertEquals(List.of("a", "b"), data.ids());
    assertEquals("c", data.test().get(0).id());
    assertTrue(data.test().get(0).label().isEmpty());
    refused(() -> data.load(data.test().get(0)), "case c", "no label map");
    assertEquals(Map.of(0, "background", 1, "front", 2, "back"), data.labels());
    LabelledScan scan = data.load(data.cases(List.of("b")).get(0));
    assertEquals(50, scan.image().voxels()[50]);
    assertEquals(2, scan.labels().labels()[50]);
    refused(() -> data.cases(List.of("a", "z")), "case z", "2 training cases", "correct the split");
  }

  @Test
  void readsTheLayoutOfNnUnet() throws IOException {
    for (String id : List.of("a", "b", "c")) {
      Path images = msd.path.resolve("imagesTr");
      Files.move(images.resolve(id + ".nii.gz"), images.resolve(id + "_0000.nii.gz"));
    }
    msd.json(
        "{\"channel_names\": {\"0\": \"CT\"}, \"labels\": {\"background\": 0, \"liver\": 1,"
            + " \"tumour\": 2}, \"numTraining\": 3, \"file_ending\": \".nii.gz\"}");
    MsdDataset data = read();
    assertEquals(List.of("a", "b", "c"), data.ids());
    assertEquals(List.of(Normalization.Scheme.FIXED), data.schemes());
    assertEquals("tumour", data.labels().get(2));
    Files.delete(msd.path.resolve("labelsTr/b.nii.gz"));
    refused(this::read, msd.path.resolve("labelsTr/b.nii.gz").toString(), "missing");
    msd.json(
        "{\"channel_names\": {\"0\": \"T1\", \"1\": \"T2\"}, \"labels\":"
            + " {\"b\": 0, \"l\": 1, \"t\": 2}}");
    refused(this::read, "a_0001.nii.gz is missing");
    Path images = msd.path.resolve("imagesTr");
    Files.delete(images.resolve("b_0000.nii.gz"));
    for (String id : List.of("a", "c")) {
      Files.copy(images.resolve(id + "_0000.nii.gz"), images.resolve(id + "_0001.nii.gz"));
    }
    MsdDataset two = read();
    assertEquals(List.of("a", "c"), two.ids());
    assertEquals(2, two.images(two.training().get(0)).size());
    assertEquals(2, two.load(two.training().get(0)).channels().size());
    // The first version names the case, not its files.
    msd.json(
        "{\"modality\": {\"0\": \"T1\", \"1\": \"T2\"}, \"labels\": {\"0\": \"b\", \"1\": \"l\"},"
            + " \"training\": [{\"image\": \"imagesTr/a.nii.gz\", \"label\": \"labelsTr/a.nii.gz\"}]}");
    assertEquals(2, read().training().get(0).channels().size());
    assertEquals("a", read().training().get(0).id());
  }

  @Test
  void foldersThatAreNoDataset() throws IOException {
    Path missing = folder.resolve("missing");
    refused(() -> MsdDataset.read(missing), missing.toString(), "does not exist");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    refused(() -> MsdDataset.read(empty), empty.toString(), "is empty");
    Files.writeString(empty.resolve("other.txt"), "x");
    refused(() -> MsdDataset.read(empty), empty.toString(), "no dataset.json");
    Path file = empty.resolve("other.txt");
    refused(() -> MsdDataset.read(file), file.toString(), "is not a folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "## | is empty",
        "{ | not valid JSON",
        "{\"labels\": {}} garbage | not valid JSON",
        "{\"labels\": {\"0\": \"b\", \"0\": \"c\"}} | not valid JSON",
        "[] | not a JSON object",
        "{} | \"declares the labels []",
        "{\"labels\": {\"0\": \"b\"}} | at least one more",
        "{\"labels\": {\"0\": \"b\", \"2\": \"c\"}} | without gaps",
        "{\"labels\": {\"0\": \"b\", \"one\": \"c\"}} | \"one\"",
        "{\"labels\": {\"0\": \"b\", \"-1\": \"c\"}} | \"-1\"",
        "{\"labels\": {\"b\": 0, \"c\": [1, 2]}} | \"c\"",
        "{\"labels\": {\"0\": \"b\", \"1\": \"c\"}, \"training\": []} | names no training case",
        "{\"labels\": {\"0\": \"b\", \"1\": \"c\"}, \"training\": [{}]} | expected an image and a label",
        "{\"labels\": {\"0\": \"b\", \"1\": \"c\"}, \"training\": [{\"image\": \"imagesTr/a.nii.gz\"}]} | a label",
        "{\"labels\": {\"0\": \"b\", \"1\": \"c\"}, \"training\": [{\"image\": \"x.nii\", \"label\": \"y.nii\"}]} | x.nii is missing"
      })
  void brokenDescriptions(String json, String words) throws IOException {
    msd.json(json);
    refused(this::read, msd.path.resolve("dataset.json").toString(), words.replaceFirst("^\"", ""));
  }

  @Test
  void namesMustBeDistinctAndPathsPossible() throws IOException {
    String entry = "{\"image\": \"imagesTr/a.nii.gz\", \"label\": \"labelsTr/a.nii.gz\"}";
    String start = "{\"labels\": {\"0\": \"b\", \"1\": \"c\"}, \"training\": [";
    msd.json(start + entry + "," + entry + "]}");
    refused(this::read, "dataset.json", "case a twice");
    msd.json(start + "{\"image\": \"a\\u0000b\", \"label\": \"c\"}]}");
    refused(this::read, "dataset.json", "no path");
    Files.write(msd.path.resolve("dataset.json"), new byte[] {'{', '"', (byte) 0xff, '"'});
    refused(this::read, "dataset.json");
  }

  private void refusedCase(String... words) {
    MsdDataset data = read();
    refused(() -> data.load(data.training().get(0)), words);
  }

  @Test
  void imageAndLabelOfAnotherShape() {
    msd.label("a", Grid.of(4, 5, 5, MsdFolder.GRID.affine()), new int[100]);
    refusedCase("case a", "imagesTr", "6x5x4", "labelsTr", "5x5x4");
  }

  @Test
  void imageAndLabelInAnotherPlace() {
    Grid moved = Grid.of(4, 5, 6, Affine.of(1, 0, 0, 5, 0, -2, 0, 8, 0, 0, 3, 0));
    msd.label("a", moved, new int[120]);
    refusedCase("case a", "imagesTr", "labelsTr", "affine");
  }

  /** Headers of image and label often differ in the last digits; resampling must not mind. */
  @Test
  void aLabelTakesTheGridOfItsImage() {
    Affine wider = Affine.of(-1.05, 0, 0, 5, 0, -2, 0, 8, 0, 0, 3, 0);
    msd.label("a", Grid.of(4, 5, 6, wider), MsdFolder.marks(MsdFolder.GRID));
    MsdDataset data = read();
    LabelledScan scan = data.load(data.training().get(0));
    assertEquals(scan.image().grid(), scan.labels().grid());
    // Six voxels of 1.05 mm would become 13 of 0.5 mm, six of 1 mm become 12.
    Preprocessing p = new Preprocessing(new Spacing(0.5, 2, 3), Normalization.none());
    TrainingCase trained = TrainingCase.of(scan, p);
    assertEquals(12, trained.grid().width());
    assertEquals(trained.grid().size(), trained.labels().length);
  }

  @Test
  void labelValueOutsideTheDescription() {
    int[] labels = MsdFolder.marks(MsdFolder.GRID);
    labels[2 * 30 + 3 * 6 + 1] = 7;
    msd.label("a", MsdFolder.GRID, labels);
    refusedCase("case a", "a.nii.gz", "value 7", "(1, 3, 2)", "[0, 1, 2]");
  }

  @Test
  void intensitiesThatAreNoNumbers() {
    float[] voxels = MsdFolder.ramp(MsdFolder.GRID);
    voxels[7] = Float.NaN;
    msd.image("a", MsdFolder.GRID, voxels);
    refusedCase("a.nii.gz", "1 voxel that is", "(1, 1, 0)");
  }

  @Test
  void filesCutInHalf() throws IOException {
    for (String part : List.of("labelsTr", "imagesTr")) {
      Path file = msd.path.resolve(part).resolve("a.nii.gz");
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      refusedCase(file.toString(), "cut off");
    }
  }
}
