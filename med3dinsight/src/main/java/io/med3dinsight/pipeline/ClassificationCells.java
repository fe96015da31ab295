package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.classification.ClassificationData;
import io.med3dinsight.classification.ClassificationPlan;
import io.med3dinsight.classification.ClassificationResults;
import io.med3dinsight.classification.Classifier;
import io.med3dinsight.classification.ImageSource;
import io.med3dinsight.classification.ImageSources;
import io.med3dinsight.classification.PreparedImages;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.fewlabels.Cell;
import io.med3dinsight.fewlabels.CellTrainer;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Classification cells: each learns from a part of the training images, with the plan that all of
 * them give and as many steps as with all of them; validation and test images are the same.
 */
final class ClassificationCells implements CellTrainer {
  private final ClassificationRunSettings settings;
  private final Path pretrained;
  private final ClassificationPlan plan;
  private final PreparedImages training;
  private final PreparedImages validation;
  private final PreparedImages test;

  ClassificationCells(FewLabelsSettings all, Progress progress) {
    ClassificationRunSettings s = all.classification();
    pretrained = all.pretrained();
    ImageSource source =
        ImageSources.open(
            s.data(), s.input().named(), s.validationShare(), s.testShare(), s.seed());
    if (source.entries(Split.TEST).isEmpty()) {
      throw new DataException(
          source.name() + " has no test image; expected some, on which the cells are scored.");
    }
    ClassificationData data = new ClassificationData(source, progress);
    plan = data.plan(s.network(), s.input(), s.classification());
    training = data.prepared(Split.TRAIN, plan);
    validation = data.prepared(Split.VAL, plan);
    test = data.prepared(Split.TEST, plan);
    int batch = s.classification().batch();
    int steps = s.classification().stepsPerEpoch();
    settings = s.withSteps(steps > 0 ? steps : (training.size() + batch - 1) / batch);
  }

  @Override
  public int[] classes() {
    return training.labels().clone();
  }

  @Override
  public int least() {
    return (int) Arrays.stream(training.labels()).distinct().count();
  }

  @Override
  public Map<String, Double> train(Cell cell, int[] subset, TrainingContext context) {
    Path model = new RunFolder(context.folder()).model();
    Path weights = cell.start() == Cell.Start.PRETRAINED ? pretrained : null;
    ClassificationRunSettings one = settings.withSeed(cell.seed()).withWeights(weights);
    PreparedImages part = training.only(subset);
    if (!Files.exists(model)
        && !ClassificationRun.train(plan, one, part, validation, model, context)) {
      return null;
    }
    ClassificationScores scores;
    try (Classifier classifier = Classifier.load(model, context.device())) {
      scores = ClassificationResults.of(classifier, test).scores();
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("auc", scores.auc());
    values.put("accuracy", scores.accuracy());
    return values;
  }
}
