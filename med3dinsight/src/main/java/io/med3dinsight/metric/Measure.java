package io.med3dinsight.metric;

/**
 * A number that says how well a predicted structure P agrees with its reference R. {@link
 * SurfaceDistances} says what the surface is.
 *
 * <p>When both are empty the agreement is perfect: 1 for a share, 0 mm for a distance. When exactly
 * one is empty it is the worst possible: 0 for a share, the length of the image's diagonal for a
 * distance, which no distance inside the image exceeds. So every class of every case has a finite
 * score, and leaving a structure out never improves a mean.
 */
public enum Measure {
  /** 2 |P and R| / (|P| + |R|). */
  DICE("dice", "Dice", false),
  /** |P and R| / |P or R|, the Jaccard index. */
  IOU("iou", "IoU", false),
  /** Share of both surfaces that lies within a tolerance of the other one. */
  SURFACE_DICE("surface_dice", "NSD", false),
  /** The largest distance from a point of one surface to the other, in mm. */
  HD("hd", "HD", true),
  /** The larger of the two directions' 95th percentiles of that distance, in mm. */
  HD95("hd95", "HD95", true),
  /** The mean of that distance over the points of both surfaces, in mm. */
  ASSD("assd", "ASSD", true);

  private final String key;
  private final String title;
  private final boolean distance;

  Measure(String key, String title, boolean distance) {
    this.key = key;
    this.title = title;
    this.distance = distance;
  }

  /** Its name in JSON. */
  public String key() {
    return key;
  }

  /** Its name in CSV, with the unit. */
  public String column() {
    return distance ? key + "_mm" : key;
  }

  /** Its name for people. */
  public String title() {
    return title;
  }

  /** True for a distance in mm, where less is better; false for a share of 0 to 1. */
  public boolean isDistance() {
    return distance;
  }

  /** The score of two structures that are both empty. */
  double best() {
    return distance ? 0 : 1;
  }

  /**
   * The score when exactly one of the two is empty.
   *
   * @param diagonal length of the image's diagonal in mm
   */
  double worst(double diagonal) {
    return distance ? diagonal : 0;
  }
}
