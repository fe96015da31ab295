package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.LabelVolume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainCommandTest {
  @TempDir private Path folder;

  static Ended train(Path output, Path data, String... more) {
    List<String> words = new ArrayList<>(List.of("train", "--output", output.toString()));
    if (data != null) {
      words.addAll(List.of("--data", data.toString()));
    }
    words.addAll(List.of(more));
    return InProcess.run(TrainCommand.class, words.toArray(String[]::new));
  }

  static String[] settings(String... more) {
    return TinyData.settings(more).toArray(String[]::new);
  }

  static void assertGood(Ended ended) {
    assertEquals(0, ended.code(), ended.err());
  }

  static void assertRefused(int code, String part, Ended ended) {
    assertEquals(code, ended.code(), ended.err());
    String sentence = ended.err().strip().lines().reduce((a, b) -> b).orElse("");
    assertTrue(sentence.contains(part), ended.err());
    assertEquals("", ended.out());
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  @Test
  void theBuiltInSampleLeavesAWholeRunFolder() throws IOException {
    Path run = folder.resolve("run");
    Ended ended =
        train(run, null, settings("network.patch=[16,16,16]", "inference.overlap=0", "--seed=3"));
    assertGood(ended);
    assertTrue(ended.out().startsWith("Mean Dice 0."), ended.out());
    JsonNode metrics = json(run.resolve("metrics.json"));
    double dice = metrics.at("/segmentation/test/dice/mean").asDouble(-1);
    assertTrue(dice >= 0 && dice <= 1, metrics.toString());
    assertEquals(6, metrics.at("/segmentation/test/cases").size());
    assertTrue(metrics.has("encoder2d"));
    JsonNode provenance = json(run.resolve("provenance.json"));
    assertEquals(3, provenance.path("seed").asInt());
    assertTrue(provenance.path("finished").isTextual());
    for (String file :
        List.of(
            "config.yaml",
            "metrics.jsonl",
            "metrics.csv",
            "captions.jsonl",
            "encoder2d.safetensors",
            "pretrained.safetensors",
            "gap.json",
            "model.safetensors",
            "report.html")) {
      assertTrue(Files.size(run.resolve(file)) > 0, file);
    }
    JsonNode gap = json(run.resolve("gap.json"));
    assertEquals(6, gap.path("volumes").asInt());
    assertTrue(gap.at("/after/image_distance").asDouble() > 0, gap.path("after").toString());
    // The partners are frozen, the volumes' encoder is not.
    assertEquals(gap.at("/before/image_text_distance"), gap.at("/after/image_text_distance"));
    assertNotEquals(gap.at("/before/image_distance"), gap.at("/after/image_distance"));
    assertTrue(Files.readString(run.resolve("report.html")).contains("Modality gap"));
    for (Map.Entry<String, JsonNode> c : metrics.at("/segmentation/test/cases").properties()) {
      String id = c.getKey();
      assertTrue(Files.exists(run.resolve("predictions/" + id + ".nii.gz")), id);
      assertTrue(Files.exists(run.resolve("overlays/" + id + ".png")), id);
    }
    String log = Files.readString(run.resolve("metrics.jsonl"));
    for (String stage : List.of("encoder2d", "pretrain", "finetune")) {
      assertTrue(log.contains("\"stage\":\"" + stage + "\""), log);
    }
  }

  @Test
  void predictGivesWhatTheRunPredicted() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    assertGood(train(run, data, settings()));
    Path out = folder.resolve("c3.nii.gz");
    Ended predicted = InProcess.predict(run, TinyData.image(data, 3), out);
    assertEquals(0, predicted.code(), predicted.err());
    assertArrayEquals(
        LabelVolume.read(run.resolve("predictions/c3.nii.gz")).labels(),
        LabelVolume.read(out).labels());
  }

  /** Every architecture is pretrained, fine-tuned, saved, and segments with what was saved. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "nnformer;network.transformer.embedding=8;network.transformer.heads=[1,2,2,4]",
        "swin_unetr;network.transformer.embedding=4;network.transformer.heads=[1,1,2,2]",
        "unetr;network.transformer.embedding=2;network.transformer.hidden=12;"
      })
  void everyEncoderTrainsAndPredicts(String encoder, String embedding, String more)
      throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    List<String> words =
        new ArrayList<>(List.of("--encoder", encoder, "network.patch=[8,12,34]", embedding));
    words.add(more == null ? "network.transformer.heads=[2]" : more);
    if (encoder.equals("unetr")) {
      words.add("network.transformer.layers=4");
    }
    assertGood(train(run, data, settings(words.toArray(String[]::new))));
    Path out = folder.resolve("c3.nii.gz");
    Ended predicted =
        InProcess.run(
            PredictCommand.class,
            "predict",
            "--model",
            run.toString(),
            "--input",
            TinyData.image(data, 3).toString(),
            "--output",
            out.toString());
    assertEquals(0, predicted.code(), predicted.err());
    assertArrayEquals(
        LabelVolume.read(run.resolve("predictions/c3.nii.gz")).labels(),
        LabelVolume.read(out).labels());
  }

  @Test
  void aRunStartsFromWeightsOfAFile() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path first = folder.resolve("first");
    assertGood(train(first, data, settings("pretrain.enabled=false")));
    Path second = folder.resolve("second");
    String weights = "network.weights=" + first.resolve("model.safetensors");
    Ended ended = train(second, data, settings("pretrain.enabled=false", weights));
    assertGood(ended);
    assertTrue(ended.err().contains("model.safetensors: "), ended.err());
    assertTrue(ended.err().contains(" matched"), ended.err());
    Path none = folder.resolve("third");
    assertRefused(
        3,
        "none.pth",
        train(none, data, settings("network.weights=" + folder.resolve("none.pth"))));
    assertFalse(Files.exists(none.resolve("config.yaml")), "a refused run left a folder");
    Path captions = folder.resolve("encoder.pth");
    Files.copy(first.resolve("config.yaml"), captions);
    assertRefused(3, "encoder.pth", train(none, data, settings("network.weights=" + captions)));
  }

  @Test
  void oneAndTwoThreadsGiveTheSameBytes() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    for (String threads : List.of("1", "2")) {
      assertGood(train(folder.resolve(threads), data, settings("--threads", threads)));
    }
    for (String file :
        List.of(
            "captions.jsonl",
            "encoder2d.safetensors",
            "pretrained.safetensors",
            "model.safetensors",
            "metrics.json",
            "predictions/c3.nii.gz",
            "checkpoints/finetune-last.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(folder.resolve("1").resolve(file)),
          Files.readAllBytes(folder.resolve("2").resolve(file)),
          file);
    }
  }

  @Test
  void withoutPretrainingNothingIsDescribed() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    assertGood(train(run, data, settings("pretrain.enabled=false")));
    assertTrue(Files.exists(run.resolve("report.html")));
    assertFalse(Files.exists(run.resolve("captions.jsonl")));
    assertFalse(Files.exists(run.resolve("encoder2d.safetensors")));
    assertFalse(Files.exists(run.resolve("pretrained.safetensors")));
    assertFalse(json(run.resolve("metrics.json")).has("encoder2d"));
    theReportIsWrittenAgain(run);
  }

  private static void theReportIsWrittenAgain(Path run) throws IOException {
    byte[] page = Files.readAllBytes(run.resolve("report.html"));
    assertTrue(new String(page, StandardCharsets.UTF_8).contains("id=\"viewer-data\""));
    assertTrue(Files.isDirectory(run.resolve("tensorboard/finetune")));
    Files.delete(run.resolve("report.html"));
    assertGood(InProcess.run(ReportCommand.class, "report", run.toString()));
    assertArrayEquals(page, Files.readAllBytes(run.resolve("report.html")));
    Path none = run.resolve("checkpoints");
    Ended refused = InProcess.run(ReportCommand.class, "report", none.toString());
    assertEquals(3, refused.code());
    assertTrue(refused.err().contains("is not the folder of a run"), refused.err());
  }

  @Test
  void fineTuningStartsFromTheEncoderAloneUnlessTold() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path both = folder.resolve("both");
    Path encoder = folder.resolve("encoder");
    Path untold = folder.resolve("untold");
    assertGood(train(both, data, settings("finetune.start=encoder_and_decoder")));
    assertGood(train(untold, data, settings()));
    assertGood(train(encoder, data, settings("finetune.start=encoder")));
    assertArrayEquals(
        Files.readAllBytes(both.resolve("pretrained.safetensors")),
        Files.readAllBytes(encoder.resolve("pretrained.safetensors")));
    byte[] a = Files.readAllBytes(both.resolve("model.safetensors"));
    byte[] b = Files.readAllBytes(encoder.resolve("model.safetensors"));
    assertFalse(Arrays.equals(a, b));
    assertArrayEquals(b, Files.readAllBytes(untold.resolve("model.safetensors")));
  }

  @Test
  void otherOrientationsAndVoxelSizesWork() throws IOException {
    // Stored as P, I, L; voxels of 0.8, 1.5 and 1 mm.
    Affine affine = Affine.of(0, 0, -1, 20, -0.8, 0, 0, 5, 0, -1.5, 0, -7);
    Path data = TinyData.write(folder.resolve("data"), affine, new int[] {12, 10, 18});
    Path run = folder.resolve("run");
    assertGood(train(run, data, settings()));
    LabelVolume reference = LabelVolume.read(TinyData.label(data, 3));
    LabelVolume predicted = LabelVolume.read(run.resolve("predictions/c3.nii.gz"));
    assertEquals(reference.grid(), predicted.grid());
  }

  @Test
  void readyMadeCaptionsAreUsed() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path captions = captions(folder.resolve("captions.jsonl"), "c0", "c1", "c2");
    Path run = folder.resolve("run");
    assertGood(train(run, data, settings("describe.captions=" + captions)));
    assertEquals(
        Files.readString(captions).lines().count(),
        Files.readString(run.resolve("captions.jsonl")).lines().count());
  }

  static Path captions(Path file, String... cases) throws IOException {
    StringBuilder sb = new StringBuilder();
    for (String c : cases) {
      for (int i = 0; i < 4; i++) {
        for (String plane : List.of("axial", "coronal", "sagittal")) {
          sb.append(
              "{\"volume\":\"%s\",\"plane\":\"%s\",\"slice\":%d,\"text\":\"%s slice %d of %s\"}%n"
                  .formatted(c, plane, i * 3, plane, i, c));
        }
      }
    }
    return Files.writeString(file, sb);
  }
}
