package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real CT and PET of four patients, in nnU-Net's layout, through the commands. */
class TwoChannelsTest {
  @TempDir private Path folder;

  static Path sarcoma() {
    try {
      return Path.of(MsdDataset.class.getResource("sarcoma/dataset.json").toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path train(String name, String... more) {
    Path run = folder.resolve(name);
    Ended ended =
        TrainCommandTest.train(run, sarcoma(), TinyData.settings(more).toArray(String[]::new));
    assertEquals(0, ended.code(), ended.err());
    return run;
  }

  private static Ended predict(Path run, Path out, Path... inputs) {
    List<String> words =
        new ArrayList<>(List.of("predict", "--model", run.toString(), "--output", out.toString()));
    for (Path input : inputs) {
      words.addAll(List.of("--input", input.toString()));
    }
    return InProcess.run(PredictCommand.class, words.toArray(String[]::new));
  }

  private static Path channel(String id, int number) {
    return sarcoma().resolve("imagesTr/" + id + "_000" + number + ".nii.gz");
  }

  @Test
  void aWholeRunAndEveryWayToGiveTheChannels() throws IOException {
    Path run = train("run", "fold=1");
    // Fold 1 trains on the first two patients and tests on the others.
    Path predicted = run.resolve("predictions/sts024.nii.gz");
    assertFalse(Files.exists(run.resolve("predictions/sts002.nii.gz")));
    int[] expected = LabelVolume.read(predicted).labels();

    Path byOption = folder.resolve("a.nii.gz");
    assertEquals(0, predict(run, byOption, channel("sts024", 0), channel("sts024", 1)).code());
    assertArrayEquals(expected, LabelVolume.read(byOption).labels());
    Path byName = folder.resolve("b.nii.gz");
    assertEquals(0, predict(run, byName, channel("sts024", 0)).code());
    assertArrayEquals(expected, LabelVolume.read(byName).labels());
    Path all = folder.resolve("all");
    assertEquals(0, predict(run, all, sarcoma().resolve("imagesTr")).code());
    assertArrayEquals(expected, LabelVolume.read(all.resolve("sts024.nii.gz")).labels());
    Ended swapped =
        predict(run, folder.resolve("c.nii.gz"), channel("sts024", 1), channel("sts024", 0));
    assertEquals(0, swapped.code());

    List<Volume> channels =
        List.of(Volume.read(channel("sts024", 0)), Volume.read(channel("sts024", 1)));
    try (Med3DInsight model = Med3DInsight.load(run)) {
      assertEquals(2, model.channels());
      assertEquals("CT+PET", model.modality());
      assertArrayEquals(expected, model.segment(channels).labels());
      assertTrue(model.embed(channels).length > 0);
      DataException one =
          Assertions.assertThrows(DataException.class, () -> model.segment(channels.get(0)));
      assertTrue(
          one.getMessage().contains("is 1 channel, but the model takes 2 (CT+PET)"),
          one.getMessage());
      Volume small = Volume.of(Grid.of(3, 3, 3, new Spacing(1, 1, 1)), new float[27]);
      DataException other =
          Assertions.assertThrows(
              DataException.class, () -> model.segment(List.of(channels.get(0), small)));
      assertTrue(
          other.getMessage().contains("another channel of the same scan"), other.getMessage());
    }
  }

  @Test
  void modelsAndImagesOfDifferentNumbersSaySo() throws IOException {
    Path run = train("run", "pretrain.enabled=false");
    Ended one =
        predict(
            run,
            folder.resolve("x.nii.gz"),
            TinyData.image(TinyData.write(folder.resolve("tiny")), 0));
    assertEquals(3, one.code());
    assertTrue(
        one.err().contains("has 1 channel, but the model takes 2 (CT+PET): give"), one.err());
    Path single = TinyModel.save(folder.resolve("single"));
    Ended two =
        predict(single, folder.resolve("y.nii.gz"), channel("sts024", 0), channel("sts024", 1));
    assertEquals(3, two.code());
    assertTrue(
        two.err().contains("are 2 channels of one case, but the model takes 1 (MRI)"), two.err());
  }

  /** An encoder pretrained on one channel starts a network for two, and the run says how. */
  @Test
  void oneChannelsWeightsAreRepeatedAndThatIsSaid() throws IOException {
    Path tiny = TinyData.write(folder.resolve("tiny"));
    Path first = folder.resolve("first");
    assertEquals(
        0, TrainCommandTest.train(first, tiny, TinyData.settings().toArray(String[]::new)).code());
    Path run = folder.resolve("run");
    Ended ended =
        TrainCommandTest.train(
            run,
            sarcoma(),
            TinyData.settings(
                    "pretrain.enabled=false",
                    "network.weights=" + first.resolve("pretrained.safetensors"))
                .toArray(String[]::new));
    assertEquals(0, ended.code(), ended.err());
    assertTrue(
        ended
            .err()
            .contains("repeated over the channels and divided by their number (encoder.stage0"),
        ended.err());
  }

  /** The Decathlon stores channels as frames of a 4D file. */
  @Test
  void framesAreChannelsToo() throws IOException {
    Path frames = sarcoma().resolve("frames.nii.gz");
    Path msd = folder.resolve("msd");
    for (String part : List.of("imagesTr", "labelsTr")) {
      Files.createDirectories(msd.resolve(part));
    }
    Files.copy(frames, msd.resolve("imagesTr/a.nii.gz"));
    Files.copy(sarcoma().resolve("labelsTr/sts002.nii.gz"), msd.resolve("labelsTr/a.nii.gz"));
    Files.writeString(
        msd.resolve("dataset.json"),
        "{\"modality\": {\"0\": \"CT\", \"1\": \"PET\"}, \"labels\": {\"0\": \"background\","
            + " \"1\": \"tumour\"}, \"training\": [{\"image\": \"imagesTr/a.nii.gz\","
            + " \"label\": \"labelsTr/a.nii.gz\"}]}");
    MsdDataset dataset = MsdDataset.read(msd);
    List<Volume> channels = dataset.load(dataset.training().get(0)).channels();
    for (int c = 0; c < 2; c++) {
      assertArrayEquals(Volume.read(channel("sts002", c)).voxels(), channels.get(c).voxels());
    }
    Path run = train("run", "pretrain.enabled=false");
    Path apart = folder.resolve("a.nii.gz");
    Path together = folder.resolve("b.nii.gz");
    assertEquals(0, predict(run, apart, channel("sts002", 0), channel("sts002", 1)).code());
    assertEquals(0, predict(run, together, frames).code());
    assertArrayEquals(LabelVolume.read(apart).labels(), LabelVolume.read(together).labels());
    Ended single =
        predict(TinyModel.save(folder.resolve("single")), folder.resolve("c.nii.gz"), frames);
    assertEquals(3, single.code());
    assertTrue(single.err().contains("has 2 frames"), single.err());
  }

  @Test
  void checkKnowsBothChannels() {
    Ended ended = InProcess.run(CheckCommand.class, "check", sarcoma().toString());
    assertEquals(0, ended.code(), ended.out() + ended.err());
    assertTrue(
        ended.out().contains("intensityMax0") && ended.out().contains("intensityMax1"),
        ended.out());
  }
}
