package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.classification.Blobs;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.encoder2d.clip.Fixtures;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.DicomFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stages as commands of their own: pretrain, then finetune. */
class StagesCommandTest {
  @TempDir private Path folder;
  private Path data;
  private Path pre;

  @BeforeEach
  void write() throws IOException {
    data = TinyData.write(folder.resolve("data"));
    pre = folder.resolve("pre");
  }

  private static Ended run(Class<?> command, String name, List<String> settings, Object... more) {
    List<String> words = new ArrayList<>(List.of(name));
    for (Object word : more) {
      words.add(word.toString());
    }
    words.addAll(settings);
    return InProcess.run(command, words.toArray(String[]::new));
  }

  /** Settings of the stages before fine-tuning. */
  static List<String> before(String... more) {
    List<String> words = TinyData.settings(more);
    words.removeIf(w -> w.startsWith("finetune."));
    return words;
  }

  static List<String> finetuning(String... more) {
    List<String> words = TinyData.settings(more);
    words.removeIf(w -> !w.startsWith("finetune."));
    words.addAll(List.of(more));
    return words;
  }

  private Ended pretrain(Path run, Path volumes, List<String> settings, Object... more) {
    List<Object> words = new ArrayList<>(List.of("--output", run, "--data", volumes));
    words.addAll(List.of(more));
    return run(PretrainCommand.class, "pretrain", settings, words.toArray());
  }

  private Ended finetune(Path run, Path from, List<String> settings, Object... more) {
    List<Object> words = new ArrayList<>(List.of("--output", run, "--data", data, "--from", from));
    words.addAll(List.of(more));
    return run(FinetuneCommand.class, "finetune", settings, words.toArray());
  }

  private static void assertGood(Ended ended) {
    assertEquals(0, ended.code(), ended.err());
  }

  private static void assertRefused(int code, String part, Ended ended) {
    assertEquals(code, ended.code(), ended.err());
    String sentence = ended.err().strip().lines().reduce((a, b) -> b).orElse("");
    assertTrue(sentence.contains(part), ended.err());
    assertEquals("", ended.out());
  }

  private static void assertSame(Path one, Path other, String file) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(one.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
  }

  /** The two commands give the very bits of the one that does both. */
  @ParameterizedTest
  @ValueSource(strings = {"unet", "nnformer"})
  void theTwoCommandsAreTheOne(String encoder) throws IOException {
    String[] network =
        encoder.equals("unet")
            ? new String[] {"spacing=[1.25,1,1]"}
            : new String[] {
              "network.type=nnformer",
              "network.transformer.embedding=8",
              "network.transformer.heads=[1,2,2,4]",
              "network.patch=[8,12,16]"
            };
    Path whole = folder.resolve("whole");
    assertGood(
        TrainCommandTest.train(whole, data, TinyData.settings(network).toArray(String[]::new)));
    Ended ended = pretrain(pre, data, before(network));
    assertGood(ended);
    assertTrue(ended.err().contains("3 of 4 volumes are learned from"), ended.err());
    assertTrue(ended.out().contains("encoder.safetensors"), ended.out());
    assertSame(whole, pre, "encoder2d.safetensors");
    assertSame(whole, pre, "pretrained.safetensors");
    Path fine = folder.resolve("fine");
    ended = finetune(fine, pre, encoder.equals("unet") ? finetuning(network) : finetuning());
    assertGood(ended);
    assertTrue(ended.err().contains(" matched, "), ended.err());
    assertTrue(ended.out().startsWith("Mean Dice"), ended.out());
    for (String file : List.of("model.safetensors", "predictions/c3.nii.gz")) {
      assertSame(whole, fine, file);
    }
    for (Path page : List.of(pre, fine)) {
      Files.delete(page.resolve("report.html"));
      assertGood(run(ReportCommand.class, "report", List.of(), page));
      assertTrue(Files.size(page.resolve("report.html")) > 0);
    }
    Path out = folder.resolve("c3.nii.gz");
    assertGood(
        run(
            PredictCommand.class,
            "predict",
            List.of(),
            "--model",
            fine,
            "--input",
            TinyData.image(data, 3),
            "--output",
            out));
    assertTrue(Files.size(out) > 0);
  }

