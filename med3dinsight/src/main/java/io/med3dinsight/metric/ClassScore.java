package io.med3dinsight.metric;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Agreement of one structure in one case.
 *
 * @param label value in the label maps
 * @param name the structure's name
 * @param values a finite score for every {@link Measure}
 * @param predictedVoxels size of the structure in the prediction
 * @param referenceVoxels size of the structure in the reference
 * @param voxelMl volume of a voxel in ml
 */
public record ClassScore(
    int label,
    String name,
    Map<Measure, Double> values,
    long predictedVoxels,
    long referenceVoxels,
    double voxelMl) {

  public ClassScore {
    values = Collections.unmodifiableMap(new EnumMap<>(values));
    if (values.size() != Measure.values().length) {
      throw new IllegalArgumentException("scores " + values.keySet() + ", expected every measure");
    }
  }

  /** The score by one measure. */
  public double value(Measure measure) {
    return values.get(measure);
  }

  /** Overlap, 0 to 1. */
  public double dice() {
    return value(Measure.DICE);
  }

  /** 95th percentile Hausdorff distance in mm. */
  public double hd95() {
    return value(Measure.HD95);
  }

  /** Volume of the structure in the prediction, ml. */
  public double predictedMl() {
    return predictedVoxels * voxelMl;
  }

  /** Volume of the structure in the reference, ml. */
  public double referenceMl() {
    return referenceVoxels * voxelMl;
  }

  /** The reference has the structure, the prediction not a voxel of it. */
  public boolean missed() {
    return predictedVoxels == 0 && referenceVoxels > 0;
  }

  /** The prediction has the structure, the reference not a voxel of it. */
  public boolean invented() {
    return predictedVoxels > 0 && referenceVoxels == 0;
  }

  /** Neither has the structure. */
  public boolean absent() {
    return predictedVoxels == 0 && referenceVoxels == 0;
  }
}
