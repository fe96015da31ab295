package io.med3dinsight.training;

/** A step that has no finite result; the message says what is not finite, the loop says where. */
public final class DivergenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DivergenceException(String message) {
    super(message);
  }
}
