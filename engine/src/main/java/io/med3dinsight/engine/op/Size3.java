package io.med3dinsight.engine.op;

/** One whole number for each spatial axis: depth, height, width. */
public record Size3(int d, int h, int w) {
  public static Size3 of(int all) {
    return new Size3(all, all, all);
  }

  @Override
  public String toString() {
    return d == h && h == w ? String.valueOf(d) : d + "x" + h + "x" + w;
  }
}
