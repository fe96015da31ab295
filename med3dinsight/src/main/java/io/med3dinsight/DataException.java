package io.med3dinsight;

/**
 * Input that cannot be used: a damaged file, an image and label that do not fit, an unknown label
 * value. The message is one sentence naming the file, what was found, what was expected and what to
 * do. The command line ends with exit code 3.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
