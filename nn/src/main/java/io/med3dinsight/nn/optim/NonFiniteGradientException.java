package io.med3dinsight.nn.optim;

/** A gradient that is infinite or not a number; no parameter was changed. */
public final class NonFiniteGradientException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NonFiniteGradientException(String message) {
    super(message);
  }
}
