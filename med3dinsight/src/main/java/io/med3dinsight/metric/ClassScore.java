package io.med3dinsight.metric;

/**
 * Agreement of one structure in one case.
 *
 * @param label value in the label maps
 * @param name the structure's name
 * @param dice 2 |P and R| / (|P| + |R|), between 0 and 1; 1 when both are empty
 * @param hd95 95th percentile Hausdorff distance in mm; 0 when both are empty, the length of the
 *     image's diagonal when exactly one is, so that a missed structure counts
 * @param predictedVoxels size of the structure in the prediction
 * @param referenceVoxels size of the structure in the reference
 */
public record ClassScore(
    int label, String name, double dice, double hd95, long predictedVoxels, long referenceVoxels) {}
