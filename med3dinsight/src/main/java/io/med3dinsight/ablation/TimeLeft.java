package io.med3dinsight.ablation;

import java.time.Duration;
import java.util.Locale;

/** How long the cells to come will take, from those that this process has computed. */
final class TimeLeft {
  private final long pretrainSteps;
  private final long finetuneSteps;
  private double pretrainSeconds;
  private double finetuneSeconds;
  private int pretrainings;
  private int cells;

  /** Steps of one pretraining and of one fine-tuning, for as long as one kind is unmeasured. */
  TimeLeft(long pretrainSteps, long finetuneSteps) {
    this.pretrainSteps = pretrainSteps;
    this.finetuneSteps = finetuneSteps;
  }

  void pretrained(double seconds) {
    pretrainSeconds += seconds;
    pretrainings++;
  }

  void finished(double seconds) {
    finetuneSeconds += seconds;
    cells++;
  }

  /** As a person reads it; "unknown" before anything is measured. */
  String left(int pretrainingsLeft, int cellsLeft) {
    if (pretrainings + cells == 0) {
      return "unknown";
    }
    double perStep =
        (pretrainSeconds + finetuneSeconds)
            / (pretrainings * pretrainSteps + cells * finetuneSteps);
    double pretrain = pretrainings > 0 ? pretrainSeconds / pretrainings : perStep * pretrainSteps;
    double finetune = cells > 0 ? finetuneSeconds / cells : perStep * finetuneSteps;
    Duration d = Duration.ofSeconds(Math.round(pretrainingsLeft * pretrain + cellsLeft * finetune));
    return d.toHours() > 0
        ? String.format(Locale.ROOT, "%d h %02d min", d.toHours(), d.toMinutesPart())
        : d.toMinutes() > 0 ? d.toMinutes() + " min" : d.toSeconds() + " s";
  }
}
