package io.med3dinsight.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;

/** Scores with the keys of a run's metrics.json. HD95 is in mm. */
final class EvaluationJson {
  private EvaluationJson() {}

  /**
   * {"segmentation": {"test": {"dice": {"mean": ...}, "hd95": ..., "classes": ..., "cases": ...}}}
   */
  static ObjectNode of(Evaluation evaluation) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode test = root.putObject("segmentation").putObject("test");
    test.putObject("dice").put("mean", evaluation.dice());
    test.putObject("hd95").put("mean", evaluation.hd95());
    ObjectNode classes = test.putObject("classes");
    for (Evaluation.ClassMean c : evaluation.classes()) {
      classes
          .putObject(c.name())
          .put("dice", c.dice())
          .put("hd95", c.hd95())
          .put("missed", c.missed());
    }
    ObjectNode cases = test.putObject("cases");
    for (CaseScore c : evaluation.cases()) {
      ObjectNode one = cases.putObject(c.id()).put("dice", c.dice()).put("hd95", c.hd95());
      ObjectNode ofCase = one.putObject("classes");
      for (ClassScore s : c.classes()) {
        ofCase.putObject(s.name()).put("dice", s.dice()).put("hd95", s.hd95());
      }
    }
    return root;
  }
}
