package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.classification.ClassificationData;
import io.med3dinsight.classification.ClassificationPlan;
import io.med3dinsight.classification.ClassificationResults;
import io.med3dinsight.classification.ClassificationStage;
import io.med3dinsight.classification.Classifier;
import io.med3dinsight.classification.ImageSource;
import io.med3dinsight.classification.ImageSources;
import io.med3dinsight.classification.PreparedImages;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.network.NetworkPlan;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.report.MetricsJson;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Trains a classifier and scores it on the images that are held out. */
public final class ClassificationRun {
  private static final String RUN = "run1";

  private final ClassificationRunSettings settings;
  private final RunFolder folder;
  private final TrainingContext context;

  public ClassificationRun(
      ClassificationRunSettings settings, RunFolder folder, TrainingContext context) {
    this.settings = settings;
    this.folder = folder;
    this.context = context;
  }

  /**
   * Trains and evaluates.
   *
   * @return the scores by split, validation and test as far as there are such images; null when the
   *     context said stop
   */
  public Map<Split, ClassificationScores> run() {
    ImageSource source = open();
    check(source);
    ClassificationData data = new ClassificationData(source, context.progress());
    if (!Files.exists(folder.model())) {
      ClassificationPlan plan =
          data.plan(settings.network(), settings.input(), settings.classification());
      sayPlan(plan, source);
      if (!train(plan, data.prepared(Split.TRAIN, plan), data.prepared(Split.VAL, plan))) {
        return null;
      }
    }
    return evaluate(source, data);
  }

  /** Finds what cannot be used before images are read, as far as it is known then. */
  private void check(ImageSource source) {
    settings.classification().requireClasses(source.classes().size());
    NetworkSettings sized = ClassificationData.sized(settings.network());
    NetworkPlan known = NetworkPlan.known(sized, source.channels());
    Path weights = settings.network().weights();
    if (known != null && weights != null) {
      try {
        ClassificationStage.check(known.network(), weights, context.device());
      } catch (CheckpointException e) {
        throw new DataException(e.getMessage(), e);
      }
    }
  }

  private ImageSource open() {
    return ImageSources.open(
        settings.data(),
        settings.input().named(),
        settings.validationShare(),
        settings.testShare(),
        settings.seed());
  }

  private void sayPlan(ClassificationPlan plan, ImageSource source) {
    context
        .progress()
        .say(
            plan.dataset()
                + ": "
                + source.entries(Split.TRAIN).size()
                + " images for training, "
                + source.entries(Split.VAL).size()
                + " for validation, "
                + source.entries(Split.TEST).size()
                + " for testing in "
                + plan.classes().size()
                + " classes; "
                + channels(plan)
                + "input "
                + plan.input().depth()
                + "x"
                + plan.input().height()
                + "x"
                + plan.input().width()
                + " voxels (D, H, W), "
                + plan.network().signature());
  }

  /** The channels, where there are several. */
  private static String channels(ClassificationPlan plan) {
    if (plan.channels() == 1) {
      return "";
    }
    String names = plan.modality().isEmpty() ? "" : " (" + plan.modality() + ")";
    return plan.channels() + " channels" + names + ", ";
  }

  private boolean train(
      ClassificationPlan plan, PreparedImages training, PreparedImages validation) {
    return train(plan, settings, training, validation, folder.model(), context);
  }

  /** Trains and writes the model; false when the context said stop. */
  static boolean train(
      ClassificationPlan plan,
      ClassificationRunSettings settings,
      PreparedImages training,
      PreparedImages validation,
      Path model,
      TrainingContext context) {
    try (ClassificationStage stage =
        new ClassificationStage(
            context.device(),
            plan,
            settings.classification(),
            training,
            validation,
            context.checkpoint(ClassificationStage.NAME, "best"),
            settings.seed())) {
      Path weights = settings.network().weights();
      if (weights != null) {
        LoadReport report = stage.startFrom(weights);
        context.progress().say("Weights of " + weights + ": " + report.summary() + ".");
      }
      if (!Trainer.run(stage, context)) {
        return false;
      }
      stage.save(model);
      return true;
    } catch (CheckpointException e) {
      throw new DataException(e.getMessage(), e);
    }
  }

  private Map<Split, ClassificationScores> evaluate(ImageSource source, ClassificationData data) {
    Map<Split, ClassificationScores> scores = new LinkedHashMap<>();
    Map<String, Object> bySplit = new LinkedHashMap<>();
    try (Classifier classifier = Classifier.load(folder.model(), context.device())) {
      for (Split split : List.of(Split.VAL, Split.TEST)) {
        if (source.entries(split).isEmpty()) {
          continue;
        }
        ClassificationResults results =
            ClassificationResults.of(classifier, data.prepared(split, classifier.plan()));
        Path predictions = folder.root().resolve("predictions");
        results.writeCsv(predictions.resolve(split.label() + ".csv"));
        results.writeJson(predictions.resolve(split.label() + ".json"));
        if (source.isMedMnist()) {
          results.writeMedMnist(predictions, source.name(), split.label(), RUN);
        }
        ClassificationScores own = results.scores();
        scores.put(split, own);
        bySplit.put(
            split.label(),
            MetricsJson.classification(
                own, results.ids(), results.classes(), Bootstrap.standard()));
      }
    }
    MetricsJson.write(folder.root(), null, Map.of("classification", bySplit));
    return scores;
  }
}
