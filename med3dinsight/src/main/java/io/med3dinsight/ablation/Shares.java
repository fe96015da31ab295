package io.med3dinsight.ablation;

import java.math.BigDecimal;

/** Shares as text. */
final class Shares {
  private Shares() {}

  /** Without zeros at the end: 0.2. */
  static String text(double share) {
    return BigDecimal.valueOf(share).stripTrailingZeros().toPlainString();
  }

  /** In percent: 0.05 gives 5. */
  static String percent(double share) {
    return BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString();
  }
}
