package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.network.NetworkType;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.pipeline.PretrainRunSettings;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Normalization.Scheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {
  /** A network of two stages that is soon trained on thick slices. */
  private static final String[] SMALL = {
    "network.patch=[8,16,16]",
    "network.channels=[4,8]",
    "network.strides=[[1,1,1],[1,2,2]]",
    "network.kernels=[[1,3,3],[3,3,3]]"
  };

  @TempDir private Path folder;

  /** Slices of 6 mm in planes of 1 mm. */
  private Path thickSlices() throws IOException {
    return TinyData.write(folder.resolve("data"), Affine.scaling(1, 1, 6), new int[] {8, 64, 64});
  }

  private static Ended plan(Path data, Path out, String... more) {
    List<String> words =
        new ArrayList<>(List.of("plan", data.toString(), "--output", out.toString()));
    words.addAll(List.of(more));
    return InProcess.run(PlanCommand.class, words.toArray(String[]::new));
  }

  @Test
  void aPlanIsWhatTrainTakes() throws IOException {
    Path file = folder.resolve("plan.yaml");
    Path data = TwoChannelsTest.sarcoma();
    Ended ended = plan(data, file, "--memory", "2g", "--fold", "1");
    assertEquals(0, ended.code(), ended.err());
    RunSettings s = Configuration.read(RunSettings.standard(), file, List.of());
    assertEquals(data.toAbsolutePath(), s.data());
    assertEquals(1, s.fold());
    assertEquals(List.of(Scheme.FIXED, Scheme.Z_SCORE_PER_IMAGE), s.normalization());
    // Fold 1 trains on two patients, whose PET has 5.47 and 4.69 mm.
    assertEquals((5.46875 + 4.6875) / 2, s.spacing()[0], 0.01);
    assertEquals(3.27, s.spacing()[2], 0.01);
    assertEquals(s.network().strides().length, s.network().channels().length);
    assertArrayEquals(new int[] {1, 1, 1}, s.network().strides()[0]);
    assertTrue(s.finetune().batch() >= 2);
    assertEquals(s.finetune().batch(), s.pretrain().volumes());
    Path run = folder.resolve("run");
    Ended trained =
        InProcess.run(
            TrainCommand.class,
            "train",
            "--config",
            file.toString(),
            "--output",
            run.toString(),
            "pretrain.enabled=false",
            "network.channels=[4,8]",
            "network.strides=[[1,1,1],[2,2,2]]",
            "network.kernels=[[3,3,3],[3,3,3]]",
            "finetune.epochs=1",
            "finetune.stepsPerEpoch=1");
    assertEquals(0, trained.code(), trained.err());
    assertTrue(Files.exists(run.resolve("predictions/sts019.nii.gz")));
  }

  /** Data, fold, voxel size, network and pretraining count; the rest is named and left aside. */
  @Test
  void aPlanIsWhatPretrainTakes() throws IOException {
    Path data = thickSlices();
    Path file = folder.resolve("plan.yaml");
    assertEquals(0, plan(data, file, "--memory", "1g").code());
    Path run = folder.resolve("run");
    Ended ended = pretrain(file, run, StagesCommandTest.before(SMALL));
    assertEquals(0, ended.code(), ended.err());
    String said = "Left aside from " + file + ", for this command has no use for them: ";
    assertTrue(ended.err().contains(said + "normalization, finetune."), ended.err());
    PretrainRunSettings s =
        Configuration.read(PretrainRunSettings.standard(), run.resolve("config.yaml"), List.of());
    assertEquals(data.toAbsolutePath(), s.data());
    assertArrayEquals(new double[] {1, 1, 6}, s.spacing(), 1e-6);
    assertArrayEquals(new int[] {1, 3, 3}, s.network().kernels()[0]);
    Ended resumed = pretrain(file, run, List.of("--resume"));
    assertEquals(2, resumed.code());
    assertTrue(resumed.err().contains("A resumed run keeps its settings"), resumed.err());
  }

  /** One file serves plan, pretrain and finetune. */
  @Test
  void aPlanIsWhatFinetuneTakes() throws IOException {
    Path data = thickSlices();
    Path file = folder.resolve("plan.yaml");
    assertEquals(0, plan(data, file, "--memory", "1g").code());
    Path before = folder.resolve("before");
    assertEquals(0, pretrain(file, before, StagesCommandTest.before(SMALL)).code());
    Path run = folder.resolve("run");
    List<String> words =
        new ArrayList<>(List.of("finetune", "--config", file.toString(), "--from"));
    words.addAll(List.of(before.toString(), "--output", run.toString()));
    words.addAll(List.of(SMALL));
    words.add("network.convolutions=1");
    words.addAll(List.of("finetune.epochs=1", "finetune.stepsPerEpoch=1", "finetune.batch=2"));
    Ended ended = InProcess.run(FinetuneCommand.class, words.toArray(String[]::new));
    assertEquals(0, ended.code(), ended.err());
    String said = "Left aside from " + file + ", for this command has no use for them: pretrain.";
    assertTrue(ended.err().contains(said), ended.err());
    RunSettings s =
        Configuration.read(RunSettings.standard(), run.resolve("config.yaml"), List.of());
    assertArrayEquals(new double[] {1, 1, 6}, s.spacing(), 1e-6);
  }

  /** What is left aside is checked all the same, and words on the command line must all count. */
  @Test
  void pretrainRefusesWhatNoCommandKnows() throws IOException {
    Path file = folder.resolve("plan.yaml");
    Path run = folder.resolve("run");
    Files.writeString(file, "finetune:\n  epohcs: 3\n");
    Ended wrong = pretrain(file, run, List.of());
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("did you mean 'finetune.epochs'?"), wrong.err());
    Files.writeString(file, "fine: 3\n");
    Ended unknown = pretrain(file, run, List.of());
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().contains("Setting 'fine' in "), unknown.err());
    Files.writeString(file, "spacing: [1, 0, 1]\n");
    Ended flat = pretrain(file, run, List.of());
    assertEquals(2, flat.code());
    assertTrue(flat.err().contains("expected three sizes above 0"), flat.err());
    Files.writeString(file, "finetune:\n  epochs: 3\n");
    Ended word = pretrain(file, run, List.of("finetune.epochs=3"));
    assertEquals(2, word.code());
    assertTrue(word.err().contains("Setting 'finetune.epochs' is unknown"), word.err());
    assertFalse(Files.exists(run));
  }

  private static Ended pretrain(Path config, Path run, List<String> more) {
    List<String> words =
        new ArrayList<>(
            List.of("pretrain", "--config", config.toString(), "--output", run.toString()));
    words.addAll(more);
    return InProcess.run(PretrainCommand.class, words.toArray(String[]::new));
  }

  /**
   * Slices of 6 mm in planes of 1 mm: that axis waits, keeps its size, and kernels do not reach
   * along it; what is trained so is read back.
   */
  @Test
  void anisotropicDataKeepsItsThickSlices() throws IOException {
    Path data = thickSlices();
    Path file = folder.resolve("plan.yaml");
    Ended ended = plan(data, file, "--memory", "1g");
    assertEquals(0, ended.code(), ended.err());
    RunSettings s = Configuration.read(RunSettings.standard(), file, List.of());
    assertArrayEquals(new double[] {1, 1, 6}, s.spacing(), 1e-6);
    assertArrayEquals(new int[] {1, 2, 2}, s.network().strides()[1]);
    assertTrue(Files.readString(file).contains("10th"));
    int[][] kernels = s.network().kernels();
    assertEquals(s.network().channels().length, kernels.length);
    assertArrayEquals(new int[] {1, 3, 3}, kernels[0]);
    assertArrayEquals(new int[] {1, 3, 3}, kernels[1]);
    assertArrayEquals(new int[] {3, 3, 3}, kernels[kernels.length - 1]);
    trainAndPredict(data, file);
  }

  private void trainAndPredict(Path data, Path plan) throws IOException {
    Path run = folder.resolve("run");
    List<String> words =
        new ArrayList<>(List.of("train", "--config", plan.toString(), "--output", run.toString()));
    words.addAll(
        TinyData.settings(
            "network.patch=[8,16,16]",
            "network.channels=[4,8,8]",
            "network.strides=[[1,1,1],[1,2,2],[2,2,2]]",
            "network.kernels=[[1,3,3],[1,3,3],[3,3,3]]"));
    Ended trained = InProcess.run(TrainCommand.class, words.toArray(String[]::new));
    assertEquals(0, trained.code(), trained.err());
    try (Segmenter model = Segmenter.load(run, Device.cpu(), InferenceOptions.standard())) {
      UNetConfig network = (UNetConfig) model.plan().network();
      assertArrayEquals(new int[][] {{1, 3, 3}, {1, 3, 3}, {3, 3, 3}}, network.kernels());
    }
    Path image = data.resolve("imagesTr/c3.nii.gz");
    Path labels = folder.resolve("labels.nii.gz");
    Ended predicted = InProcess.predict(run, image, labels);
    assertEquals(0, predicted.code(), predicted.err());
    assertTrue(Files.exists(labels));
  }

  /** The other architectures keep their shape and get a patch of whole tokens. */
  @ParameterizedTest
  @CsvSource({"nnformer,4,4g", "swin_unetr,2,6g", "UNETR,16,6g"})
  void transformersArePlannedToo(String encoder, int token, String memory) throws IOException {
    Path data =
        TinyData.write(folder.resolve("data"), Affine.scaling(1, 1, 1), new int[] {60, 64, 64});
    Path file = folder.resolve("plan.yaml");
    Ended ended = plan(data, file, "--encoder", encoder, "--memory", memory);
    assertEquals(0, ended.code(), ended.err());
    RunSettings s = Configuration.read(RunSettings.standard(), file, List.of());
    assertEquals(NetworkType.valueOf(encoder.toUpperCase(Locale.ROOT)), s.network().type());
    for (int extent : s.network().patch()) {
      assertEquals(0, extent % token, Arrays.toString(s.network().patch()));
    }
    assertTrue(s.network().strides() == null && s.network().kernels() == null);
    Ended little = plan(data, folder.resolve("x.yaml"), "--encoder", encoder, "--memory", "500m");
    assertEquals(3, little.code());
    assertTrue(little.err().contains("or plan a UNet"), little.err());
  }

  @Test
  void kernelsForAnotherNumberOfStagesAreRefused() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    List<String> words =
        new ArrayList<>(List.of("train", "--data", data.toString(), "--output", folder + "/run"));
    words.addAll(TinyData.settings("network.kernels=[[1,3,3],[3,3,3],[3,3,3]]"));
    Ended ended = InProcess.run(TrainCommand.class, words.toArray(String[]::new));
    assertEquals(2, ended.code());
    assertTrue(ended.err().contains("network.kernels has 3 stages"), ended.err());
  }

  @Test
  void lessMemoryGivesSmallerSteps() throws IOException {
    Path data =
        TinyData.write(folder.resolve("data"), Affine.scaling(1, 1, 1), new int[] {96, 96, 96});
    Path large = folder.resolve("large.yaml");
    Path small = folder.resolve("small.yaml");
    assertEquals(0, plan(data, large, "--memory", "8g").code());
    assertEquals(0, plan(data, small, "--memory", "600m").code());
    assertTrue(voxels(small) < voxels(large), voxels(small) + " and " + voxels(large));
    Ended again = plan(data, small, "--memory", "600m");
    assertEquals(2, again.code());
    assertTrue(again.err().contains("is there already"), again.err());
    Ended odd = plan(data, folder.resolve("x.yaml"), "--memory", "lots");
    assertEquals(2, odd.code());
    assertTrue(odd.err().contains("expected a size such as 8g"), odd.err());
    Ended none = plan(data, folder.resolve("x.yaml"), "--memory", "100m");
    assertEquals(3, none.code());
    assertTrue(none.err().contains("No network can be trained"), none.err());
  }

  private static long voxels(Path file) {
    RunSettings s = Configuration.read(RunSettings.standard(), file, List.of());
    int[] p = s.network().patch();
    return (long) p[0] * p[1] * p[2] * s.finetune().batch();
  }
}
