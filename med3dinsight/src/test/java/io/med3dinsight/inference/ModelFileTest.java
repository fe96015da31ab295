package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.network.UNet;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  @TempDir private Path folder;

  private static Segmenter load(Path path) {
    return Segmenter.load(path, Device.cpu(), InferenceOptions.standard());
  }

  private static String refusal(Path path) {
    return assertThrows(CheckpointException.class, () -> load(path)).getMessage();
  }

  @Test
  void theFolderAndTheFileGiveTheSavedNetwork() {
    Path run = TinyModel.save(folder);
    Volume volume = TinyModel.volume(9, 13, 11, 2);
    try (UNet network = TinyModel.network(Device.cpu());
        Segmenter saved = new Segmenter(TinyModel.plan(), network, InferenceOptions.standard());
        Segmenter fromFolder = load(run);
        Segmenter fromFile = load(run.resolve("model.safetensors"))) {
      assertEquals(TinyModel.plan(), fromFolder.plan());
      int[] expected = saved.segment(volume).labels();
      assertArrayEquals(expected, fromFolder.segment(volume).labels());
      assertArrayEquals(expected, fromFile.segment(volume).labels());
    }
  }

  @Test
  void headsOfDeepSupervisionAreLeftOut() {
    UNetConfig config =
        new UNetConfig(
            1, new int[] {4, 4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}, {2, 1, 1}}, 1, true);
    SegmentationPlan tiny = TinyModel.plan();
    SegmentationPlan plan =
        new SegmentationPlan(
            "deep", "MRI", tiny.labels(), tiny.preprocessing(), tiny.patch(), config);
    Volume volume = TinyModel.volume(9, 13, 11, 2);
    Path file = folder.resolve("deep.safetensors");
    try (UNet network = new UNet(Setup.of(Device.cpu(), 1), config, 3, 2);
        Segmenter own = new Segmenter(plan, network, InferenceOptions.standard())) {
      assertTrue(network.namedParameters().containsKey("head1.weight"));
      Segmenter.save(file, plan, network);
      try (Segmenter loaded = load(file)) {
        assertArrayEquals(own.segment(volume).labels(), loaded.segment(volume).labels());
      }
    }
  }

  @Test
  void whatIsNotThereIsSaid() {
    assertTrue(refusal(folder.resolve("none")).contains("does not exist"));
    assertTrue(refusal(folder).contains("holds no model.safetensors"));
  }

  @Test
  void aFileCutInHalfIsRefused() throws IOException {
    Path file = TinyModel.save(folder).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {bytes.length / 2, bytes.length - 1, 100, 4, 0}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      String message = refusal(file);
      assertTrue(message.contains("model.safetensors"), message);
    }
  }

  @Test
  void anotherNetworkIsRefused() {
    Path file = folder.resolve("model.safetensors");
    try (UNet network = TinyModel.network(Device.cpu())) {
      Checkpoint.writer(new Network("clip", JsonNodeFactory.instance.objectNode()))
          .module(network)
          .write(file);
      assertTrue(refusal(file).contains("'clip'"), refusal(file));
      ObjectNode other = TinyModel.plan().toJson();
      ((ObjectNode) other.get("network")).putArray("channels").add(4).add(16);
      Checkpoint.writer(new Network("segmentation", other)).module(network).write(file);
      String message = refusal(file);
      assertTrue(message.contains("does not fit the network of its plan"), message);
      assertTrue(message.contains("of another shape"), message);
    }
  }
}
