package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.classification.TinyClassifier;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.serve.ModelServer;
import io.med3dinsight.serve.ServeOptions;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Volume;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real CT and PET of four patients as class folders: the lower halves of the images are one class,
 * the upper ones another.
 */
class TwoChannelsClassificationTest {
  private static final Map<String, String> SPLITS =
      Map.of("sts002", "train", "sts008", "train", "sts019", "val", "sts024", "test");

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writeHalves() throws IOException {
    data = folder.resolve("halves");
    for (Map.Entry<String, String> patient : SPLITS.entrySet()) {
      for (int c = 0; c < 2; c++) {
        Volume whole = Volume.read(original(patient.getKey(), c));
        Grid g = whole.grid();
        Grid half = Grid.of(g.depth() / 2, g.height(), g.width(), g.affine());
        for (int part = 0; part < 2; part++) {
          String name = part == 0 ? "lower" : "upper";
          Path file = image(patient.getKey(), name, c);
          Files.createDirectories(file.getParent());
          int from = part * half.size();
          Volume.of(half, Arrays.copyOfRange(whole.voxels(), from, from + half.size())).write(file);
        }
      }
    }
  }

  private static Path original(String patient, int channel) {
    return TwoChannelsTest.sarcoma().resolve("imagesTr/" + patient + "_000" + channel + ".nii.gz");
  }

  private Path image(String patient, String half, int channel) {
    String name = SPLITS.get(patient) + "/" + half + "/" + patient + "_000" + channel + ".nii.gz";
    return data.resolve(name);
  }

  private static Ended classify(Object... words) {
    List<String> all = new ArrayList<>(List.of("classify"));
    Arrays.stream(words).map(Object::toString).forEach(all::add);
    return InProcess.run(ClassifyCommand.class, all.toArray(String[]::new));
  }

  private Ended train(Path images, Path run, String... more) {
    List<Object> words = new ArrayList<>(List.of("train", "-d", images, "-o", run));
    words.addAll(ClassifyCommandTest.SETTINGS);
    words.addAll(List.of("classification.epochs=2", "classification.batch=2"));
    words.addAll(List.of(more));
    return classify(words.toArray());
  }

  private Path trained(Path images, String name, String... more) {
    Path run = folder.resolve(name);
    Ended ended = train(images, run, more);
    assertEquals(0, ended.code(), ended.err());
    return run;
  }

