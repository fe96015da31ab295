package io.med3dinsight.classification;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Normalization.Scheme;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is measured of images whose first channel is in HU and whose second has any scale. */
class ClassificationDataTest {
  private static final Grid GRID = Grid.of(8, 8, 8, new Spacing(2, 2, 2));
  private static final NetworkSettings NETWORK =
      new NetworkSettings(new int[] {4, 8}, 1, true, new int[] {8, 8, 8}, 1000);

  /** Six images; those of the second channel are the same but for a factor. */
  private static final class Images implements ImageSource {
    private final List<List<Volume>> images = new ArrayList<>();

    Images() {
      Random r = new Random(4);
      for (int i = 0; i < 6; i++) {
        float[] hounsfield = new float[GRID.size()];
        float[] other = new float[GRID.size()];
        for (int v = 0; v < other.length; v++) {
          hounsfield[v] = 100 * i + 50 * (float) r.nextGaussian();
          other[v] = (i + 1) * (1 + v % 7);
        }
        images.add(List.of(Volume.of(GRID, hounsfield), Volume.of(GRID, other)));
      }
    }

    @Override
    public String name() {
      return "both";
    }

    @Override
    public List<String> classes() {
      return List.of("a", "b");
    }

    @Override
    public int channels() {
      return 2;
    }

    @Override
    public List<Entry> entries(Split split) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; split == Split.TRAIN && i < images.size(); i++) {
        entries.add(new Entry("i" + i, i % 2));
      }
      return entries;
    }

    @Override
    public void read(Split split, Visitor visitor) {
      for (int i = 0; i < entries(split).size(); i++) {
        visitor.image(i, images.get(i));
      }
    }

    @Override
    public boolean sharesScale() {
      return false;
    }

    @Override
    public boolean isMedMnist() {
      return false;
    }
  }

  private final Images images = new Images();
  private final ClassificationData data = new ClassificationData(images, Progress.NONE);

  private ClassificationPlan plan(double[] window, List<String> channels, List<Scheme> schemes) {
    InputSettings input = new InputSettings(null, window, channels, schemes);
    return data.plan(NETWORK, input, ClassificationSettings.standard());
  }

  @Test
  void aChannelIsNormalisedByItsName() {
    ClassificationPlan plan = plan(null, List.of("CT", "PET"), null);
    assertEquals("CT+PET", plan.modality());
    assertEquals(2, plan.network().inputChannels());
    assertEquals(Normalization.mri(), plan.normalizations().get(1));
    float[] all = new float[6 * GRID.size()];
    for (int i = 0; i < 6; i++) {
      System.arraycopy(images.images.get(i).get(0).voxels(), 0, all, i * GRID.size(), GRID.size());
    }
    assertEquals(Normalization.fitCt(all), plan.normalizations().get(0));
    assertEquals(new Spacing(2, 2, 2), plan.spacing());
  }

  /** Images of one channel differ in brightness, those of the other no more once normalised. */
  @Test
  void statisticsAreOfEachChannel() {
    double[] s = plan(null, List.of("CT", "PET"), null).statistics();
    assertEquals(8, s.length);
    assertTrue(s[1] > 0.5, Arrays.toString(s));
    assertEquals(0, s[4], 1e-6);
    // What is alike is not scaled up.
    assertEquals(1, s[5]);
    assertEquals(1, s[7]);
  }

  @Test
  void aWindowIsForChannelsOfAFixedScale() {
    double[] window = {-160, 240};
    ClassificationPlan plan = plan(window, null, List.of(Scheme.FIXED, Scheme.NONE));
    assertEquals(
        List.of(Normalization.window(-160, 240), Normalization.none()), plan.normalizations());
    assertEquals("", plan.modality());
    UsageException none = assertThrows(UsageException.class, () -> plan(window, null, null));
    assertTrue(none.getMessage().contains("call it fixed in normalization"), none.getMessage());
    UsageException one =
        assertThrows(UsageException.class, () -> plan(null, null, List.of(Scheme.FIXED)));
    assertTrue(one.getMessage().contains("[fixed]: expected one for each"), one.getMessage());
  }

  @Test
  void preparedImagesAreNormalisedChannelByChannel() {
    ClassificationPlan plan = plan(null, List.of("noNorm", "noNorm"), null);
    PreparedImages prepared = data.prepared(Split.TRAIN, plan);
    for (int c = 0; c < 2; c++) {
      assertArrayEquals(images.images.get(3).get(c).voxels(), prepared.images().get(3)[c], 1e-3f);
    }
    refused(
        () -> data.prepared(Split.TRAIN, Blobs.plan(Blobs.UNET, 8)),
        "both has images of 2 channels, but the model takes 1: give");
  }

  @Test
  void plansOfOneChannelAreStoredAsBefore() {
    ClassificationPlan one = Blobs.plan(Blobs.UNET, 8);
    ObjectNode json = one.toJson();
    assertTrue(json.path("normalization").isObject(), json.toString());
    json.remove("modality");
    assertEquals(one.toJson(), ClassificationPlan.fromJson(json, "old").toJson());
    ClassificationPlan two = plan(null, List.of("CT", "PET"), null);
    assertEquals(two.toJson(), ClassificationPlan.fromJson(two.toJson(), "new").toJson());
    ObjectNode wrong = two.toJson();
    wrong.set("normalization", json.path("normalization"));
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> ClassificationPlan.fromJson(wrong, "x"));
    assertTrue(e.getMessage().contains("expected one for each channel"), e.getMessage());
  }
}
