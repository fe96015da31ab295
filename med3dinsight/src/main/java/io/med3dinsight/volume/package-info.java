/**
 * Scans and label maps on their voxel grids: NIfTI files, orientation, resampling and intensity
 * normalisation.
 *
 * <p>Voxels are [D, H, W] row-major, the file's first axis fastest: W is NIfTI axis i, H is j and D
 * is k. After {@link io.med3dinsight.volume.Orientation} has turned a volume to RAS, W runs to the
 * patient's right, H to anterior and D to superior.
 */
package io.med3dinsight.volume;
