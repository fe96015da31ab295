package io.med3dinsight.ablation;

import io.med3dinsight.UsageException;
import io.med3dinsight.ablation.CellResult.Score;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.LabelledScan;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.encoder2d.clip.ClipSliceTextEncoder;
import io.med3dinsight.finetune.FinetuneStage;
import io.med3dinsight.finetune.Validation;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.pipeline.LogSink;
import io.med3dinsight.pipeline.PreparedData;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.pipeline.TrainingRun;
import io.med3dinsight.pretrain.DescribedVolume;
import io.med3dinsight.pretrain.PretrainStage;
import io.med3dinsight.pretrain.SliceEmbeddings;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.training.Stage;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import io.med3dinsight.transport.AlignmentKind;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Computes the cells of an ablation one after the other. A finished cell is never computed again; a
 * half-finished one goes on from its checkpoint, and gives the same bits as an uninterrupted one.
 */
public final class AblationRun {
  private final RunSettings settings;
  private final AblationGrid grid;
  private final AblationFolder folder;
  private final TrainingContext context;
  private final TimeLeft time;
  private SharedData shared;

  /**
   * @param context of the whole ablation; cells get folders of their own
   * @throws UsageException for settings that leave nothing to compare
   */
  public AblationRun(
      RunSettings settings, AblationGrid grid, AblationFolder folder, TrainingContext context) {
    if (settings.network().weights() != null) {
      throw new UsageException(
          "network.weights is set, but an ablation begins from fresh weights: leave it out.");
    }
    if (grid.starts().contains(Start.RECONSTRUCTION)
        && settings.pretrain().reconstructionWeight() == 0) {
      throw new UsageException(
          "pretrain.reconstructionWeight is 0, so there is no pretraining by reconstruction only:"
              + " raise it, or leave reconstruction out of --starts.");
    }
    if (grid.starts().contains(Start.FULL)
        && settings.pretrain().imageWeight() + settings.pretrain().textWeight() == 0) {
      throw new UsageException(
          "pretrain.imageWeight and textWeight are 0, so nothing is aligned: raise one, or leave"
              + " full out of --starts.");
    }
    this.settings = settings;
    this.grid = grid;
    this.folder = folder;
    this.context = context;
    this.time =
        new TimeLeft(
            (long) settings.pretrain().epochs() * settings.pretrain().stepsPerEpoch(),
            (long) settings.finetune().epochs() * settings.finetune().stepsPerEpoch());
  }

  /**
   * Computes what is missing.
   *
   * @return whether everything is there; false when the context said stop
   */
  public boolean run() {
    List<Cell> missing = missing();
    if (!missing.isEmpty()) {
      boolean embeds = missing.stream().anyMatch(c -> c.pretraining() != null);
      if (embeds && settings.clip().folder() != null) {
        ClipSliceTextEncoder.check(settings.clip().folder());
      }
      try (SharedData all = SharedData.of(settings, folder.shared(), context.progress())) {
        shared = all;
        if (embeds && !all.embed(settings, folder.shared(), context, grid.gapCases())) {
          return false;
        }
        for (int i = 0; i < missing.size(); i++) {
          if (!compute(missing, i)) {
            return false;
          }
        }
      }
    }
    AblationTable.write(folder, results());
    return true;
  }

  private List<Cell> missing() {
    Set<String> done = new HashSet<>();
    results().forEach(r -> done.add(r.id()));
    return grid.cells(settings.seed()).stream().filter(c -> !done.contains(c.id())).toList();
  }

  private List<CellResult> results() {
    return JsonLines.read(folder.cells(), "cell").stream().map(CellResult::fromJson).toList();
  }

  private boolean compute(List<Cell> missing, int number) {
    Cell cell = missing.get(number);
    context
        .progress()
        .say(
            String.format(
                Locale.ROOT,
                "Cell %d of %d: %s; time left: %s.",
                number + 1,
                missing.size(),
                cell.id(),
                time.left(
                    pretrainingsLeft(missing.subList(number, missing.size())),
                    missing.size() - number)));
    if (cell.pretraining() != null && !pretrain(cell.pretraining())) {
      return false;
    }
    CellResult result = finetune(cell);
    if (result == null) {
      return false;
    }
    JsonLines.add(folder.cells(), "cell", result.toJson());
    AblationFolder.dropCheckpoints(folder.cell(cell));
    context
        .progress()
        .say(
            String.format(
                Locale.ROOT,
                "%s: Dice %.4f, HD95 %.2f mm over %d test cases.",
                cell.id(),
                result.dice(),
                result.hd95(),
                result.scores().size()));
    AblationTable.write(folder, results());
    return true;
  }

