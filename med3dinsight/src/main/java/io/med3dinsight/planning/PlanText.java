package io.med3dinsight.planning;

import io.med3dinsight.dataset.DataFacts;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A plan as YAML that {@code train --config} takes, each choice with its reason. */
public final class PlanText {
  private static final int MOST_STEPS = 250;
  private static final int EPOCHS = 100;

  private final StringBuilder out = new StringBuilder();
  private final MsdDataset dataset;
  private final DataFacts facts;
  private final DatasetPlan plan;

  private PlanText(MsdDataset dataset, DataFacts facts, DatasetPlan plan) {
    this.dataset = dataset;
    this.facts = facts;
    this.plan = plan;
  }

  /**
   * The text.
   *
   * @param data the data set's folder, absolute
   * @param memory bytes that the plan is for
   */
  public static String of(
      Path data, int fold, long memory, MsdDataset dataset, DataFacts facts, DatasetPlan plan) {
    PlanText text = new PlanText(dataset, facts, plan);
    text.measured(memory);
    text.setting("data", "'" + data.toString().replace("'", "''") + "'");
    text.setting("fold", fold);
    text.intensities();
    text.spacing();
    text.network();
    text.training();
    return text.out.toString();
  }

  private void comment(String format, Object... values) {
    out.append("# ").append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void setting(String key, Object value) {
    out.append(key).append(": ").append(value).append('\n');
  }

  private void measured(long memory) {
    comment(
        "Plan for %s: %d training cases, %.3g GiB of memory (java -Xmx%dm).",
        dataset.name().replaceAll("\\s+", " "),
        facts.spacings().size(),
        memory / 1073741824.0,
        memory >> 20);
    comment("Every line may be changed; train --config reads it. What follows was measured:");
    for (int a = 0; a < 3; a++) {
      double[] range = facts.range(a);
      comment(
          "  voxels along %s: median %.4g mm, %.4g to %.4g",
          "xyz".charAt(a), facts.medianSpacing().along(a), range[0], range[1]);
    }
    dataset
        .labels()
        .forEach(
            (label, name) ->
                comment(
                    "  %d %s: %.4g ml in the mean where it occurs",
                    label, name.replaceAll("\\s+", " "), facts.millilitres()[label]));
    out.append('\n');
  }

  private void intensities() {
    out.append('\n');
    comment("Intensities, a scheme for each channel. fixed (CT): clipped to the 0.5th and 99.5th");
    comment("percentiles of the foreground of all training cases, minus their mean, divided by");
    comment("their deviation; training measures them again. z_score_per_image: the same by each");
    comment("image's own nonzero voxels, for units that mean nothing (MRI) or differ (PET). none.");
    for (int c = 0; c < dataset.channels().size(); c++) {
      Normalization n = facts.foreground().get(c);
      if (n.scheme() != Normalization.Scheme.NONE) {
        comment(
            "  %s inside the structures: %.4g to %.4g, mean %.4g, deviation %.4g",
            dataset.channels().get(c), n.lower(), n.upper(), n.mean(), n.deviation());
      }
    }
    List<String> schemes =
        dataset.schemes().stream().map(s -> s.name().toLowerCase(Locale.ROOT)).toList();
    setting("normalization", schemes);
  }

  private void spacing() {
    out.append('\n');
    int axis = facts.anisotropicAxis();
    if (axis < 0) {
      comment("Voxel size in mm along x, y, z (RAS): the median of the training cases.");
    } else {
      comment("Voxel size in mm along x, y, z (RAS): the median of the training cases, but along");
      comment(
          "%s, where voxels are more than three times as long and fewer than a third, the 10th",
          "xyz".charAt(axis));
      comment("percentile, so that thinner slices are not thrown away.");
    }
    Spacing s = facts.targetSpacing();
    setting("spacing", Arrays.asList(s.x(), s.y(), s.z()));
  }

  private void network() {
    out.append('\n');
    out.append("network:\n");
    boolean unet = plan.network() instanceof UNetConfig;
    if (!unet) {
      comment("  The published network; network.transformer changes its shape (docs/encoders.md).");
      setting("  type", plan.network().type().text());
    }
    comment("  Extents D, H, W of a patch: the median case at that voxel size, not counting empty");
    comment("  borders, is %s; made smaller along its longest axis in mm", size());
    comment(
        "  until two patches fit, and rounded up to %s.",
        unet ? "what the strides divide" : "whole tokens");
    int[] patch = {plan.patch().depth(), plan.patch().height(), plan.patch().width()};
    setting("  patch", Arrays.toString(patch));
    if (plan.network() instanceof UNetConfig shape) {
      stages(shape);
    }
  }

  private void stages(UNetConfig unet) {
    comment("  Channels of each stage: doubled at each step, at most 320. Stages follow while an");
    comment(
        "  axis keeps four voxels after halving. The first has 32 from 16 GiB on, below it 16.");
    setting("  channels", Arrays.toString(unet.channels()));
    comment(
        "  Steps D, H, W into each stage: an axis whose voxels are twice as long as the finest");
    comment("  waits.");
    setting("  strides", Arrays.deepToString(unet.strides()));
    kernels(unet);
    setting("  convolutions", unet.convolutions());
    setting("  residual", unet.residual());
  }

  private void kernels(UNetConfig unet) {
    boolean flat = Arrays.stream(unet.kernels()).flatMapToInt(Arrays::stream).anyMatch(k -> k == 1);
    comment(
        "  Kernels D, H, W of each stage: 1 along an axis while its voxels are at least twice as");
    comment(
        "  long as the finest, because neighbours have little in common there; else 3. The last");
    comment(
        "  stage is 3x3x3. Here %s.", flat ? "they are flat at first" : "no axis is that coarse");
    setting("  kernels", Arrays.deepToString(unet.kernels()));
  }

  private String size() {
    var m = facts.medianSize();
    return m.depth() + "x" + m.height() + "x" + m.width();
  }

  private void training() {
    out.append('\n');
    out.append("finetune:\n");
    comment(
        "  Patches a step: two at least, more as memory and 5 %% of the data set's voxels allow.");
    comment(
        "  A step is expected to take %.0f MiB, of %.0f that are left beside %.0f for the cases.",
        mib(plan.stepBytes()), mib(plan.stepBudget()), mib(plan.caseBytes()));
    setting("  batch", plan.batch());
    int cases = facts.spacings().size();
    int steps = Math.min(MOST_STEPS, Math.max(20, (cases + plan.batch() - 1) / plan.batch()));
    comment("  An epoch shows about every case once, in 20 to 250 steps. nnU-Net trains for 1000");
    comment("  epochs of 250; fewer are what processors without a GPU can do.");
    setting("  stepsPerEpoch", steps);
    setting("  epochs", EPOCHS);
    setting("  validateEvery", 10);
    out.append("pretrain:\n");
    comment("  As many volumes a step, so that pretraining fits where fine-tuning does.");
    setting("  volumes", plan.batch());
    setting("  stepsPerEpoch", steps);
  }

  private static double mib(long bytes) {
    return bytes / 1048576.0;
  }
}
