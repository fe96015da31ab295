package io.med3dinsight.pipeline;

import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.finetune.FinetuneSettings;
import io.med3dinsight.finetune.FinetuneStage;
import io.med3dinsight.finetune.Validation;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.pretrain.PretrainNetwork;
import io.med3dinsight.report.MetricsJson;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjIntConsumer;

/**
 * The stages of a run, one after the other. Each leaves its result in the run's folder; a resumed
 * run takes what is there and goes on from the first thing that is missing.
 */
public final class TrainingRun {
  private final RunSettings settings;
  private final RunFolder folder;
  private final TrainingContext context;
  private final SegmentationPlan plan;

  public TrainingRun(RunSettings settings, RunFolder folder, TrainingContext context) {
    this(settings, folder, context, null);
  }

  /**
   * @param plan where it is not to follow from the training cases; null otherwise
   */
  TrainingRun(
      RunSettings settings, RunFolder folder, TrainingContext context, SegmentationPlan plan) {
    this.plan = plan;
    this.settings = settings;
    this.folder = folder;
    this.context = context;
  }

  /**
   * Runs all stages.
   *
   * @return the scores of the held-out cases; null when the context said stop
   */
  public Evaluation run() {
    if (settings.pretrain().enabled()) {
      Pretraining.check(settings);
    }
    StartingWeights.checkReadable(settings.network().weights());
    StartingWeights weights = weights();
    ObjIntConsumer<NetworkConfig> planned =
        (network, classes) -> {
          if (weights != null) {
            weights.check(network, classes, context.device());
          }
        };
    try (PreparedData data = PreparedData.of(settings, folder, context.progress(), plan, planned)) {
      return run(data);
    }
  }

  private Evaluation run(PreparedData data) {
    sayPlan(data);
    Map<String, Object> further = new LinkedHashMap<>();
    if (settings.pretrain().enabled() && !pretrain(data, further)) {
      return null;
    }
    if (!finetune(data)) {
      return null;
    }
    return evaluate(data, further);
  }

  private void sayPlan(PreparedData data) {
    context
        .progress()
        .say(
            data.dataset().name()
                + ": "
                + data.training().size()
                + " cases for training, "
                + data.test().size()
                + " for testing; patch "
                + data.plan().patch().depth()
                + "x"
                + data.plan().patch().height()
                + "x"
                + data.plan().patch().width()
                + " voxels (D, H, W), "
                + data.plan().network().signature());
  }

  // ---- pretraining

  private boolean pretrain(PreparedData data, Map<String, Object> further) {
    NetworkPlan network = new NetworkPlan(data.plan().patch(), data.plan().network());
    return new Pretraining(data, network, settings, folder, context).run(further);
  }

  // ---- fine-tuning

  private boolean finetune(PreparedData data) {
    if (Files.exists(folder.model())) {
      return true;
    }
    List<String> ids = data.training().stream().map(Case::id).toList();
    List<String> kept = validationIds(ids);
    List<TrainingCase> training =
        data.prepared().only(ids.stream().filter(id -> !kept.contains(id)).toList());
    Validation validation =
        new Validation(
            data.plan(),
            data.prepared().only(kept),
            settings.inference(),
            context.checkpoint(FinetuneStage.NAME, "best"));
    try (FinetuneStage stage =
        new FinetuneStage(
            context.device(),
            data.plan(),
            settings.finetune(),
            training,
            validation,
            settings.seed())) {
      if (settings.pretrain().enabled()) {
        startFromPretrained(stage, folder.pretrained(), settings.finetune().start());
      } else if (weights() != null) {
        weights().load(stage.trained(), context.progress());
        stage.weightsReplaced();
      }
      if (!Trainer.run(stage, context)) {
        return false;
      }
      try (Ema.Applied averaged = stage.ema().apply()) {
        Segmenter.save(folder.model(), data.plan(), stage.trained());
      }
      return true;
    }
  }

  /** Every n-th case, so that the choice does not depend on how the split was made. */
  private List<String> validationIds(List<String> ids) {
    int count = (int) Math.round(settings.finetune().validationShare() * ids.size());
    count = Math.min(count, ids.size() - 1);
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      kept.add(ids.get((int) ((i + 0.5) * ids.size() / count)));
    }
    return kept;
  }

  /** What the settings name to start from; null for nothing. */
  private StartingWeights weights() {
    return StartingWeights.of(settings.network().weights(), settings.finetune().start());
  }

  /**
   * Copies a pretrained network's weights into one that is to be fine-tuned.
   *
   * @param pretrained file as {@link RunFolder#pretrained} names it
   * @param start which of the weights
   */
  public static void startFromPretrained(
      FinetuneStage stage, Path pretrained, FinetuneSettings.Start start) {
    String prefix = PretrainNetwork.PREFIX;
    Map<String, Module> parts = new LinkedHashMap<>(stage.trained().encoderParts());
    if (start == FinetuneSettings.Start.ENCODER_AND_DECODER) {
      parts.putAll(stage.trained().decoderParts());
    }
    try (Checkpoint c = Checkpoint.open(pretrained)) {
      parts.forEach((name, part) -> c.load(part, prefix + name + "."));
    }
    stage.weightsReplaced();
  }

  // ---- evaluation

  private Evaluation evaluate(PreparedData data, Map<String, Object> further) {
    Evaluation scores;
    try (Segmenter segmenter =
        Segmenter.load(folder.model(), context.device(), settings.inference())) {
      scores = TestScores.of(data, segmenter, folder, context.progress(), context.stop());
    }
    if (scores != null) {
      MetricsJson.write(folder.root(), scores, further);
    }
    return scores;
  }
}