  private int pretrainingsLeft(List<Cell> cells) {
    Set<String> ids = new HashSet<>();
    for (Cell c : cells) {
      if (c.pretraining() != null
          && !Files.exists(folder.pretraining(c.pretraining()).pretrained())) {
        ids.add(c.pretraining().id());
      }
    }
    return ids.size();
  }

  // ---- pretraining

  private boolean pretrain(Pretraining p) {
    RunFolder own = folder.pretraining(p);
    if (Files.exists(own.pretrained())) {
      return true;
    }
    long begin = System.nanoTime();
    List<DescribedVolume> heldOut =
        p.alignment() == AlignmentKind.NONE ? List.of() : shared.heldOut();
    PreparedData data = shared.data();
    try (PretrainStage stage =
        new PretrainStage(
            context.device(),
            data.plan().network(),
            data.plan().patch(),
            settings.pretrain().withAlignment(p.alignment()),
            shared.described(p.captions(), p.seed()),
            shared.encoder(),
            p.seed())) {
      SliceEmbeddings before = embeddings(stage, heldOut);
      if (!train(stage, own)) {
        return false;
      }
      if (!heldOut.isEmpty()) {
        GapReport.write(folder, p, before, embeddings(stage, heldOut));
      }
      Checkpoint.writer(stage.network()).module(stage.module()).write(own.pretrained());
    }
    AblationFolder.dropCheckpoints(own);
    time.pretrained((System.nanoTime() - begin) * 1e-9);
    return true;
  }

  private SliceEmbeddings embeddings(PretrainStage stage, List<DescribedVolume> heldOut) {
    return SliceEmbeddings.of(stage.pretrained(), shared.data().plan().patch(), heldOut);
  }

  // ---- fine-tuning

  /** The cell's scores; null when the user stopped the work. */
  private CellResult finetune(Cell cell) {
    long begin = System.nanoTime();
    RunFolder own = folder.cell(cell);
    PreparedData data = shared.data();
    List<String> ids = data.training().stream().map(Case::id).toList();
    List<String> labelled = SharedData.labelled(ids, cell.labels(), cell.seed());
    List<TrainingCase> training = data.prepared().only(labelled);
    Validation none =
        new Validation(
            data.plan(),
            List.of(),
            settings.inference(),
            own.checkpoints().resolve("unused.safetensors"));
    try (FinetuneStage stage =
        new FinetuneStage(
            context.device(), data.plan(), settings.finetune(), training, none, cell.seed())) {
      if (cell.pretraining() != null) {
        TrainingRun.startFromPretrained(
            stage,
            folder.pretraining(cell.pretraining()).pretrained(),
            settings.finetune().start());
      }
      if (!train(stage, own)) {
        return null;
      }
      Map<String, Score> scores = scores(stage);
      if (scores == null) {
        return null;
      }
      double seconds = (System.nanoTime() - begin) * 1e-9;
      time.finished(seconds);
      return new CellResult(
          cell.id(), cell.method(), cell.labels(), cell.seed(), labelled.size(), seconds, scores);
    }
  }

  /** Scores of the test cases on their files' own grids; null when the user stopped the work. */
  private Map<String, Score> scores(FinetuneStage stage) {
    PreparedData data = shared.data();
    Map<String, Score> scores = new LinkedHashMap<>();
    stage.trained().train(false);
    try (Ema.Applied averaged = stage.ema().apply();
        Segmenter segmenter = new Segmenter(data.plan(), stage.trained(), settings.inference())) {
      for (Case c : data.test()) {
        if (context.stop().getAsBoolean()) {
          return null;
        }
        LabelledScan scan = data.dataset().load(c);
        CaseScore s =
            CaseScore.of(
                c.id(), segmenter.segment(scan.channels()), scan.labels(), data.dataset().labels());
        scores.put(c.id(), new Score(s.dice(), s.hd95()));
      }
    }
    return scores;
  }

  // ---- both

  /** Trains in a folder of its own, from its checkpoint where there is one. */
  private <B> boolean train(Stage<B> stage, RunFolder own) {
    try (MetricsLog log = MetricsLog.open(own.root())) {
      return Trainer.run(
          stage,
          new TrainingContext(
              own.root(),
              context.device(),
              true,
              context.checkpointEvery(),
              new LogSink(log),
              context.progress(),
              context.stop()));
    }
  }
}
