package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.network.UNet;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictCommandTest {
  @TempDir private Path folder;

  private Path run;
  private Path images;
  private Path out;

  @BeforeEach
  void prepare() throws IOException {
    run = TinyModel.save(folder.resolve("run"));
    images = Files.createDirectory(folder.resolve("images"));
    out = folder.resolve("out");
  }

  private Path image(String name, int size) {
    Path path = images.resolve(name);
    TinyModel.volume(size, size + 1, size + 2, size).write(path);
    return path;
  }

  private Ended predict(Object model, Object input, Object output, String... more) {
    return InProcess.run(PredictCommand.class, words(model, input, output, more));
  }

  private static String[] words(Object model, Object input, Object output, String... more) {
    Stream<String> words =
        Stream.of("predict", "--model", model + "", "--input", input + "", "--output", output + "");
    return Stream.concat(words, Arrays.stream(more)).toArray(String[]::new);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  private void assertRefused(int code, String part, Ended ended) {
    assertEquals(code, ended.code(), ended.err());
    assertTrue(ended.err().contains(part), ended.err());
    assertEquals(1, ended.err().strip().lines().count(), ended.err());
    assertEquals("", ended.out());
  }

  @Test
  void aFolderKeepsItsNamesAndGetsWhatTheLibraryGives() throws IOException {
    Path first = image("a_0000.nii.gz", 9);
    Path second = image("b.nii", 11);
    Files.writeString(images.resolve("notes.txt"), "no image");
    Files.writeString(images.resolve(".hidden.nii"), "no image");
    Ended ended = predict(run, images, out, "--threads", "2");
    assertEquals(0, ended.code(), ended.err());
    assertEquals("Segmented 2 of 2 images into " + out + ".", ended.out().strip());
    assertEquals(List.of("a.nii.gz", "b.nii"), names(out));
    assertTrue(ended.err().contains("1/2 a_0000.nii.gz: "), ended.err());
    assertTrue(ended.err().contains(" left for all"), ended.err());
    try (var model = Med3DInsight.load(run)) {
      for (Path image : List.of(first, second)) {
        String name = image.equals(first) ? "a.nii.gz" : "b.nii";
        LabelVolume written = LabelVolume.read(out.resolve(name));
        Volume volume = Volume.read(image);
        assertEquals(volume.grid(), written.grid());
        assertArrayEquals(model.segment(volume).labels(), written.labels());
      }
    }
  }

  @Test
  void aFileGoesToAFileOrIntoAFolder() throws IOException {
    Path image = image("a_0000.nii.gz", 9);
    Path named = folder.resolve("new/seg.nii");
    Path model = run.resolve("model.safetensors");
    assertEquals(0, predict(model, image, named, "--overlap", "0", "--mirror").code());
    assertEquals(Volume.read(image).grid().shapeText(), shape(named));
    Files.createDirectory(out);
    assertEquals(0, predict(run, image, out).code());
    assertEquals(List.of("a.nii.gz"), names(out));
  }

  @Test
  void partsAndProbabilitiesAndWhereTheTimeWent() throws IOException {
    Path image = image("a_0000.nii.gz", 13);
    Ended ended = predict(run, image, out + ".nii.gz", "--probabilities");
    assertEquals(0, ended.code(), ended.err());
    assertTrue(
        ended.err().matches("(?s).*Java started in [0-9.]+ s, model loaded in [0-9.]+ s.*"),
        ended.err());
    assertTrue(
        ended
            .err()
            .matches("(?s).*a_0000.nii.gz: read [0-9.]+ s, prepared .*, network .*written.*"),
        ended.err());
    float sum = 0;
    for (int c = 0; c < 3; c++) {
      Volume map = Volume.read(folder.resolve("out_prob" + c + ".nii.gz"));
      assertEquals(Volume.read(image).grid(), map.grid());
      sum += map.voxels()[100];
    }
    assertEquals(1, sum, 1e-6);

    Path labels = folder.resolve("out.nii.gz");
    Files.delete(labels);
    assertRefused(
        2, "out_prob0.nii.gz is there already", predict(run, image, labels, "--probabilities"));
    assertEquals(0, predict(run, image, labels, "--largest-component", "26").code());
    assertRefused(
        2, "expected 6", predict(run, image, labels, "--force", "--largest-component", "18"));
  }

  @Test
  void probabilitiesReplaceNoLabelMap() {
    image("a.nii.gz", 9);
    image("a_prob1.nii.gz", 9);
    assertRefused(
        2,
        "would replace another image or label map",
        predict(run, images, out, "--probabilities"));
  }

  private static String shape(Path labels) {
    return LabelVolume.read(labels).grid().shapeText();
  }

  @Test
  void damagedImagesAreNamedAndTheOthersSegmented() throws IOException {
    image("a.nii.gz", 9);
    Path cut = image("b.nii.gz", 12);
    byte[] bytes = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    image("c.nii.gz", 8);
    Volume volume = TinyModel.volume(5, 5, 5, 1);
    volume.voxels()[7] = Float.POSITIVE_INFINITY;
    volume.write(images.resolve("d.nii.gz"));
    Files.writeString(images.resolve("e.nii"), "This is no image.");
    Ended ended = predict(run, images, out);
    assertEquals(3, ended.code(), ended.err());
    assertEquals(List.of("a.nii.gz", "c.nii.gz"), names(out));
    for (String name : List.of("b.nii.gz", "d.nii.gz", "e.nii")) {
      String start = name + " was not segmented: " + images.resolve(name);
      assertEquals(1, ended.err().lines().filter(l -> l.startsWith(start)).count(), ended.err());
    }
    assertEquals("Segmented 2 of 5 images into " + out + ".", ended.out().strip());
  }

  @Test
  void aSingleDamagedImageIsOneSentence() throws IOException {
    Path cut = image("b.nii.gz", 12);
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 200));
    assertRefused(3, cut.toString(), predict(run, cut, folder.resolve("seg.nii.gz")));
    assertFalse(Files.exists(folder.resolve("seg.nii.gz")));
  }

  @Test
  void nothingIsReplacedUnasked() throws IOException {
    Path image = image("a.nii.gz", 9);
    byte[] before = Files.readAllBytes(image);
    assertRefused(2, "would replace an image", predict(run, images, images, "--force"));
    assertRefused(2, "would replace an image", predict(run, image, image, "--force"));
    Path link = Files.createSymbolicLink(folder.resolve("link.nii.gz"), image);
    assertRefused(2, "would replace an image", predict(run, image, link, "--force"));
    assertArrayEquals(before, Files.readAllBytes(image));

    Path labels = folder.resolve("seg.nii.gz");
    Files.writeString(labels, "drawn by hand");
    assertRefused(2, "is there already", predict(run, image, labels));
    assertEquals("drawn by hand", Files.readString(labels));
    assertEquals(0, predict(run, image, labels, "--force").code());
    assertEquals(Volume.read(image).grid().shapeText(), shape(labels));

    image("a_0000.nii.gz", 9);
    assertRefused(2, "would both become", predict(run, images, out));
    assertFalse(Files.exists(out));
  }

  @Test
  void wrongPathsAreNamed() throws IOException {
    assertRefused(3, "holds no image", predict(run, images, out));
    assertRefused(3, "does not exist", predict(run, folder.resolve("none"), out));
    Path image = image("a.nii.gz", 9);
    assertRefused(2, "name a folder", predict(run, images, folder.resolve("x.nii.gz")));
    assertRefused(2, "name a folder", predict(run, images, image));
    assertRefused(2, "neither a folder", predict(run, image, folder.resolve("x.mha")));
    Path below = image.resolve("below/seg.nii.gz");
    assertRefused(3, "cannot be made", predict(run, image, below));
  }

  @Test
  void aSecondChannelIsNoCaseOfItsOwn() {
    image("a_0000.nii.gz", 9);
    image("a_0001.nii.gz", 9);
    assertRefused(
        3, "are 2 channels of one case, but the model takes 1 (MRI)", predict(run, images, out));
    assertEquals(
        0, predict(run, images.resolve("a_0000.nii.gz"), folder.resolve("one.nii.gz")).code());
    Path second = image("b_0000.nii.gz", 9).resolveSibling("b_0002.nii.gz");
    image("b_0002.nii.gz", 9);
    assertRefused(
        3,
        second + " is a channel of a case whose channel 1 is missing",
        predict(run, images, out));
  }

  @Test
  void anUnusableModelIsNamedAndNothingIsWritten() throws IOException {
    image("a.nii.gz", 9);
    Path none = folder.resolve("none");
    assertRefused(3, none + " does not exist", predict(none, images, out));
    assertRefused(3, "holds no model.safetensors", predict(images, images, out));
    Path file = run.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertRefused(3, file.toString(), predict(run, images, out));
    Files.writeString(file, "These are no weights, not even a header of any.");
    assertRefused(3, file.toString(), predict(run, images, out));
    try (UNet network = TinyModel.network(Device.cpu())) {
      Checkpoint.writer(new Network("pretraining", JsonNodeFactory.instance.objectNode()))
          .module(network)
          .write(file);
    }
    assertRefused(3, "of the kind 'pretraining'", predict(run, images, out));
    assertFalse(Files.exists(out));
  }

  @ParameterizedTest
  @CsvSource({
    "--overlap, 1.5, The overlap of windows is 1.5",
    "--overlap, much, --overlap",
    "--device, tpu, --device",
    "--precision, fp8, 'expected fp32, tf32 or bf16'",
    "--precision, bf16, --precision bf16 needs a CUDA device",
    "--threads, -1, --threads",
    "--mirorr, x, --mirorr"
  })
  void aWrongOptionIsAUsageError(String option, String value, String part) {
    image("a.nii.gz", 9);
    assertRefused(2, part, predict(run, images, out, option, value));
    assertFalse(Files.exists(out));
  }

  @Test
  void aDeviceThatIsNotThereIsADeviceError() {
    image("a.nii.gz", 9);
    assertRefused(
        4, "Device 'cuda:999' cannot be used", predict(run, images, out, "--device", "cuda:999"));
    assertFalse(Files.exists(out));
  }

  @Test
  void aMissingOptionIsAUsageError() {
    assertRefused(
        2, "--output", InProcess.run(PredictCommand.class, "predict", "-m", "x", "-i", "y"));
  }

  @Test
  void aSignalStopsBetweenWindows() throws Exception {
    image("a.nii.gz", 9);
    image("b.nii", 150);
    Path err = folder.resolve("err");
    String[] words = words(run, images, out, "--overlap", "0.9", "--threads", "1");
    Process process = Programs.start(Main.class, folder.resolve("stdout"), err, words);
    try {
      for (int i = 0; i < 600 && !Files.exists(out.resolve("a.nii.gz")); i++) {
        assertTrue(process.isAlive(), Files.readString(err));
        TimeUnit.MILLISECONDS.sleep(50);
      }
      TimeUnit.MILLISECONDS.sleep(300);
      process.destroy();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    assertEquals(StopSignal.EXIT_CODE, process.exitValue(), Files.readString(err));
    assertTrue(Files.readString(err).contains("Stopping after this window"));
    assertEquals(List.of("a.nii.gz"), names(out));
    assertEquals(
        "Segmented 1 of 2 images into " + out + ".",
        Files.readString(folder.resolve("stdout")).strip());
  }
}
