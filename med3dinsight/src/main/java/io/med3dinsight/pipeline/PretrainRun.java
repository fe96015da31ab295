package io.med3dinsight.pipeline;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.finetune.FinetuneSettings.Start;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.pretrain.PretrainNetwork;
import io.med3dinsight.report.MetricsJson;
import io.med3dinsight.report.RunReport;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Pretraining alone, from volumes that nobody has labelled to weights for fine-tuning. */
public final class PretrainRun {
  private final PretrainRunSettings settings;
  private final RunFolder folder;
  private final TrainingContext context;

  public PretrainRun(PretrainRunSettings settings, RunFolder folder, TrainingContext context) {
    this.settings = settings;
    this.folder = folder;
    this.context = context;
  }

  /**
   * Runs the stages and writes the page.
   *
   * @return the number of volumes that were learned from; null when the context said stop
   */
  public Integer run() {
    RunSettings stages = settings.asRun();
    Pretraining.check(stages);
    StartingWeights.checkReadable(settings.network().weights());
    StartingWeights weights =
        StartingWeights.of(settings.network().weights(), Start.ENCODER_AND_DECODER);
    Consumer<NetworkConfig> planned =
        network -> {
          if (weights != null) {
            weights.check(network, 1, context.device());
          }
        };
    try (PretrainData data = PretrainData.of(settings, folder, context.progress(), planned)) {
      NetworkPlan plan = data.plan();
      sayPlan(data);
      Map<String, Object> further = new LinkedHashMap<>();
      if (!new Pretraining(data, plan, stages, folder, context).run(further)) {
        return null;
      }
      if (!Files.exists(folder.encoder())) {
        writeEncoder(plan);
      }
      further.put("data", Map.of("volumes", data.learning().size()));
      MetricsJson.write(folder.root(), null, further);
      return data.learning().size();
    }
  }

  private void sayPlan(PretrainData data) {
    Map<String, Integer> modalities = new TreeMap<>();
    data.learning().forEach(s -> modalities.merge(s.modality(), 1, Integer::sum));
    List<String> counts =
        modalities.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).toList();
    PatchSize p = data.plan().patch();
    context
        .progress()
        .say(
            data.place()
                + ": "
                + String.join(", ", counts)
                + "; patch "
                + p.depth()
                + "x"
                + p.height()
                + "x"
                + p.width()
                + " voxels (D, H, W), "
                + data.plan().network().signature());
    if (modalities.containsKey(Scan.UNKNOWN)) {
      context
          .progress()
          .say(
              "Nothing says the modality of "
                  + modalities.get(Scan.UNKNOWN)
                  + " volumes: give --modality (CT is normalised and described in Hounsfield"
                  + " units).");
    }
  }

  private void writeEncoder(NetworkPlan plan) {
    try (EncoderDecoder network = plan.network().build(Setup.of(context.device(), 0), 1, 1);
        Checkpoint c = Checkpoint.open(folder.pretrained())) {
      c.load(network, PretrainNetwork.PREFIX);
      StartingWeights.writeEncoder(folder.encoder(), network);
    }
  }

  /** Writes report.html of a run's folder. */
  public static void writePage(RunFolder folder) {
    RunReport.write(
        folder.root(),
        "Pretraining run " + folder.root().toAbsolutePath().normalize().getFileName(),
        null,
        List.of());
  }
}
