package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import org.junit.jupiter.api.function.Executable;

/** What every refusal of data has to look like. */
public final class Sentences {
  private Sentences() {}

  /** Runs what must be refused, and checks that the message is one sentence with these words. */
  public static String refused(Executable action, String... words) {
    DataException e = assertThrows(DataException.class, action);
    String message = e.getMessage();
    assertTrue(message.endsWith("."), message);
    assertFalse(message.contains("\n"), message);
    assertFalse(message.matches(".*(?<!')\\bnull\\b.*"), message);
    assertTrue(message.length() < 500, message);
    for (String word : words) {
      assertTrue(message.contains(word), "\"" + word + "\" in: " + message);
    }
    return message;
  }
}
