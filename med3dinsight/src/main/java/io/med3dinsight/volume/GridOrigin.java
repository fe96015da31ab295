package io.med3dinsight.volume;

/**
 * What a NIfTI header says about its grid beyond the affine; kept so that results written on the
 * grid of an input file carry the same codes and the same numbers.
 *
 * @param version 1 or 2
 * @param sformCode meaning of the affine's target space, 0 when the file has no sform
 * @param qformCode the same for the quaternion form
 * @param qform the quaternion form, in the header's own unit of length
 * @param sform the affine as the header states it, in its own unit of length
 * @param pixdim voxel sizes along i, j, k as the header states them
 * @param units NIfTI's xyzt_units byte; 2 is mm, 10 mm and seconds
 * @param description free text of at most 79 Latin-1 characters
 * @param extensions what follows the header
 */
record GridOrigin(
    int version,
    int sformCode,
    int qformCode,
    Qform qform,
    Affine sform,
    Spacing pixdim,
    int units,
    String description,
    NiftiExtensions extensions) {

  private static final int SCANNER = 1;
  private static final int MILLIMETRES = 2;

  /** For a grid that did not come from a file: an sform in scanner coordinates. */
  static GridOrigin computed(Affine affine) {
    Spacing sizes = new Spacing(affine.spacing(0), affine.spacing(1), affine.spacing(2));
    return new GridOrigin(
        1, SCANNER, 0, Qform.NONE, affine, sizes, MILLIMETRES, "", NiftiExtensions.NONE);
  }
}
