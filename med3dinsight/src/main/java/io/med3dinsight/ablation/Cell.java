package io.med3dinsight.ablation;

/**
 * One fine-tuning.
 *
 * @param pretraining null from scratch
 * @param labels share of the training cases whose labels are used
 */
record Cell(Start start, Pretraining pretraining, double labels, long seed) {
  /** What tables call it, whatever the seed and the labels. */
  String method() {
    return pretraining == null ? SCRATCH : pretraining.method();
  }

  /** Method without pretraining. */
  static final String SCRATCH = "scratch";

  /** Name of its folder. */
  String id() {
    String begin = pretraining == null ? SCRATCH + "-seed" + seed : pretraining.id();
    return begin + "-labels" + Shares.percent(labels);
  }
}
