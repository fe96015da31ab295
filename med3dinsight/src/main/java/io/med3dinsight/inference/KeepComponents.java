package io.med3dinsight.inference;

/** Which connected parts of each structure stay in a label map. */
public enum KeepComponents {
  /** All. */
  ALL,
  /** The largest, of voxels that share a face (6 neighbours). */
  LARGEST_6,
  /** The largest, of voxels that share a face, an edge or a corner (26 neighbours). */
  LARGEST_26
}
