package io.med3dinsight.engine.tensor;

/**
 * Operands whose shapes, types or devices do not fit the operation; the message names the operation
 * and what it was given.
 */
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public ShapeException(String message) {
    super(message);
  }
}
