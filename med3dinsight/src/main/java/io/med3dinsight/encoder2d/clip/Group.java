package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Modules under a common name, which others call. */
final class Group extends Module {
  Group(Setup setup, Map<String, Module> parts) {
    super(setup);
    // Sorted, as the order of a Map.of changes from run to run.
    new TreeMap<>(parts).forEach(this::register);
  }

  /** Modules named 0, 1, 2, ... */
  static Group numbered(Setup setup, List<? extends Module> parts) {
    Group g = new Group(setup, Map.of());
    for (int i = 0; i < parts.size(); i++) {
      g.register(Integer.toString(i), parts.get(i));
    }
    return g;
  }
}
