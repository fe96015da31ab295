package io.med3dinsight.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.network.Encoder3d;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.SmallNetworks;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Weights;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.training.Records;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClassificationStageTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final int E = Blobs.EXTENT;

  @TempDir Path dir;

  private static ClassificationStage stage(Path folder, int epochs, int patience) {
    return new ClassificationStage(
        DEVICE,
        Blobs.plan(Blobs.UNET, E),
        Blobs.settings(epochs, patience),
        Blobs.images(30, E, 1),
        Blobs.images(15, E, 2),
        folder.resolve("checkpoints/classification-best.safetensors"),
        4);
  }

  @Test
  void stripesAreToldApart() {
    Records records = new Records();
    Path model = dir.resolve("model.safetensors");
    try (ClassificationStage stage = stage(dir, 15, 0)) {
      assertTrue(records.train(stage, dir, false, 9999));
      stage.save(model);
    }
    double[] loss = records.of("loss");
    assertTrue(loss[loss.length - 1] < 0.8 * loss[0], Arrays.toString(loss));
    PreparedImages test = Blobs.images(30, E, 3);
    try (Classifier classifier = Classifier.load(model, DEVICE)) {
      ClassificationResults results = ClassificationResults.of(classifier, test);
      double auc = results.scores().auc();
      assertTrue(auc > 0.95, "AUC " + auc);
      for (double[] p : results.probabilities()) {
        assertEquals(1, p[0] + p[1], 1e-6);
      }
    }
  }

  @Test
  void aResumedTrainingIsTheSame() throws IOException {
    Path whole = dir.resolve("whole");
    Records expected = new Records();
    try (ClassificationStage stage = stage(whole, 4, 0)) {
      assertTrue(expected.train(stage, whole, false, 9999));
    }
    for (int stop : new int[] {3, 8, 19, 31}) {
      Path folder = dir.resolve("stop" + stop);
      Records records = new Records();
      try (ClassificationStage stage = stage(folder, 4, 0)) {
        assertFalse(records.train(stage, folder, false, stop));
      }
      try (ClassificationStage stage = stage(folder, 4, 0)) {
        assertTrue(records.train(stage, folder, true, 9999));
      }
      assertEquals(expected.lines(), records.lines());
      for (String which : List.of("best", "last")) {
        String file = "checkpoints/classification-" + which + ".safetensors";
        assertArrayEquals(
            Files.readAllBytes(whole.resolve(file)),
            Files.readAllBytes(folder.resolve(file)),
            file + " after a stop at " + stop);
      }
    }
  }

  @Test
  void itStopsWhenTheAreaNoLongerRises() throws IOException {
    Records records = new Records();
    try (ClassificationStage stage = stage(dir, 200, 3)) {
      assertTrue(records.train(stage, dir, false, 9999));
      double[] auc = records.of("auc.validation");
      assertTrue(auc.length < 200, "it stops early");
      double best = Arrays.stream(auc).max().orElseThrow();
      int last = 0;
      while (auc[last] < best) {
        last++;
      }
      assertEquals(last + 4, auc.length, Arrays.toString(auc));
    }
    byte[] before = Files.readAllBytes(dir.resolve("checkpoints/classification-last.safetensors"));
    try (ClassificationStage stage = stage(dir, 200, 3)) {
      assertTrue(records.train(stage, dir, true, 9999), "a finished stage stays finished");
    }
    assertArrayEquals(
        before, Files.readAllBytes(dir.resolve("checkpoints/classification-last.safetensors")));
  }

  @Test
  void validationOfOneClassIsRefused() {
    PreparedImages one = Blobs.images(15, E, 2).only(new int[] {1, 2});
    DataException e =
        assertThrows(
            DataException.class,
            () ->
                new ClassificationStage(
                    DEVICE, Blobs.plan(Blobs.UNET, E), Blobs.settings(1, 0), one, one, dir, 1));
    assertTrue(e.getMessage().contains("one class"), e.getMessage());
  }

  /** What tells the classes apart is in the second channel only. */
  @Test
  void theSecondChannelIsLearntFrom() {
    Records records = new Records();
    Path model = dir.resolve("model.safetensors");
    ClassificationPlan plan = Blobs.plan(Blobs.unet(2), E);
    try (ClassificationStage stage =
        new ClassificationStage(
            DEVICE,
            plan,
            Blobs.settings(15, 0),
            Blobs.images(30, E, 2, 1),
            Blobs.images(15, E, 2, 2),
            dir.resolve("best.safetensors"),
            4)) {
      assertTrue(records.train(stage, dir, false, 9999));
      stage.save(model);
    }
    PreparedImages test = Blobs.images(30, E, 2, 3);
    try (Classifier classifier = Classifier.load(model, DEVICE)) {
      assertEquals(plan.toJson(), classifier.plan().toJson());
      double auc = ClassificationResults.of(classifier, test).scores().auc();
      assertTrue(auc > 0.95, "AUC " + auc);
      // The embedding ends with the statistics: means of both channels, then deviations.
      Grid grid = Grid.of(E, E, E, new Spacing(1, 1, 1));
      float[] bright = new float[E * E * E];
      Arrays.fill(bright, 5);
      List<Volume> image = List.of(Volume.of(grid, new float[E * E * E]), Volume.of(grid, bright));
      float[] vector = classifier.embed(image, Progress.NONE, () -> false);
      assertEquals(2 * 8 + 4, vector.length);
      assertArrayEquals(
          new float[] {0, 5}, Arrays.copyOfRange(vector, vector.length - 4, vector.length - 2));
    }
  }

  /** An encoder for one channel starts one for two, which answers equal channels alike. */
  @Test
  void oneChannelsEncoderStartsOneForTwo() {
    Path pretrained = dir.resolve("weights.safetensors");
    try (var network = Blobs.UNET.build(Setup.of(DEVICE, 77), 3, 1)) {
      Weights.write(pretrained, network);
      try (ClassificationStage stage =
          new ClassificationStage(
              DEVICE,
              Blobs.plan(Blobs.unet(2), E),
              Blobs.settings(1, 0),
              Blobs.images(6, E, 2, 1),
              Blobs.images(6, E, 2, 2),
              dir.resolve("best"),
              4)) {
        LoadReport report = stage.startFrom(pretrained);
        assertTrue(report.missing().isEmpty() && report.wrongShape().isEmpty(), report.summary());
        assertFalse(report.repeated().isEmpty(), report.summary());
        float[] image = Blobs.images(1, E, 5).images().get(0)[0];
        float[] twice = new float[2 * image.length];
        for (int i = 0; i < image.length; i++) {
          twice[2 * i] = image[i];
          twice[2 * i + 1] = image[i];
        }
        try (Scope s = Scope.open()) {
          float[] one = coarsest(network.encoder(), image, 1);
          float[] two = coarsest(encoder(stage), twice, 2);
          assertArrayEquals(one, two, 1e-4f);
        }
      }
    }
  }

  private static Encoder3d encoder(ClassificationStage stage) {
    return (Encoder3d) stage.module().encoderParts().values().iterator().next();
  }

  private static float[] coarsest(Encoder3d encoder, float[] image, int channels) {
    Tensor[] levels = encoder.features(Tensor.of(DEVICE, image, 1, E, E, E, channels));
    return levels[levels.length - 1].toFloats();
  }

  static List<NetworkConfig> encoders() {
    return SmallNetworks.all();
  }

  /** A step from the encoder of a segmentation network's file changes every tensor in use. */
  @ParameterizedTest
  @MethodSource("encoders")
  void everyEncoderIsFineTuned(NetworkConfig config) {
    Path pretrained = dir.resolve("weights.safetensors");
    try (var network = config.build(Setup.of(DEVICE, 77), 3, 1)) {
      Weights.write(pretrained, network);
      // Twice the least: the deepest stage of a classifier must have more than one voxel to
      // normalise.
      int extent = 2 * SmallNetworks.extent(config);
      try (ClassificationStage stage =
          new ClassificationStage(
              DEVICE,
              Blobs.plan(config, extent),
              Blobs.settings(1, 0).withSteps(2),
              Blobs.images(6, extent, 1),
              Blobs.images(6, extent, 2),
              dir.resolve("best"),
              4)) {
        assertTrue(stage.startFrom(pretrained).missing().isEmpty());
        var part = network.encoderParts().entrySet().iterator().next();
        var mine = stage.module().children().get(part.getKey()).namedParameters();
        part.getValue()
            .namedParameters()
            .forEach((name, t) -> assertArrayEquals(t.toFloats(), mine.get(name).toFloats(), name));
        Records records = new Records();
        assertTrue(records.train(stage, dir, false, 9999));
        assertEquals(1, records.of("auc.validation").length);
        long changed =
            part.getValue().namedParameters().entrySet().stream()
                .filter(
                    e -> !Arrays.equals(e.getValue().toFloats(), mine.get(e.getKey()).toFloats()))
                .count();
        assertTrue(changed > mine.size() / 2, changed + " of " + mine.size());
      }
    }
  }
}
