package io.med3dinsight.engine.cuda;

/** A step needs the host in its middle, so that it cannot be captured as a graph. */
public final class NotCapturableException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public NotCapturableException(String message) {
    super(message);
  }
}