  @Test
  void theEncoderAloneIsEnough() throws IOException {
    assertGood(pretrain(pre, data, before()));
    Path alone =
        Files.copy(pre.resolve("encoder.safetensors"), folder.resolve("alone.safetensors"));
    Path fine = folder.resolve("fine");
    List<String> network = new ArrayList<>(before());
    network.removeIf(w -> !w.startsWith("network."));
    network.addAll(finetuning("finetune.start=encoder"));
    Ended ended = finetune(fine, alone, network);
    assertGood(ended);
    assertTrue(ended.err().contains(" matched."), "all of it, and nothing else: " + ended.err());
    for (Ended other :
        List.of(
            finetune(folder.resolve("f2"), pre, finetuning(), "network.channels=[6,8]"),
            finetune(folder.resolve("f2"), alone, finetuning(), "network.channels=[6,8]"))) {
      assertRefused(3, "of another size", other);
      assertFalse(other.err().contains("prepare"), "refused late: " + other.err());
    }
    Ended nothing =
        finetune(
            folder.resolve("f2"),
            alone,
            finetuning(),
            "--encoder",
            "unetr",
            "network.transformer.layers=4",
            "network.transformer.hidden=12",
            "network.transformer.heads=[2]",
            "network.transformer.embedding=2",
            "network.patch=[16,16,16]");
    assertRefused(3, "holds nothing for", nothing);
    assertFalse(nothing.err().contains("measure"), "refused late: " + nothing.err());
    byte[] diverged = Files.readAllBytes(alone);
    diverged[diverged.length - 1] = 0x7F;
    diverged[diverged.length - 2] = (byte) 0xC0;
    Files.write(alone, diverged);
    Ended nan = finetune(folder.resolve("f2"), alone, network);
    assertRefused(3, "alone.safetensors' holds NaN in 'encoder.", nan);
    assertFalse(nan.err().contains("prepare"), "refused late: " + nan.err());
    assertFalse(Files.exists(folder.resolve("f2/config.yaml")), "a refused run left a folder");
  }

