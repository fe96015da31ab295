package io.med3dinsight.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.classification.TinyClassifier;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Zips that hold a file for each channel. */
class ServerChannelsTest {
  private static Med3DInsight segmenter;
  private static Med3DInsight classifier;

  @TempDir static Path models;
  @TempDir Path folder;
  private long before;
  private byte[] first;
  private byte[] second;
  private List<Volume> channels;

  @BeforeAll
  static void load() {
    segmenter = Med3DInsight.load(TinyModel.saveTwoChannels(models.resolve("segmentation")));
    classifier = Med3DInsight.load(TinyClassifier.save(models.resolve("classification"), 2));
  }

  @AfterAll
  static void free() {
    segmenter.close();
    classifier.close();
  }

  @BeforeEach
  void writeChannels() throws IOException {
    before = Requests.temporaryFiles();
    Path a = folder.resolve("a.nii.gz");
    Path b = folder.resolve("b.nii.gz");
    TinyModel.volume(9, 12, 10, 1).write(a);
    TinyModel.volume(9, 12, 10, 2).write(b);
    first = Files.readAllBytes(a);
    second = Files.readAllBytes(b);
    channels = List.of(Volume.read(a), Volume.read(b));
  }

  @AfterEach
  void nothingIsLeftOver() throws IOException {
    assertEquals(before, Requests.temporaryFiles(), "temporary files are left over");
  }

  private byte[] zip(Object... namesAndFiles) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    for (int i = 0; i < namesAndFiles.length; i += 2) {
      entries.put((String) namesAndFiles[i], (byte[]) namesAndFiles[i + 1]);
    }
    return MrSeries.zip(entries);
  }

  @Test
  void aFileForEachChannelIsAnImage() throws Exception {
    byte[] body =
        zip(
            "scan/x_0001.nii.gz",
            second,
            "scan/x_0000.nii.gz",
            first,
            "__MACOSX/scan/._x_0000.nii.gz",
            new byte[9],
            "readme.txt",
            new byte[9]);
    try (ModelServer server = ModelServer.start(segmenter, Requests.large(1))) {
      assertArrayEquals(
          segmenter.segment(channels).labels(),
          Requests.labels(folder, Requests.post(server, "/segment", body)).labels());
      JsonNode index = Requests.get(HttpClient.newHttpClient(), server, "/");
      assertTrue(index.at("/requests/0/body").asText().contains("CASE_0000"), index.toString());
    }
    try (ModelServer server = ModelServer.start(classifier, Requests.large(1))) {
      JsonNode answer =
          new ObjectMapper().readTree(Requests.post(server, "/classify", body).body());
      classifier
          .classify(channels)
          .forEach((name, p) -> assertEquals(p, answer.at("/probabilities/" + name).asDouble()));
      JsonNode vector = new ObjectMapper().readTree(Requests.post(server, "/embed", body).body());
      assertEquals(classifier.embed(channels).length, vector.path("length").asInt());
    }
  }

  /** Names that lead out of a folder are names of channels, and lead nowhere. */
  @Test
  void namesInAZipLeadNowhere() throws Exception {
    Path target = folder.resolve("evil_0000.nii.gz");
    String up = "../".repeat(12) + target.toAbsolutePath().toString().substring(1);
    byte[] body =
        zip(up, first, up.replace("_0000", "_0001"), second, "..\\..\\x.txt", new byte[4]);
    try (ModelServer server = ModelServer.start(segmenter, Requests.large(1))) {
      assertArrayEquals(
          segmenter.segment(channels).labels(),
          Requests.labels(folder, Requests.post(server, "/segment", body)).labels());
    }
    assertFalse(Files.exists(target));
  }

  private void refused(int status, String part, byte[] body) throws Exception {
    try (ModelServer server = ModelServer.start(segmenter, Requests.large(1))) {
      HttpResponse<byte[]> answer = Requests.post(server, "/segment", body);
      String said = Requests.text(answer);
      assertEquals(status, answer.statusCode(), said);
      assertTrue(said.contains(part), said);
      assertFalse(said.contains(System.getProperty("java.io.tmpdir")), said);
    }
  }

  @Test
  void whatIsNoScanOfTwoChannelsIsSaid() throws Exception {
    refused(
        400,
        "the body!x_0000.nii.gz has 1 channel, but the model takes 2 (CT+PET): send one file",
        zip("x_0000.nii.gz", first));
    refused(
        400,
        "are 3 channels, but the model takes 2",
        zip("x_0000.nii.gz", first, "x_0001.nii.gz", second, "x_0002.nii.gz", first));
    refused(
        400,
        "y_0001.nii.gz is not channel 1 of one scan",
        zip("x_0000.nii.gz", first, "y_0001.nii.gz", second));
    refused(
        400,
        "ct.nii.gz is not channel 0 of one scan",
        zip("ct.nii.gz", first, "pet.nii.gz", second));
    refused(400, "x_0001.nii.gz", zip("x_0000.nii.gz", first, "x_0001.nii.gz", new byte[99]));
    byte[] cut = zip("x_0000.nii.gz", first, "x_0001.nii.gz", second);
    refused(400, "the body", java.util.Arrays.copyOf(cut, cut.length / 2));
  }

  /** 80 MiB of zeros take 80 KiB in a zip. */
  @Test
  void aZipThatUnpacksToMuchIsRefused() throws Exception {
    refused(
        400,
        "the body unpacks to more than 64 MiB",
        zip("x_0000.nii", new byte[40 << 20], "x_0001.nii", new byte[40 << 20]));
    refused(
        400,
        "x_0000.nii.gz, which is itself a zip",
        zip("x_0000.nii.gz", zip("x_0000.nii.gz", first), "x_0001.nii.gz", second));
  }

  @Test
  void headersWithinAZipCannotNameFilesOfTheServer() throws Exception {
    Path secret = Files.write(folder.resolve("secret"), new byte[64]);
    byte[] header =
        ("NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: "
                + secret.toAbsolutePath()
                + "\n\n")
            .getBytes(StandardCharsets.US_ASCII);
    refused(
        400,
        "the body!x_0000.nrrd is a header whose voxels are in another file",
        zip("x_0000.nrrd", header, "x_0001.nrrd", header));
  }

  @Test
  void voxelsOfAllChannelsCount() throws Exception {
    byte[] body = zip("x_0000.nii.gz", first, "x_0001.nii.gz", second);
    ServeOptions few =
        new ServeOptions(
            "127.0.0.1", 0, null, 1 << 20, 2000, 2, 2, java.time.Duration.ofSeconds(30));
    try (ModelServer server = ModelServer.start(segmenter, few)) {
      HttpResponse<byte[]> answer = Requests.post(server, "/segment", body);
      assertEquals(413, answer.statusCode());
      String said = Requests.text(answer);
      assertTrue(said.contains("[10, 12, 9] and [10, 12, 9] voxels"), said);
    }
  }
}
