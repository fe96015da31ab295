package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names of a run's volumes, with which those in a file of captions have to agree. They are
 * known before any volume is read, and a file that does not fit is refused then: to prepare volumes
 * may take hours.
 *
 * @param place where the volumes come from, for messages
 * @param known names of all volumes of the place, those that are not used included
 * @param learning names of the volumes to learn from
 */
record CaptionedVolumes(Path place, Set<String> known, Collection<String> learning) {
  /** Unknown cases that a message names; there may be thousands. */
  private static final int NAMED = 5;

  /**
   * Reads the captions that the settings name, unless the run's folder has its own already.
   *
   * @throws DataException when they do not fit
   */
  void check(RunSettings settings, RunFolder folder) {
    Path file = settings.describe().captions();
    if (settings.pretrain().enabled() && file != null && !Files.exists(folder.captions())) {
      read(file);
    }
  }

  /**
   * Reads captions from outside.
   *
   * @throws DataException when one is of an unknown volume, or a volume to learn from has none
   */
  List<Caption> read(Path file) {
    List<Caption> captions = CaptionFile.read(file);
    requireKnown(captions, file);
    requireDescribed(captions, file);
    return captions;
  }

  private void requireKnown(List<Caption> captions, Path file) {
    Set<String> unknown = new LinkedHashSet<>();
    captions.stream().map(Caption::volume).filter(v -> !known.contains(v)).forEach(unknown::add);
    if (!unknown.isEmpty()) {
      throw new DataException(
          file
              + " describes "
              + unknown.stream().limit(NAMED).collect(Collectors.joining(", "))
              + (unknown.size() > NAMED ? " and " + (unknown.size() - NAMED) + " more" : "")
              + ", but "
              + place
              + " has no such case (it has "
              + known.stream().sorted().findFirst().orElse("none")
              + " and others); correct the names, or remove these lines.");
    }
  }

  /**
   * @throws DataException when a volume to learn from has no caption
   */
  void requireDescribed(List<Caption> captions, Path file) {
    Set<String> described = captions.stream().map(Caption::volume).collect(Collectors.toSet());
    for (String id : learning) {
      if (!described.contains(id)) {
        throw new DataException(
            file
                + " describes no slice of training case "
                + id
                + ": add some, or leave describe.captions out.");
      }
    }
  }
}
