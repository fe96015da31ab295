package io.med3dinsight.network;

import java.util.Arrays;

/**
 * nnU-Net's rule for flat kernels (Isensee et al. 2021, and the topology of nnU-Net v2's planner):
 * where voxels are much longer along one axis, neighbours along it have little in common, and a
 * kernel does not mix them. An axis has a kernel of 1 as long as its voxels are at least twice as
 * long as the finest axis' at that stage, and of 3 from the stage on at which strides have brought
 * them together; the coarsest stage is 3x3x3 in any case.
 *
 * @see <a href="https://github.com/MIC-DKFZ/nnUNet">nnU-Net, network_topology.py</a>
 */
public final class FlatKernels {
  private static final double APART = 2;

  private FlatKernels() {}

  /**
   * Kernels D, H, W of each stage.
   *
   * @param strides for each stage the steps D, H, W with which it is entered
   * @param spacing voxel size along D, H, W of the volumes
   */
  public static int[][] of(int[][] strides, double[] spacing) {
    double[] mm = spacing.clone();
    int[] kernel = {1, 1, 1};
    int[][] kernels = new int[strides.length][];
    for (int s = 0; s < strides.length; s++) {
      for (int a = 0; a < 3; a++) {
        mm[a] *= strides[s][a];
      }
      double finest = Arrays.stream(mm).min().orElseThrow();
      for (int a = 0; a < 3; a++) {
        boolean together = mm[a] < APART * finest || s == strides.length - 1;
        kernel[a] = together ? 3 : kernel[a];
      }
      kernels[s] = kernel.clone();
    }
    return kernels;
  }
}
