package io.med3dinsight;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

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

  /**
   * A file or folder that cannot be used because the file system refused.
   *
   * @param done what could not be done with it, such as "read" or "written"
   */
  public static DataException of(Path path, String done, IOException cause) {
    return new DataException(path + " cannot be " + done + ": " + reason(cause) + ".", cause);
  }

  /** Why, in words: the message of many a file system's exception is the name of the file alone. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return e.getMessage() + " is not there";
    }
    if (e instanceof AccessDeniedException) {
      return "access to " + e.getMessage() + " is denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return e.getMessage() + " is there already, or is no folder";
    }
    if (e instanceof CharacterCodingException) {
      return "it is not UTF-8 text";
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
