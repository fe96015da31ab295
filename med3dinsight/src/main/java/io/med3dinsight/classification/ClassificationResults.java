package io.med3dinsight.classification;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.med3dinsight.dataset.MedMnist;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.volume.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Probabilities of images.
 *
 * @param classes names of the classes
 * @param ids names of the images
 * @param labels true classes; null where they are not known
 * @param probabilities [images][classes]
 */
public record ClassificationResults(
    List<String> classes, List<String> ids, int[] labels, double[][] probabilities) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The probabilities that a model gives to images of known classes. */
  public static ClassificationResults of(Classifier classifier, PreparedImages images) {
    return new ClassificationResults(
        classifier.plan().classes(),
        images.ids(),
        images.labels(),
        classifier.probabilities(images.images()));
  }

  /** The probabilities that a model gives to a split of a MedMNIST3D file. */
  public static ClassificationResults ofMedMnist(
      Classifier classifier, Path file, MedMnist.Split split) {
    ClassificationData data =
        new ClassificationData(new MedMnistImages(file), io.med3dinsight.progress.Progress.NONE);
    return of(classifier, data.prepared(split, classifier.plan()));
  }

  /** The scores; the labels must be known. */
  public ClassificationScores scores() {
    return ClassificationScores.of(labels, probabilities);
  }

  /** Mean of -log of the true class's probability, which counts as at least 1e-12. */
  double logLoss() {
    double sum = 0;
    for (int i = 0; i < labels.length; i++) {
      sum -= Math.log(Math.max(1e-12, probabilities[i][labels[i]]));
    }
    return sum / labels.length;
  }

  /** The most probable class, the lower of equals. */
  private String predicted(int image) {
    double[] p = probabilities[image];
    int top = 0;
    for (int c = 1; c < p.length; c++) {
      top = p[c] > p[top] ? c : top;
    }
    return classes.get(top);
  }

  /** Writes a line per image: id, true class where known, class chosen, probabilities. */
  public void writeCsv(Path file) {
    CsvSchema.Builder schema = CsvSchema.builder().addColumn("id");
    if (labels != null) {
      schema.addColumn("label");
    }
    schema.addColumn("predicted");
    classes.forEach(c -> schema.addColumn("p_" + c));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      List<String> row = new ArrayList<>();
      row.add(ids.get(i));
      if (labels != null) {
        row.add(classes.get(labels[i]));
      }
      row.add(predicted(i));
      for (double p : probabilities[i]) {
        row.add(Double.toString(p));
      }
      rows.add(row);
    }
    AtomicFile.write(
        file,
        out ->
            out.write(
                new CsvMapper()
                    .writerFor(List.class)
                    .with(schema.setUseHeader(true).build())
                    .writeValueAsString(rows)
                    .getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes the same as JSON. */
  public void writeJson(Path file) {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode names = root.putArray("classes");
    classes.forEach(names::add);
    ObjectNode cases = root.putObject("cases");
    for (int i = 0; i < ids.size(); i++) {
      ObjectNode one = cases.putObject(ids.get(i));
      if (labels != null) {
        one.put("label", classes.get(labels[i]));
      }
      one.put("predicted", predicted(i));
      ArrayNode p = one.putArray("probabilities");
      for (double v : probabilities[i]) {
        p.add(v);
      }
    }
    AtomicFile.write(
        file,
        out -> {
          out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
          out.write('\n');
        });
  }

  /**
   * Writes MedMNIST's result file, which its evaluator reads: a line per image in the split's
   * order, its number and the classes' probabilities, without a header. The name holds the scores.
   *
   * @param dataset name of the data set with its size, such as adrenalmnist3d_64
   * @param split train, val or test
   * @param run name of the run
   * @return the file
   */
  public Path writeMedMnist(Path folder, String dataset, String split, String run) {
    ClassificationScores s = scores();
    Path file =
        folder.resolve(
            String.format(
                Locale.ROOT,
                "%s_%s_[AUC]%.3f_[ACC]%.3f@%s.csv",
                dataset,
                split,
                s.auc(),
                s.accuracy(),
                run));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < probabilities.length; i++) {
      text.append(i);
      for (double p : probabilities[i]) {
        text.append(',').append(p);
      }
      text.append('\n');
    }
    AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
    return file;
  }
}
