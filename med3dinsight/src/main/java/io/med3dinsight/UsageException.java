package io.med3dinsight;

/**
 * An option or setting that cannot be used. The message is one sentence naming the argument, what
 * was found, what was expected and what to do. The command line ends with exit code 2.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
