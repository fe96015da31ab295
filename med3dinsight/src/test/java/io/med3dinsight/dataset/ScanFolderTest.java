package io.med3dinsight.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.DicomFiles;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScanFolderTest {
  @TempDir private Path folder;

  private void image(String name) {
    Path file = folder.resolve(name);
    Volume.of(MsdFolder.GRID, MsdFolder.ramp(MsdFolder.GRID)).write(file);
  }

  private void series(String name, String uid) throws IOException {
    Path at = Files.createDirectories(folder.resolve(name));
    for (int i = 0; i < 3; i++) {
      byte[] bytes = DicomFiles.slice(uid, i, 0, 0, 5 * i).pixels(10 * i, 1);
      Files.write(at.resolve(uid + "-" + i), bytes);
    }
  }

  private static List<String> ids(List<Scan> scans) {
    return scans.stream().map(s -> s.id() + " " + s.modality()).toList();
  }

  private void assertRefused(String part, Path place) {
    String said = assertThrows(DataException.class, () -> ScanFolder.list(place)).getMessage();
    assertTrue(said.contains(part), said);
  }

  @Test
  void imagesAndSeriesOfFoldersBelow() throws IOException {
    Files.createDirectories(folder.resolve("p1"));
    Files.createDirectories(folder.resolve("p2"));
    image("p1/ct.nii.gz");
    image("p2/ct.nii.gz");
    image("top_0000.nii");
    series("p1/one", "1.2.3");
    series("p2/two", "1.2.4");
    series("p2/two", "1.2.5");
    List<Scan> scans = ScanFolder.list(folder);
    assertEquals(
        List.of(
            "top unknown",
            "p1_ct unknown",
            "p1_one CT",
            "p2_ct unknown",
            "p2_two_4 CT",
            "p2_two_5 CT"),
        ids(scans));
    for (Scan s : scans) {
      assertTrue(s.read().voxels().length > 0, s.id());
    }
  }

  @Test
  void tablesNameModalities() throws IOException {
    Files.createDirectories(folder.resolve("p1"));
    image("p1/a.nii.gz");
    image("b.nii.gz");
    series("d", "1.2.3");
    series("d", "1.2.4");
    Path table = folder.resolve("t.csv");
    Files.writeString(table, "modality,file,series\nPET,p1/a.nii.gz,\n,b.nii.gz,\nCT,d,4\n");
    assertEquals(List.of("p1_a PET", "b unknown", "d_4 CT"), ids(ScanFolder.list(table)));
    Files.writeString(table, "file\nb.nii.gz\nc.nii.gz\n");
    assertRefused("line 3, names", table);
    Files.writeString(table, "path\nb.nii.gz\n");
    assertRefused("expected a column file", table);
    Files.writeString(table, "file\nb.nii.gz\nb.nii.gz\n");
    assertRefused("would both be b", table);
  }

  @Test
  void aLayoutNeedsNoLabels() throws IOException {
    MsdFolder data = new MsdFolder(folder);
    Files.createDirectories(folder.resolve("imagesTs"));
    image("imagesTs/d.nii.gz");
    assertEquals(List.of("a MRI", "b MRI", "c MRI", "d MRI"), ids(ScanFolder.list(data.path)));
    try (var labels = Files.list(folder.resolve("labelsTr"))) {
      labels.forEach(l -> assertTrue(l.toFile().delete()));
    }
    Files.delete(folder.resolve("dataset.json"));
    assertEquals(4, ScanFolder.list(data.path).size());
    assertEquals("a unknown", ids(ScanFolder.list(data.path)).get(0));
  }

  @Test
  void everyChannelIsAVolumeOfItsOwn() throws IOException {
    Files.createDirectories(folder.resolve("imagesTr"));
    image("imagesTr/a_0000.nii.gz");
    image("imagesTr/a_0001.nii.gz");
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"channel_names\": {\"0\": \"CT\", \"1\": \"PET\"}, \"labels\": {\"background\": 0}}");
    assertEquals(List.of("a CT", "a_0001 PET"), ids(ScanFolder.list(folder)));
  }

  @Test
  void nothingThereIsSaid() throws IOException {
    assertRefused("holds no image", folder);
    assertRefused("does not exist", folder.resolve("none"));
  }
}
