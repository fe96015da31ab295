package io.med3dinsight.metric;

import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The numbers of {@link ClassificationScores} by name. */
public enum ClassificationMeasure {
  /** Area under the ROC curve. */
  AUC("auc", "AUC", ClassificationScores::auc),
  /** Share of right decisions. */
  ACCURACY("accuracy", "accuracy", ClassificationScores::accuracy),
  /** Mean sensitivity of the classes. */
  BALANCED_ACCURACY(
      "balanced_accuracy", "balanced accuracy", ClassificationScores::balancedAccuracy),
  /** Harmonic mean of precision and sensitivity. */
  F1("f1", "F1", ClassificationScores::f1),
  /** Share of positive cases found. */
  SENSITIVITY("sensitivity", "sensitivity", ClassificationScores::sensitivity),
  /** Share of negative cases left alone. */
  SPECIFICITY("specificity", "specificity", ClassificationScores::specificity),
  /** Expected calibration error; less is better. */
  CALIBRATION_ERROR(
      "calibration_error", "calibration error", ClassificationScores::calibrationError);

  private final String key;
  private final String title;
  private final ToDoubleFunction<ClassificationScores> value;

  ClassificationMeasure(String key, String title, ToDoubleFunction<ClassificationScores> value) {
    this.key = key;
    this.title = title;
    this.value = value;
  }

  /** Its name in JSON. */
  public String key() {
    return key;
  }

  /** Its name for people. */
  public String title() {
    return title;
  }

  /** The number; not a number where it is not defined. */
  public double of(ClassificationScores scores) {
    return value.applyAsDouble(scores);
  }

  /** How sure the number is, had other cases of the same kind been drawn. */
  public Optional<Interval> interval(ClassificationScores scores, Bootstrap bootstrap) {
    return bootstrap.interval(scores.cases(), drawn -> of(scores.of(drawn)));
  }
}
