package io.med3dinsight.training;

import io.med3dinsight.UsageException;

/**
 * What the settings of one group may be.
 *
 * @param group as it stands before the dot, such as "finetune"
 */
public record Bounds(String group) {
  /**
   * @throws UsageException unless the value is above 0
   */
  public void positive(String name, double value) {
    require(value > 0, name, value, "more than 0");
  }

  /**
   * @throws UsageException unless the value is 0 or more, and below 1
   */
  public void share(String name, double value) {
    require(value >= 0 && value < 1, name, value, "0 to below 1");
  }

  /**
   * @throws UsageException when the value is below 0
   */
  public void notNegative(String name, double value) {
    require(value >= 0, name, value, "0 or more");
  }

  private void require(boolean usable, String name, double value, String expected) {
    if (!usable) {
      throw new UsageException(
          group
              + "."
              + name
              + " is "
              + Double.toString(value).replaceFirst("\\.0$", "")
              + ": expected "
              + expected
              + ".");
    }
  }
}
