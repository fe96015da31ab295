package io.med3dinsight.volume;

import io.med3dinsight.DataException;

/**
 * Reads an ANALYZE 7.5 header as SPM2 and nibabel do: the first axis runs to the left, the origin
 * is SPM's when it is set to something near the image and the centre otherwise, and intensities are
 * scaled by SPM's slope or, without one, by the ranges that the header states.
 *
 * <p>Source: nibabel's spm2analyze and spm99analyze, whose choices these are.
 */
record AnalyzeParser(NiftiFields f, String file) {

  NiftiHeader parse() {
    long[] dims = NiftiHeader.dims(f, file);
    VoxelType type = type();
    double[] zooms = new double[dims.length];
    for (int i = 0; i < zooms.length; i++) {
      double size = Math.abs(f.pixdim(i + 1));
      zooms[i] = i < 3 && size == 0 ? 1 : size;
    }
    double[] scaling = scaling();
    double offset = f.voxelOffset();
    if (!(offset >= 0 && offset <= 1e15)) {
      throw new DataException(
          file + " puts its voxels at byte " + offset + ", expected 0 or more; repair its header.");
    }
    Affine affine = NiftiHeader.usable(affine(dims, zooms), "voxel size", file);
    return new NiftiHeader(
        "ANALYZE 7.5",
        f.b().capacity(),
        true,
        f.b().order(),
        type,
        dims,
        zooms,
        (long) offset,
        scaling[0],
        scaling[1],
        affine,
        GridOrigin.computed(affine),
        "unknown (taken as mm)");
  }

  private VoxelType type() {
    VoxelType type = VoxelType.ofCode(f.datatype(), file);
    if (f.datatype() > VoxelType.FLOAT64.code()) {
      throw new DataException(
          file
              + " stores voxels as datatype "
              + f.datatype()
              + ", which ANALYZE does not have; convert it to NIfTI.");
    }
    return type;
  }

  private double[] scaling() {
    double slope = f.slope();
    if (slope != 0 && Double.isFinite(slope)) {
      double intercept = f.intercept();
      return new double[] {slope, Double.isFinite(intercept) ? intercept : 0};
    }
    if (f.glMax() == f.glMin() || f.calMax() == f.calMin()) {
      return new double[] {1, 0};
    }
    float scaledRange = f.calMax() - f.calMin();
    slope = scaledRange / ((double) f.glMax() - f.glMin());
    double intercept = f.calMin() - slope * f.glMin();
    boolean usable = Double.isFinite(slope) && Double.isFinite(intercept);
    return usable ? new double[] {slope, intercept} : new double[] {1, 0};
  }

  private Affine affine(long[] dims, double[] zooms) {
    boolean any = false;
    boolean near = true;
    for (int axis = 0; axis < 3; axis++) {
      int origin = f.origin(axis);
      any |= origin != 0;
      near &= origin > -dims[axis] && origin < 2 * dims[axis];
    }
    double[] rows = new double[12];
    for (int axis = 0; axis < 3; axis++) {
      double zoom = axis == 0 ? -zooms[0] : zooms[axis];
      double origin = any && near ? f.origin(axis) - 1 : (dims[axis] - 1) / 2.0;
      rows[5 * axis] = zoom;
      rows[4 * axis + 3] = -origin * zoom;
    }
    return Affine.of(rows);
  }
}
