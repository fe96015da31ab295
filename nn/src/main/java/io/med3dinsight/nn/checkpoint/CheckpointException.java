package io.med3dinsight.nn.checkpoint;

/**
 * A checkpoint file that cannot be read, or that holds another network. The command line ends with
 * exit code 3.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
