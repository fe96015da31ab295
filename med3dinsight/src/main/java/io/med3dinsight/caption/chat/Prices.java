package io.med3dinsight.caption.chat;

import io.med3dinsight.UsageException;

/**
 * What tokens cost, in any currency.
 *
 * @param input per million tokens of questions; a picture is some hundred to some thousand tokens
 * @param output per million tokens of answers
 */
public record Prices(double input, double output) {
  private static final double MILLION = 1e6;

  public Prices {
    if (!(input >= 0 && output >= 0 && input + output < Double.POSITIVE_INFINITY)) {
      throw new UsageException(
          "The prices are " + input + " and " + output + " a million tokens: expected 0 or more.");
    }
  }

  /** Whether any price is known. */
  public boolean known() {
    return input + output > 0;
  }

  double of(long inputTokens, long outputTokens) {
    return (input * inputTokens + output * outputTokens) / MILLION;
  }
}