  /** The probabilities of a table by the image's name. */
  private static Map<String, List<Double>> read(Path csv) throws IOException {
    Map<String, List<Double>> rows = new LinkedHashMap<>();
    List<String> lines = Files.readAllLines(csv);
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",");
      rows.put(
          cells[0].replace("\"", ""),
          List.of(
              Double.valueOf(cells[cells.length - 2]), Double.valueOf(cells[cells.length - 1])));
    }
    return rows;
  }

  private Map<String, List<Double>> predicted(Path run, Object... inputs) throws IOException {
    Path csv = folder.resolve("p.csv");
    List<Object> words = new ArrayList<>(List.of("predict", "-m", run, "-o", csv));
    for (Object input : inputs) {
      words.addAll(List.of("-i", input));
    }
    Ended ended = classify(words.toArray());
    assertEquals(0, ended.code(), ended.err());
    return read(csv);
  }

  @Test
  void commandApiAndServerGiveWhatTheRunGave() throws Exception {
    Path run = trained(data, "run", "channels=[CT,PET]");
    List<Double> expected =
        read(run.resolve("predictions/test.csv")).get("test/lower/sts024_0000.nii.gz");
    Path ct = image("sts024", "lower", 0);
    Path pet = image("sts024", "lower", 1);

    assertEquals(Map.of("sts024_0000.nii.gz", expected), predicted(run, ct.getParent()));
    assertEquals(Map.of("sts024_0000.nii.gz", expected), predicted(run, ct, pet));
    assertEquals(Map.of("sts024_0000.nii.gz", expected), predicted(run, ct));
    assertFalse(predicted(run, pet, ct).containsValue(expected), "the order of channels counts");
    List<Volume> channels = List.of(Volume.read(ct), Volume.read(pet));
    try (Med3DInsight model = Med3DInsight.load(run);
        ModelServer server = ModelServer.start(model, ServeOptions.standard())) {
      assertEquals(2, model.channels());
      assertEquals("CT+PET", model.modality());
      assertEquals(expected, List.copyOf(model.classify(channels).values()));
      byte[] zip = zip(Map.of("x/s_0001.nii.gz", pet, "x/s_0000.nii.gz", ct));
      JsonNode answer = post(server, "/classify", zip);
      assertEquals(expected.get(0), answer.at("/probabilities/lower").asDouble());
      assertEquals(expected.get(1), answer.at("/probabilities/upper").asDouble());
      float[] vector = model.embed(channels);
      JsonNode embedded = post(server, "/embed", zip).path("embedding");
      for (int i = 0; i < vector.length; i++) {
        assertEquals(vector[i], embedded.get(i).floatValue());
      }
    }
  }

  private static byte[] zip(Map<String, Path> files) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, Path> e : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(e.getKey()));
        Files.copy(e.getValue(), zip);
        zip.closeEntry();
      }
    }
    return out.toByteArray();
  }

  private static JsonNode post(ModelServer server, String path, byte[] body) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(uri)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return new ObjectMapper().readTree(answer.body());
  }

  /** One file with a frame for each channel is the same image as a file for each. */
  @Test
  void framesAreChannels() throws Exception {
    Path run = trained(data, "run");
    Path frames = TwoChannelsTest.sarcoma().resolve("frames.nii.gz");
    List<Double> apart =
        predicted(run, original("sts002", 0), original("sts002", 1)).get("sts002_0000.nii.gz");
    assertEquals(Map.of("frames.nii.gz", apart), predicted(run, frames));
    try (Med3DInsight model = Med3DInsight.load(run);
        ModelServer server = ModelServer.start(model, ServeOptions.standard())) {
      JsonNode answer = post(server, "/classify", Files.readAllBytes(frames));
      assertEquals(apart.get(0), answer.at("/probabilities/lower").asDouble());
    }
    // As data of a table, too: the first of its images says how many channels they have.
    Path csv = folder.resolve("frames.csv");
    Files.writeString(
        csv,
        "file,label,split\n%s,a,train\n%s,b,train\n%s,b,test\n%s,a,test\n"
            .formatted(frames, copy(frames, 1), copy(frames, 2), copy(frames, 3)));
    assertEquals(2, read(trained(csv, "four").resolve("predictions/test.csv")).size());
  }

  private Path copy(Path file, int number) throws IOException {
    return Files.copy(file, folder.resolve("copy" + number + ".nii.gz"));
  }

  @Test
  void aTableOfTheSameImagesTrainsTheSame() throws IOException {
    StringBuilder table = new StringBuilder("split,label,file_0,file_1\n");
    for (String half : List.of("lower", "upper")) {
      for (String patient : List.of("sts002", "sts008", "sts019", "sts024")) {
        Path first = data.relativize(image(patient, half, 0));
        Path second = data.relativize(image(patient, half, 1));
        table.append("%s,%s,%s,%s%n".formatted(SPLITS.get(patient), half, first, second));
      }
    }
    Path csv = Files.writeString(data.resolve("table.csv"), table);
    assertEquals(
        read(trained(data, "folders").resolve("predictions/test.csv")),
        read(trained(csv, "table").resolve("predictions/test.csv")));
  }

  @Test
  void anotherNumberOfChannelsIsSaidInASentence() throws IOException {
    Path run = trained(data, "run", "channels=[CT,PET]", "normalization=[fixed,none]");
    Path alone = Files.copy(image("sts024", "lower", 1), folder.resolve("alone.nii.gz"));
    Path csv = folder.resolve("out.csv");
    Ended one = classify("predict", "-m", run, "-o", csv, "-i", alone);
    assertEquals(3, one.code());
    assertTrue(
        one.err().contains("alone.nii.gz has 1 channel, but the model takes 2 (CT+PET): give"),
        one.err());
    assertFalse(Files.exists(csv));
    Path single = TinyClassifier.save(folder.resolve("single"));
    Ended two = classify("predict", "-m", single, "-o", csv, "-i", alone, "-i", alone);
    assertEquals(3, two.code());
    assertTrue(
        two.err().contains("2 channels of one case, but the model takes 1: give"), two.err());
    try (Med3DInsight model = Med3DInsight.load(run)) {
      Volume volume = Volume.read(alone);
      for (List<Volume> wrong : List.of(List.of(volume), List.of(volume, volume, volume))) {
        DataException e = assertThrows(DataException.class, () -> model.classify(wrong));
        assertTrue(e.getMessage().contains("but the model takes 2 (CT+PET)"), e.getMessage());
        assertThrows(DataException.class, () -> model.embed(wrong));
      }
      Volume other = Volume.read(original("sts002", 0));
      DataException e =
          assertThrows(DataException.class, () -> model.classify(List.of(volume, other)));
      assertTrue(e.getMessage().contains("another channel of the same scan"), e.getMessage());
    }
  }

  @Test
  void settingsAndDataMustAgree() throws IOException {
    Path run = folder.resolve("run");
    Ended three = train(data, run, "channels=[CT,PET,MR]");
    assertEquals(3, three.code());
    assertTrue(
        three.err().contains("are 2 channels, but the setting channels names 3"), three.err());
    Ended scheme = train(data, folder.resolve("a"), "normalization=[fixed]");
    assertEquals(2, scheme.code());
    assertTrue(scheme.err().contains("normalization is [fixed]: expected one"), scheme.err());
    Ended window = train(data, folder.resolve("b"), "window=[-160,240]");
    assertEquals(2, window.code());
    assertTrue(window.err().contains("name it CT in channels"), window.err());
    Files.delete(image("sts008", "upper", 1));
    Ended lacking = train(data, folder.resolve("c"));
    assertEquals(3, lacking.code());
    assertTrue(
        lacking.err().contains("has 1 channel, but halves has images of 2 channels"),
        lacking.err());
  }

  @Test
  void checkKnowsBothChannels() throws IOException {
    Ended good = InProcess.run(CheckCommand.class, "check", data.toString());
    assertEquals(0, good.code(), good.out() + good.err());
    assertTrue(good.out().matches("(?s).*channels +2\n.*"), good.out());
    Files.delete(image("sts008", "upper", 1));
    Files.copy(image("sts002", "lower", 0), data.resolve("train/upper/x_0000.nii.gz"));
    Volume small =
        Volume.of(
            Grid.of(2, 2, 2, Volume.read(original("sts002", 0)).grid().affine()), new float[8]);
    small.write(data.resolve("train/upper/x_0001.nii.gz"));
    Ended bad = InProcess.run(CheckCommand.class, "check", data.toString());
    assertEquals(3, bad.code());
    assertTrue(bad.out().contains("sts008_0000.nii.gz has 1 channel, but halves has"), bad.out());
    assertTrue(bad.out().contains("x_0001.nii.gz has 2x2x2 voxels, but"), bad.out());
  }

  /** An encoder of one channel starts one of two, and the run says how. */
  @Test
  void oneChannelsWeightsAreRepeatedAndThatIsSaid() throws IOException {
    Path first = trained(data, "first", "channels=[PET]");
    Ended ended =
        train(data, folder.resolve("second"), "--from", first.resolve("model.safetensors") + "");
    assertEquals(0, ended.code(), ended.err());
    assertTrue(
        ended.err().contains("2 repeated over the channels and divided by their number (stage0"),
        ended.err());
  }

  @Test
  void fewLabelsTakeBothChannels() throws IOException {
    Path run = folder.resolve("few");
    Ended ended =
        InProcess.run(
            FewLabelsCommand.class,
            "few-labels",
            "--task=classification",
            "-d",
            data.toString(),
            "-o",
            run.toString(),
            "--seeds=1",
            "percents=[50]",
            "classification.channels=[CT,PET]",
            "classification.network.channels=[4,8]",
            "classification.network.convolutions=1",
            "classification.network.patch=[8,8,8]",
            "classification.classification.epochs=1",
            "classification.classification.batch=2");
    assertEquals(0, ended.code(), ended.err());
    try (Med3DInsight model =
        Med3DInsight.load(run.resolve("cells/50-seed1-scratch/model.safetensors"))) {
      assertEquals("CT+PET", model.modality());
    }
  }

  /** Damaged images of a folder are named, and the others are classified. */
  @Test
  void aDamagedImageDoesNotStopTheOthers() throws IOException {
    Path run = TinyClassifier.save(folder.resolve("run"), 2);
    Path images = Files.createDirectory(folder.resolve("images"));
    for (String patient : List.of("sts002", "sts008")) {
      for (int c = 0; c < 2; c++) {
        Path file = original(patient, c);
        Files.copy(file, images.resolve(file.getFileName().toString()));
      }
    }
    Files.write(images.resolve("sts002_0001.nii.gz"), new byte[100]);
    Path csv = folder.resolve("out.csv");
    Ended ended = classify("predict", "-m", run, "-o", csv, "-i", images);
    assertEquals(3, ended.code(), ended.err());
    assertTrue(ended.err().contains("sts002_0000.nii.gz was not classified: "), ended.err());
    assertTrue(ended.out().contains("Classified 1 of 2 images"), ended.out());
    assertArrayEquals(new Object[] {"sts008_0000.nii.gz"}, read(csv).keySet().toArray());
  }
}
