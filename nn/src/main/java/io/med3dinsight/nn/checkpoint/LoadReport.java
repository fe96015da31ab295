package io.med3dinsight.nn.checkpoint;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of each tensor when a checkpoint was loaded into a module.
 *
 * @param matched copied into the module
 * @param missing wanted by the module, not in the file
 * @param unexpected in the file, not wanted by the module
 * @param wrongShape in both, with both shapes (PyTorch's axis order), not copied
 * @param repeated kernels for one channel that were copied for each of several, divided by their
 *     number, with both shapes
 * @param renaming how the file's names were read, empty for as they are
 */
public record LoadReport(
    List<String> matched,
    List<String> missing,
    List<String> unexpected,
    List<String> wrongShape,
    List<String> repeated,
    String renaming) {
  public LoadReport {
    matched = List.copyOf(matched);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    wrongShape = List.copyOf(wrongShape);
    repeated = List.copyOf(repeated);
  }

  /**
   * Whether every tensor of the module was found and every tensor of the file was used, each as it
   * is.
   */
  public boolean complete() {
    return missing.isEmpty() && unexpected.isEmpty() && wrongShape.isEmpty() && repeated.isEmpty();
  }

  /** One line: counts, and the first names of each kind that is not empty. */
  public String summary() {
    List<String> parts = new ArrayList<>();
    parts.add(matched.size() + " matched");
    part(parts, missing, "missing");
    part(parts, unexpected, "unexpected");
    part(parts, wrongShape, "of another shape");
    part(parts, repeated, "repeated over the channels and divided by their number");
    if (!renaming.isEmpty()) {
      parts.add(renaming);
    }
    return String.join(", ", parts);
  }

  private static void part(List<String> parts, List<String> names, String what) {
    if (!names.isEmpty()) {
      String more = names.size() > 3 ? ", ..." : "";
      parts.add(
          names.size()
              + " "
              + what
              + " ("
              + String.join(", ", names.subList(0, Math.min(3, names.size())))
              + more
              + ")");
    }
  }
}
