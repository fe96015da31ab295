package io.med3dinsight.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.training.Records;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PretrainStageTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final UNetConfig NETWORK =
      new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true);

  @TempDir Path dir;

  /** Volumes whose embeddings say plane and rough position, which the queries know as well. */
  private static List<DescribedVolume> volumes(float broken) {
    List<DescribedVolume> out = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 3; n++) {
      float[] image = new float[512];
      for (int i = 0; i < image.length; i++) {
        image[i] = (float) (Math.sin(i / 64 * 0.8) + 0.1 * random.nextDouble()) * broken;
      }
      List<EmbeddedSlice> slices = new ArrayList<>();
      for (Plane p : Plane.values()) {
        for (int i = 0; i < 8; i++) {
          float[] e = new float[6];
          e[p.ordinal() * 2 + i / 4] = 1;
          slices.add(new EmbeddedSlice(p, i, e, e.clone()));
        }
      }
      out.add(new DescribedVolume("v" + n, image, new int[] {8, 8, 8}, slices));
    }
    return out;
  }

  private static PretrainStage stage(PretrainSettings s, float broken) {
    return stage(DEVICE, s, broken);
  }

  static PretrainStage stage(Device device, PretrainSettings s, float broken) {
    return new PretrainStage(
        device, NETWORK, new PatchSize(8, 8, 8), s, volumes(broken), "test", 3);
  }

  private Records train(PretrainStage stage) {
    return train(stage, DEVICE);
  }

  private Records train(PretrainStage stage, Device device) {
    Records records = new Records();
    assertTrue(
        Trainer.run(
            stage,
            new TrainingContext(
                dir, device, false, Duration.ofHours(1), records, Progress.NONE, () -> false)));
    return records;
  }

  @Test
  void everyTermOfTheLossFalls() {
    try (PretrainStage stage = stage(CropBatchesTest.settings(2, 4, 0.3, 1, 1, 1), 1)) {
      Records r = train(stage);
      for (String name : List.of("loss", "loss.image", "loss.text", "loss.reconstruction")) {
        double[] v = r.of(name);
        assertEquals(3, v.length, name);
        assertTrue(v[2] < 0.95 * v[0], name + " " + Arrays.toString(v));
      }
      double[] sum = r.of("loss");
      for (int i = 0; i < 3; i++) {
        assertEquals(
            sum[i],
            r.of("loss.image")[i] + r.of("loss.text")[i] + r.of("loss.reconstruction")[i],
            1e-5);
      }
    }
  }

  /** Encoder, slice-aware transformer and partial transport on the kernels that ship. */
  @Test
  void pretrainsOnSimulatedCudaAsOnTheCpu() {
    PretrainSettings settings = CropBatchesTest.settings(2, 4, 0.3, 1, 1, 1);
    SimulatedDriver driver = new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2));
    Device cuda = Device.of(new CudaBackend(driver, CudaOptions.DEFAULT.ownKernels()));
    Records expected;
    try (PretrainStage stage = stage(settings, 1)) {
      expected = train(stage);
    }
    try (PretrainStage stage = stage(cuda, settings, 1)) {
      Records actual = train(stage, cuda);
      for (String name : List.of("loss", "loss.image", "loss.text", "loss.reconstruction")) {
        assertArrayEquals(expected.of(name), actual.of(name), 2e-3, name);
      }
    }
  }

  /** A switched-off term is not computed, and what only it would train stays as it was. */
  @ParameterizedTest
  @CsvSource({"0,1,1", "1,0,1", "1,1,0", "0,0,1", "0,2,0"})
  void weightsSwitchTermsOff(double image, double text, double rebuilt) {
    try (PretrainStage stage =
        stage(CropBatchesTest.settings(2, 2, 0.3, image, text, rebuilt), 1)) {
      Map<String, float[]> before = weights(stage);
      Records r = train(stage);
      assertEquals(image > 0, r.of("loss.image").length > 0);
      assertEquals(text > 0, r.of("loss.text").length > 0);
      assertEquals(rebuilt > 0, r.of("loss.reconstruction").length > 0);
      Map<String, float[]> after = weights(stage);
      for (String name : before.keySet()) {
        boolean psat = name.startsWith("psat.") || name.startsWith("metric.");
        boolean rebuilding = name.startsWith("network.decoder") || name.startsWith("network.head");
        boolean off = (psat && image + text == 0) || (rebuilding && rebuilt == 0);
        boolean same = Arrays.equals(before.get(name), after.get(name));
        assertEquals(off, same, name);
      }
      if (image == 0 && rebuilt == 0) {
        assertArrayEquals(scaled(r.of("loss.text"), text), r.of("loss"), 1e-5);
      }
    }
  }

  private static double[] scaled(double[] v, double factor) {
    return Arrays.stream(v).map(x -> x * factor).toArray();
  }

  private static Map<String, float[]> weights(PretrainStage stage) {
    Map<String, float[]> out = new HashMap<>();
    stage.module().namedParameters().forEach((n, t) -> out.put(n, t.toFloats()));
    return out;
  }

  static PretrainSettings with(PretrainSettings s, String... words) {
    record Root(PretrainSettings pretrain) {}
    return Configuration.read(new Root(s), null, List.of(words)).pretrain();
  }

  /** Every alignment learns, with pairs of earlier steps beside the batch's as well. */
  @ParameterizedTest
  @CsvSource({"full_ot,0", "infonce,0", "triplet,0", "partial_ot,20", "infonce,20", "triplet,5"})
  void everyAlignmentFalls(String alignment, int queue) {
    PretrainSettings s =
        with(
            CropBatchesTest.settings(2, 4, 0.3, 1, 1, 0),
            "pretrain.alignment=" + alignment,
            "pretrain.queue=" + queue);
    try (PretrainStage stage = stage(s, 1)) {
      Records r = train(stage);
      for (String name : List.of("loss.image", "loss.text")) {
        double[] v = r.of(name);
        // While the queue fills, there is more to be told apart and the loss grows.
        boolean falls = queue > 0 ? v[2] < 0.98 * v[1] : v[2] < 0.95 * v[0];
        assertTrue(falls, name + " " + Arrays.toString(v));
      }
    }
  }

  @Test
  void withoutAlignmentOnlyReconstructionIsTrained() {
    PretrainSettings s =
        with(CropBatchesTest.settings(2, 4, 0.3, 1, 1, 1), "pretrain.alignment=none");
    try (PretrainStage stage = stage(s, 1)) {
      Records r = train(stage);
      assertEquals(0, r.of("loss.image").length);
      assertEquals(3, r.of("loss.reconstruction").length);
    }
  }

  /** Pairs of earlier steps travel in the checkpoint. */
  @ParameterizedTest
  @CsvSource({"partial_ot,4", "infonce,11"})
  void aResumedQueueGivesTheSameBits(String alignment, int queue) {
    PretrainSettings s =
        with(
            CropBatchesTest.settings(1, 2, 0.3, 1, 1, 1),
            "pretrain.queue=" + queue,
            "pretrain.slices=1",
            "pretrain.alignment=" + alignment);
    Map<String, float[]> expected;
    try (PretrainStage whole = stage(s, 1)) {
      train(whole);
      expected = weights(whole);
    }
    int[] asked = {0};
    for (boolean resume : new boolean[] {false, true}) {
      try (PretrainStage part = stage(s, 1)) {
        boolean complete =
            Trainer.run(
                part,
                new TrainingContext(
                    dir.resolve("resumed"),
                    DEVICE,
                    resume,
                    Duration.ofHours(1),
                    new Records(),
                    Progress.NONE,
                    () -> ++asked[0] == 7));
        assertEquals(resume, complete);
        if (resume) {
          Map<String, float[]> actual = weights(part);
          expected.forEach((name, w) -> assertArrayEquals(w, actual.get(name), name));
        }
      }
    }
  }

  @Test
  void alignmentsThatCannotBeUsedAreRefused() {
    PretrainSettings s = CropBatchesTest.settings(2, 2, 0, 1, 1, 0);
    for (String word :
        List.of("alignment=none", "alignment=best", "temperature=2", "margin=-1", "queue=-1")) {
      assertThrows(UsageException.class, () -> with(s, "pretrain." + word), word);
    }
  }

  @Test
  void divergenceNamesStageAndStep() {
    try (PretrainStage stage = stage(CropBatchesTest.settings(2, 2, 0, 1, 1, 1), Float.NaN)) {
      UsageException e = assertThrows(UsageException.class, () -> train(stage));
      assertTrue(e.getMessage().startsWith("Stage pretrain diverged. Step 1: "), e.getMessage());
    }
    try (PretrainStage stage = stage(CropBatchesTest.settings(2, 2, 0, 0, 0, 1), Float.NaN)) {
      UsageException e = assertThrows(UsageException.class, () -> train(stage));
      assertTrue(
          e.getMessage().startsWith("Stage pretrain diverged. Step 1: the loss is NaN"),
          e.getMessage());
    }
  }

  @Test
  void settingsThatCannotBeUsedAreRefused() {
    assertThrows(UsageException.class, () -> CropBatchesTest.settings(1, 1, 0, 1, 1, 1));
    assertThrows(UsageException.class, () -> CropBatchesTest.settings(2, 2, 1, 1, 1, 1));
    assertThrows(UsageException.class, () -> CropBatchesTest.settings(2, 2, 0, 0, 0, 0));
    assertThrows(UsageException.class, () -> CropBatchesTest.settings(2, 2, 0, -1, 1, 1));
    // One pair is enough where nothing is aligned.
    assertEquals(1, CropBatchesTest.settings(1, 1, 0, 0, 0, 1).slices());
  }
}
