package io.med3dinsight.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Which build of the program this is.
 *
 * @param version version of the program
 * @param commit git commit it was built from, with "-dirty" when files had been changed; "unknown"
 *     outside a git checkout
 * @param libraries version of each library, by name
 */
public record Build(String version, String commit, Map<String, String> libraries) {
  private static final String UNKNOWN = "unknown";
  private static final String LIBRARY = "library.";

  /** The build that is running. */
  public static Build current() {
    Properties values = load("libraries.properties");
    Properties git = load("git.properties");
    String commit = git.getProperty("commit", "");
    if (commit.isBlank()) {
      commit = UNKNOWN;
    }
    if (Boolean.parseBoolean(git.getProperty("dirty"))) {
      commit += "-dirty";
    }
    Map<String, String> libraries = new TreeMap<>();
    for (String key : values.stringPropertyNames()) {
      if (key.startsWith(LIBRARY)) {
        libraries.put(key.substring(LIBRARY.length()), values.getProperty(key));
      }
    }
    return new Build(values.getProperty("version", UNKNOWN), commit, libraries);
  }

  private static Properties load(String resource) {
    Properties values = new Properties();
    // Neither file is there when classes are compiled without Maven.
    try (InputStream in = Build.class.getResourceAsStream(resource)) {
      if (in != null) {
        values.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The program's jar is damaged at " + resource, e);
    }
    return values;
  }
}
