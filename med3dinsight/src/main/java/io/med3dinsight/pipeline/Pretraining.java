package io.med3dinsight.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.encoder2d.Retrieval;
import io.med3dinsight.encoder2d.SliceTextEncoder;
import io.med3dinsight.encoder2d.clip.ClipSliceTextEncoder;
import io.med3dinsight.finetune.FinetuneSettings.Start;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.pretrain.DescribedVolume;
import io.med3dinsight.pretrain.PretrainStage;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The stages without labels: slices are described and embedded, then the network is pretrained. */
final class Pretraining {
  private static final String PATCH = "patch";
  private static final String STRIDES = "strides";

  private final DescribedScans scans;
  private final NetworkPlan plan;
  private final RunSettings settings;
  private final RunFolder folder;
  private final TrainingContext context;

  Pretraining(
      DescribedScans scans,
      NetworkPlan plan,
      RunSettings settings,
      RunFolder folder,
      TrainingContext context) {
    this.scans = scans;
    this.plan = plan;
    this.settings = settings;
    this.folder = folder;
    this.context = context;
  }

  /**
   * Finds out before volumes are prepared, which may take long, whether the encoder that the
   * settings name can be used; {@link CaptionedVolumes} does so with captions.
   *
   * @throws io.med3dinsight.DataException when a file is missing or cannot be used
   * @throws CheckpointException when its weights are missing or of another network or size
   */
  static void check(RunSettings settings) {
    if (settings.clip().folder() != null) {
      ClipSliceTextEncoder.check(settings.clip().folder());
    }
  }

  /**
   * Runs the stages, each of which leaves its result in the run's folder; what is there is not
   * computed again.
   *
   * @param further receives results for the run's metrics
   * @return false when the context said stop
   */
  boolean run(Map<String, Object> further) {
    Map<String, List<Caption>> captions =
        new Descriptions(scans, settings, context.progress(), context.stop()).of(folder);
    if (captions == null) {
      return false;
    }
    Encoding encoding = new Encoding(scans, settings, context, captions);
    List<DescribedVolume> volumes;
    GapMeasurement gap;
    String encoderId;
    try (SliceTextEncoder encoder = encoding.encoder(folder)) {
      if (encoder == null) {
        return false;
      }
      Retrieval retrieval = encoding.retrieval(encoder);
      if (retrieval != null) {
        further.put("encoder2d", Map.of("test", retrieval));
      }
      if (Files.exists(folder.pretrained())) {
        return true;
      }
      volumes = encoding.embed(encoder);
      gap = GapMeasurement.of(scans, plan.patch(), settings.pretrain(), captions, encoder);
      encoderId = encoder.id();
    }
    // The encoder's memory is free by now.
    return pretrain(volumes, encoderId, gap);
  }

  private boolean pretrain(List<DescribedVolume> volumes, String encoder, GapMeasurement gap) {
    try (PretrainStage stage =
        new PretrainStage(
            context.device(),
            plan.network(),
            plan.patch(),
            settings.pretrain(),
            volumes,
            encoder,
            settings.seed())) {
      StartingWeights weights =
          StartingWeights.of(settings.network().weights(), Start.ENCODER_AND_DECODER);
      if (weights != null) {
        weights.load(stage.pretrained().volumes(), context.progress());
      }
      gap.before(stage);
      if (!Trainer.run(stage, context)) {
        return false;
      }
      gap.after(stage, folder);
      Checkpoint.writer(described(stage.network()))
          .module(stage.module())
          .write(folder.pretrained());
      return true;
    }
  }

  /**
   * The network with the patch that it was pretrained on, which windows are fitted to, and a UNet's
   * strides, which followed from the voxels of the volumes and leave no trace in its tensors.
   */
  private Network described(Network network) {
    ObjectNode config = network.config().deepCopy();
    PatchSize p = plan.patch();
    config.putArray(PATCH).add(p.depth()).add(p.height()).add(p.width());
    if (plan.network() instanceof UNetConfig unet) {
      config.set(STRIDES, new ObjectMapper().valueToTree(unet.strides()));
    }
    return new Network(network.kind(), config);
  }

  /**
   * The settings of a pretraining's network with what followed from its volumes: the patch and,
   * where the file says them, a UNet's strides.
   *
   * @param pretrained file as {@link RunFolder#pretrained} names it
   * @throws CheckpointException when it does not say the patch
   */
  static NetworkSettings shape(NetworkSettings settings, Path pretrained) {
    try (Checkpoint c = Checkpoint.open(pretrained)) {
      ObjectMapper json = new ObjectMapper();
      JsonNode config = c.network().config();
      NetworkSettings patched =
          settings.withPatch(json.treeToValue(config.required(PATCH), int[].class));
      return config.has(STRIDES)
          ? patched.withStrides(json.treeToValue(config.get(STRIDES), int[][].class))
          : patched;
    } catch (JsonProcessingException | IllegalArgumentException | UsageException e) {
      throw new CheckpointException(
          "Checkpoint '" + pretrained + "' does not say the shape of its pretraining's network.",
          e);
    }
  }
}
