package io.med3dinsight.dataset;

/**
 * Random changes of training patches. Each change happens with its own probability, and its
 * strength is uniform between two bounds.
 *
 * @param flipX mirror left and right in half of the patches; also for {@code flipY} (anterior) and
 *     {@code flipZ} (superior)
 * @param rotation degrees about each of the three axes, around the patch's centre
 * @param scaling factor of magnification, above 0
 * @param noise standard deviation of added noise, in normalised intensities
 * @param blur standard deviation of Gaussian smoothing in voxels, at most 1.5
 * @param brightness factor on all intensities
 * @param contrast factor on the difference from the patch's mean, without leaving its range
 * @param gamma exponent on intensities scaled to 0..1; mean and deviation are kept
 */
public record Augmentation(
    boolean flipX,
    boolean flipY,
    boolean flipZ,
    Change rotation,
    Change scaling,
    Change noise,
    Change blur,
    Change brightness,
    Change contrast,
    Change gamma) {

  /**
   * A change of random strength.
   *
   * @param probability 0..1
   * @param low weakest
   * @param high strongest
   */
  public record Change(double probability, double low, double high) {
    /** A change that never happens. */
    public static final Change NEVER = new Change(0, 0, 0);

    public Change {
      if (!(probability >= 0 && probability <= 1) || !(low <= high)) {
        throw new IllegalArgumentException(
            "change with probability "
                + probability
                + " from "
                + low
                + " to "
                + high
                + ", expected a probability from 0 to 1 and bounds in order");
      }
    }
  }

  public Augmentation {
    if (scaling.probability() > 0 && !(scaling.low() > 0)) {
      throw new IllegalArgumentException("scaling from " + scaling.low() + ", expected above 0");
    }
    if (blur.high() > 1.5 || blur.low() < 0) {
      throw new IllegalArgumentException(
          "blur from " + blur.low() + " to " + blur.high() + " voxels, expected within 0 to 1.5");
    }
    if (gamma.probability() > 0 && !(gamma.low() > 0)) {
      throw new IllegalArgumentException("gamma from " + gamma.low() + ", expected above 0");
    }
  }

  /**
   * Changes the intensities of one patch in place; its geometry stays as it is.
   *
   * @param image receives the changes in {@code size.voxels()} values from {@code at}
   */
  public void changeIntensities(float[] image, int at, PatchSize size, Draws draws) {
    new Intensities(image, at, size).change(this, draws);
  }

  /** Patches as they are. */
  public static Augmentation none() {
    return new Augmentation(
        false,
        false,
        false,
        Change.NEVER,
        Change.NEVER,
        Change.NEVER,
        Change.NEVER,
        Change.NEVER,
        Change.NEVER,
        Change.NEVER);
  }

  /**
   * The mixture that nnU-Net trains with (Isensee et al. 2021, supplement), without its simulation
   * of low resolution.
   */
  public static Augmentation standard() {
    return new Augmentation(
        true,
        true,
        true,
        new Change(0.2, -30, 30),
        new Change(0.2, 0.7, 1.4),
        new Change(0.1, 0, 0.3),
        new Change(0.2, 0.5, 1),
        new Change(0.15, 0.75, 1.25),
        new Change(0.15, 0.75, 1.25),
        new Change(0.3, 0.7, 1.5));
  }
}
