package io.med3dinsight.slice;

import java.util.Locale;

/**
 * An anatomical plane of a volume oriented RAS and stored [D,H,W] (D towards superior, H towards
 * anterior, W towards right).
 */
public enum Plane {
  /** Fixed D; rows run towards anterior, columns towards right. */
  AXIAL("inferior", "superior"),
  /** Fixed H; rows run towards superior, columns towards right. */
  CORONAL("posterior", "anterior"),
  /** Fixed W; rows run towards superior, columns towards anterior. */
  SAGITTAL("left", "right");

  private final String from;
  private final String to;

  Plane(String from, String to) {
    this.from = from;
    this.to = to;
  }

  /** The side on which slice 0 lies. */
  public String from() {
    return from;
  }

  /** The side on which the last slice lies. */
  public String to() {
    return to;
  }

  /** The axis of [D,H,W] that is fixed. */
  public int axis() {
    return ordinal();
  }

  /** The side of the patient on which row 0 lies. */
  public String rowFrom() {
    return this == AXIAL ? "posterior" : "inferior";
  }

  /** The side of the patient on which the last row lies. */
  public String rowTo() {
    return this == AXIAL ? "anterior" : "superior";
  }

  /** The side of the patient on which column 0 lies. */
  public String columnFrom() {
    return this == SAGITTAL ? "posterior" : "left";
  }

  /** The side of the patient on which the last column lies. */
  public String columnTo() {
    return this == SAGITTAL ? "anterior" : "right";
  }

  /** The name in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
