package io.med3dinsight.nn.data;

/**
 * A sample that could not be loaded; the message names the case, the cause is the original
 * exception.
 */
public final class SampleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SampleException(String message, Throwable cause) {
    super(message, cause);
  }
}
