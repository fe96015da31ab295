package io.med3dinsight.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.Med3DInsight;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.SharedData;
import io.med3dinsight.volume.Volume;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a body may be: zips of series, and bodies that must not be taken. */
class ServerBodiesTest {
  private static Med3DInsight model;

  @TempDir static Path models;
  @TempDir Path folder;

  @BeforeAll
  static void load() {
    model = Med3DInsight.load(TinyModel.save(models.resolve("segmentation")));
  }

  @AfterAll
  static void free() {
    model.close();
  }

  /** A zip of slices in any order comes back as a label map at the slices' places. */
  @Test
  void aZippedSeriesBecomesALabelMapInItsPlace() throws Exception {
    Map<String, byte[]> slices = new LinkedHashMap<>();
    for (int k : new int[] {3, 0, 7, 1, 5, 2, 6, 4}) {
      slices.put("export/IM" + k, MrSeries.slice(k));
    }
    Path zip = Files.write(folder.resolve("series.zip"), MrSeries.zip(slices));
    byte[] body = Files.readAllBytes(zip);
    try (ModelServer server = ModelServer.start(model, Requests.large(1))) {
      HttpResponse<byte[]> answer = Requests.post(server, "/segment", body);
      LabelVolume labels = Requests.labels(folder, answer);
      assertEquals("64x64x8", labels.grid().shapeText());
      assertEquals(0, labels.grid().affine().distance(MrSeries.AFFINE), 1e-4);
      assertArrayEquals(model.segment(Volume.read(zip)).labels(), labels.labels());
    }
  }

  /** The same with a whole series of a CT, where it is at hand. */
  @Test
  void aZippedCtBecomesALabelMapInItsPlace() throws Exception {
    Path series = SharedData.find("totalsegmentator/example_ct_dicom_j2k");
    assumeTrue(series != null, "the series is not in this checkout");
    Map<String, byte[]> slices = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(series)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        slices.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    byte[] body = MrSeries.zip(slices);
    try (ModelServer server = ModelServer.start(model, Requests.large(64))) {
      HttpResponse<byte[]> answer = Requests.post(server, "/segment", body);
      LabelVolume labels = Requests.labels(folder, answer);
      // What somebody else segmented on the series' NIfTI twin has the same grid.
      LabelVolume twin =
          LabelVolume.read(SharedData.find("totalsegmentator/example_seg_dicom.nii.gz"));
      assertTrue(labels.grid().sameSpace(twin.grid(), 1e-4));
    }
  }

  @Test
  void aHeaderCannotNameFilesOfTheServer() throws Exception {
    Path secret = Files.write(folder.resolve("secret"), new byte[64]);
    String header =
        "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 4 4\nencoding: raw\n"
            + "data file: "
            + secret.toAbsolutePath()
            + "\n\n";
    try (ModelServer server =
        ModelServer.start(model, Requests.options(2, Duration.ofSeconds(5), null))) {
      HttpResponse<byte[]> answer =
          Requests.post(server, "/segment", header.getBytes(StandardCharsets.US_ASCII));
      assertEquals(400, answer.statusCode());
      String said = Requests.text(answer);
      assertTrue(said.contains("the body is a header whose voxels are in another file"), said);
    }
  }

  @Test
  void anImageOfTooManyVoxelsIsRefusedByItsHeader() throws Exception {
    Path path = folder.resolve("large.nii.gz");
    Volume.of(TinyModel.volume(30, 30, 30, 1).grid(), new float[27_000]).write(path);
    try (ModelServer server =
        ModelServer.start(model, Requests.options(2, Duration.ofSeconds(5), null))) {
      HttpResponse<byte[]> answer = Requests.post(server, "/segment", Files.readAllBytes(path));
      assertEquals(413, answer.statusCode());
      assertTrue(Requests.text(answer).contains("[30, 30, 30]"));
    }
  }
}