  @Test
  void classifiersStartFromItToo() throws IOException {
    assertGood(pretrain(pre, data, before()));
    Path npz = Blobs.medMnist(folder.resolve("stripesmnist3d.npz"));
    Path run = folder.resolve("classifier");
    List<String> settings = List.of("classification.epochs=1", "classification.batch=4");
    Ended ended =
        run(
            ClassifyCommand.class,
            "classify",
            settings,
            "train",
            "-d",
            npz,
            "-o",
            run,
            "--from",
            pre);
    assertGood(ended);
    assertTrue(ended.err().contains("pretrained.safetensors: "), ended.err());
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("pretrained.safetensors"));
    for (String wrong : List.of("network.channels=[6,8]", "classification.classWeights=[1]")) {
      ended =
          run(
              ClassifyCommand.class,
              "classify",
              List.of(wrong),
              "train",
              "-d",
              npz,
              "-o",
              folder.resolve("c2"),
              "--from",
              pre);
      assertTrue(ended.code() == 2 || ended.code() == 3, ended.err());
      assertFalse(ended.err().contains("read train"), "refused late: " + ended.err());
    }
  }

  @Test
  void volumesNeedNeitherLabelsNorALayout() throws IOException {
    Path scans = Files.createDirectories(folder.resolve("scans/deep"));
    for (int i = 0; i < 2; i++) {
      Files.copy(TinyData.image(data, i), scans.resolve("v" + i + ".nii.gz"));
    }
    Path series = Files.createDirectories(folder.resolve("scans/series"));
    for (int i = 0; i < 3; i++) {
      byte[] bytes = DicomFiles.slice("1.2.3", i, 0, 0, i).pixels(10 * i, 1);
      Files.write(series.resolve("s" + i), bytes);
    }
    Ended ended = pretrain(pre, folder.resolve("scans"), before(), "--modality", "T1");
    assertGood(ended);
    assertTrue(ended.err().contains("1 CT, 2 T1"), ended.err());
    assertTrue(ended.err().contains("All 3 volumes are learned from"), ended.err());
    String captions = Files.readString(pre.resolve("captions.jsonl"));
    assertTrue(captions.contains("\"deep_v0\"") && captions.contains("\"series\""), captions);
    assertTrue(captions.contains("CT slice") && captions.contains("T1 slice"), captions);
  }

  /** Slices and texts by a small BiomedCLIP from a folder, captions from a file. */
  @Test
  void clipAndCaptionsFromOutside() throws IOException {
    assertGood(pretrain(pre, data, before()));
    Path clip = Fixtures.biomedClip(folder.resolve("biomedclip"));
    Path run = folder.resolve("clip");
    Path captions = pre.resolve("captions.jsonl");
    Ended ended = pretrain(run, data, before(), "--clip", clip, "--captions", captions);
    assertGood(ended);
    assertTrue(ended.err().contains("embedded by biomedclip"), ended.err());
    assertFalse(Files.exists(run.resolve("encoder2d.safetensors")));
    assertGood(finetune(folder.resolve("fine"), run, finetuning()));
    Files.delete(clip.resolve("vocab.txt"));
    assertRefused(
        3, "vocab.txt", pretrain(folder.resolve("clip2"), data, before(), "--clip", clip));
  }

  /** Strides follow from the voxels of pretraining; those of fine-tuning may be others. */
  @Test
  void theNetworkIsThatOfThePretraining() throws IOException {
    assertGood(pretrain(pre, data, before()));
    data = TinyData.write(folder.resolve("flat"), Affine.scaling(1, 1, 5), new int[] {12, 14, 16});
    List<String> scratch = TinyData.settings("pretrain.enabled=false");
    Ended alone =
        TrainCommandTest.train(folder.resolve("own"), data, scratch.toArray(String[]::new));
    assertTrue(alone.err().contains("strides=[[1, 1, 1], [1, 2, 2]]"), alone.err());
    Ended ended = finetune(folder.resolve("fine"), pre, finetuning());
    assertGood(ended);
    assertTrue(ended.err().contains("strides=[[1, 1, 1], [2, 2, 2]]"), ended.err());
  }

  @Test
  void networksThatCannotBeAreRefusedAtOnce() throws IOException {
    List<String> wrong = before("network.type=nnformer", "network.transformer.embedding=13");
    for (Ended ended :
        List.of(
            pretrain(pre, data, wrong),
            TrainCommandTest.train(pre, data, wrong.toArray(String[]::new)))) {
      assertRefused(2, "embedding is 13", ended);
      assertFalse(ended.err().contains("measure"), "refused late: " + ended.err());
    }
    assertFalse(Files.exists(pre.resolve("config.yaml")), "a refused run left a folder");
  }

  @Test
  void captionsOfUnknownVolumesAreRefused() throws IOException {
    Path captions = folder.resolve("captions.jsonl");
    Files.writeString(
        captions,
        "{\"volume\":\"c9\",\"plane\":\"axial\",\"slice\":1,\"text\":\"x\",\"model\":\"m\"}\n");
    Ended unknown = pretrain(pre, data, before(), "--captions", captions);
    assertRefused(3, "describes c9", unknown);
    assertFalse(unknown.err().contains("measure"), "volumes were read: " + unknown.err());
    assertFalse(Files.exists(pre.resolve("config.yaml")), "a refused run left a folder");
    assertRefused(
        3, "none.jsonl", pretrain(pre, data, before(), "--captions", folder.resolve("none.jsonl")));
    assertRefused(3, "does not exist", pretrain(pre, folder.resolve("none"), before()));
    Path split = folder.resolve("split.json");
    Files.writeString(split, "{\"train\":[\"x\"],\"test\":[\"y\"]}");
    assertRefused(3, "none of them is in", pretrain(pre, data, before("split=" + split)));
    assertRefused(2, "pretrain.enabled", pretrain(pre, data, before("pretrain.enabled=false")));
  }

  @Test
  void startsThatCannotBeUsedAreRefused() throws IOException {
    Path fine = folder.resolve("fine");
    assertRefused(2, "--from is missing", run(FinetuneCommand.class, "finetune", List.of()));
    assertRefused(3, "does not exist", finetune(fine, folder.resolve("none"), finetuning()));
    Path junk = Files.writeString(folder.resolve("junk.pth"), "no weights");
    assertRefused(3, "junk.pth", finetune(fine, junk, finetuning()));
    Files.createDirectories(pre);
    Files.writeString(pre.resolve("config.yaml"), "seed: 1\n");
    assertRefused(3, "has not finished", finetune(fine, pre, finetuning()));
    assertRefused(
        2, "no effect on fine-tuning", finetune(fine, junk, finetuning("pretrain.epochs=3")));
    assertFalse(Files.exists(fine.resolve("config.yaml")), "a refused run left a folder");
  }

  @Test
  void whatTheSplitHoldsOutCanBeAskedFor() throws IOException {
    Ended ended = pretrain(pre, data, before("learnFromHeldOut=true"));
    assertGood(ended);
    assertTrue(ended.err().contains("All 4 volumes"), ended.err());
    assertRefused(
        2, "modality", run(TrainCommand.class, "train", List.of(), "--resume", "--output", pre));
  }
}
