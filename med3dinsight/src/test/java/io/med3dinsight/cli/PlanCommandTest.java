package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Normalization.Scheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {
  @TempDir private Path folder;

  private static Ended plan(Path data, Path out, String... more) {
    List<String> words =
        new java.util.ArrayList<>(List.of("plan", data.toString(), "--output", out.toString()));
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
            "finetune.epochs=1",
            "finetune.stepsPerEpoch=1");
    assertEquals(0, trained.code(), trained.err());
    assertTrue(Files.exists(run.resolve("predictions/sts019.nii.gz")));
  }

  /** Slices of 6 mm in planes of 1 mm: that axis waits, and keeps its size. */
  @Test
  void anisotropicDataKeepsItsThickSlices() throws IOException {
    Path data =
        TinyData.write(folder.resolve("data"), Affine.scaling(1, 1, 6), new int[] {8, 64, 64});
    Path file = folder.resolve("plan.yaml");
    Ended ended = plan(data, file, "--memory", "1g");
    assertEquals(0, ended.code(), ended.err());
    RunSettings s = Configuration.read(RunSettings.standard(), file, List.of());
    assertArrayEquals(new double[] {1, 1, 6}, s.spacing(), 1e-6);
    assertArrayEquals(new int[] {1, 2, 2}, s.network().strides()[1]);
    assertTrue(Files.readString(file).contains("10th"));
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
