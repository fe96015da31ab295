package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.nn.Module;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * How a file's names become a module's: a prefix goes, another comes, and spellings that mean the
 * same ({@code swin_vit} and {@code swinViT}, {@code fc1} and {@code linear1}) count as equal.
 *
 * @param from what the file's names begin with and the module's do not, such as {@code module.}
 * @param to what the module's names begin with and the file's do not
 */
public record Renaming(String from, String to) {
  private static final int MAX_DEPTH = 3;
  private static final int MAX_PREFIXES = 64;

  /** Names as they are, but for spellings. */
  public static Renaming none() {
    return new Renaming("", "");
  }

  /**
   * The module's name for a file's, spelt in the common way; null for a name without the prefix.
   */
  String apply(String stored) {
    return stored.startsWith(from) ? common(to + stored.substring(from.length())) : null;
  }

  /** One spelling for names that mean the same. */
  static String common(String name) {
    String[] parts = name.split("\\.", -1);
    for (int i = 0; i < parts.length; i++) {
      parts[i] =
          switch (parts[i]) {
            case "swin_vit" -> "swinViT";
            case "fc1" -> "linear1";
            case "fc2" -> "linear2";
            default -> parts[i];
          };
    }
    return String.join(".", parts);
  }

  /** The renaming under which most tensors match in name and shape; of equals the shortest. */
  static Renaming best(Module module, TensorSource source) {
    Map<String, Shape> wanted = new HashMap<>();
    module
        .namedState()
        .forEach((name, s) -> wanted.put(common(name), s.layout().torchShape(s.tensor().shape())));
    Renaming best = none();
    int most = -1;
    for (String from : prefixes(source.names())) {
      for (String to : prefixes(module.namedState().keySet())) {
        Renaming r = new Renaming(from, to);
        int matches = 0;
        for (String stored : source.names()) {
          String name = r.apply(stored);
          if (name != null && source.shape(stored).equals(wanted.get(name))) {
            matches++;
          }
        }
        if (matches > most) {
          best = r;
          most = matches;
        }
      }
    }
    return best;
  }

  /** Beginnings of names up to a dot, the empty one first. */
  private static Set<String> prefixes(Set<String> names) {
    Set<String> found = new LinkedHashSet<>();
    found.add("");
    for (int depth = 1; depth <= MAX_DEPTH; depth++) {
      for (String name : names) {
        int end = -1;
        for (int i = 0; i < depth; i++) {
          int dot = name.indexOf('.', end + 1);
          end = dot < 0 ? name.length() : dot;
        }
        if (end < name.length() && found.size() < MAX_PREFIXES) {
          found.add(name.substring(0, end + 1));
        }
      }
    }
    return found;
  }

  /** What was done, for a report; empty for nothing. */
  String describe() {
    if (from.isEmpty() && to.isEmpty()) {
      return "";
    }
    return "'" + from + "' read as '" + to + "'";
  }
}
