package io.med3dinsight.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.Split;
import io.med3dinsight.fewlabels.Cell;
import io.med3dinsight.fewlabels.CellTrainer;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.training.TrainingContext;
import io.med3dinsight.volume.AtomicFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Segmentation cells: a training run each, on a part of the training cases and with the plan that
 * all of them give, tested on the same cases.
 */
final class SegmentationCells implements CellTrainer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunSettings settings;
  private final Path pretrained;
  private final Split split;
  private final SegmentationPlan plan;

  SegmentationCells(FewLabelsSettings all, RunFolder folder, Progress progress) {
    pretrained = all.pretrained();
    MsdDataset dataset = PreparedData.dataset(all.segmentation(), folder);
    settings = all.segmentation().withData(dataset.folder()).withAbsolutePaths();
    split = PreparedData.split(settings, dataset);
    plan = PreparedData.plan(settings, dataset, dataset.cases(split.train()), progress);
  }

  @Override
  public int[] classes() {
    return new int[split.train().size()];
  }

  @Override
  public int least() {
    return 1;
  }

  @Override
  public Map<String, Double> train(Cell cell, int[] subset, TrainingContext context) {
    List<String> ids =
        java.util.Arrays.stream(subset).sorted().mapToObj(split.train()::get).toList();
    Path part = context.folder().resolve("split.json");
    ObjectNode node = JSON.createObjectNode();
    node.set("train", JSON.valueToTree(ids));
    node.set("test", JSON.valueToTree(split.test()));
    AtomicFile.write(part, out -> out.write(JSON.writeValueAsBytes(node)));
    Path weights = cell.start() == Cell.Start.PRETRAINED ? pretrained : null;
    RunSettings one = settings.fewLabels(part, cell.seed(), weights);
    Evaluation scores = new TrainingRun(one, new RunFolder(context.folder()), context, plan).run();
    if (scores == null) {
      return null;
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("dice", scores.dice());
    values.put("hd95", scores.hd95());
    return values;
  }
}
