package io.med3dinsight.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which cases train and which are held out.
 *
 * @param train ids for training, at least one
 * @param test ids for evaluation only, none of them in {@code train}
 */
public record Split(List<String> train, List<String> test) {
  public Split {
    train = List.copyOf(train);
    test = List.copyOf(test);
  }

  /** Names under which a dataset's folder may hold its split; the second is nnU-Net's. */
  private static final List<String> FILES = List.of("splits.json", "splits_final.json");

  /** The split of a dataset with the first fold; see the other method. */
  public static Split of(MsdDataset dataset, double testShare, long seed) {
    return of(dataset, testShare, seed, 0);
  }

  /**
   * The split of a dataset: its splits.json or splits_final.json when there is one, otherwise at
   * random.
   *
   * @param testShare share of the cases to hold out, between 0 and 1
   * @param fold which fold of nnU-Net's splits_final.json, from 0
   */
  public static Split of(MsdDataset dataset, double testShare, long seed, int fold) {
    Split split =
        FILES.stream()
            .map(dataset.folder()::resolve)
            .filter(Files::isRegularFile)
            .findFirst()
            .map(file -> read(file, fold))
            .orElseGet(() -> random(dataset.ids(), testShare, seed));
    dataset.cases(split.train());
    dataset.cases(split.test());
    return split;
  }

  /**
   * A random split that depends only on the ids, in any order, and the seed. Both parts keep the
   * ids in alphabetical order.
   *
   * @param testShare share of the ids to hold out; at least one id goes to each part
   * @throws UsageException when the share is not between 0 and 1
   * @throws DataException when there are fewer than two ids
   */
  public static Split random(List<String> ids, double testShare, long seed) {
    if (!(testShare > 0 && testShare < 1)) {
      throw new UsageException(
          "a test share of " + testShare + " cannot be used; expected a number between 0 and 1.");
    }
    if (ids.size() < 2) {
      throw new DataException(
          ids.size() + " labelled case(s) cannot be split; at least 2 are needed.");
    }
    List<String> order = new ArrayList<>(ids);
    Collections.sort(order);
    Draws draws = new Draws(seed);
    for (int i = order.size() - 1; i > 0; i--) {
      Collections.swap(order, i, draws.nextInt(i + 1));
    }
    int held = (int) Math.round(testShare * order.size());
    held = Math.min(Math.max(held, 1), order.size() - 1);
    return new Split(
        order.subList(held, order.size()).stream().sorted().toList(),
        order.subList(0, held).stream().sorted().toList());
  }

  /** Reads a split, the first fold of several; see the other method. */
  public static Split read(Path file) {
    return read(file, 0);
  }

  /**
   * Reads {"train": [ids], "test": [ids]}, or nnU-Net's [{"train": [ids], "val": [ids]}, ...], of
   * which the fold's "val" cases are held out.
   *
   * @param fold from 0
   * @throws DataException when the file is missing or not of that form, or an id is in both lists
   */
  public static Split read(Path file, int fold) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + " does not exist; expected a split as JSON.");
    }
    JsonNode root = DatasetJson.parse(file);
    if (root.isArray() && root.isEmpty()) {
      throw new DataException(file + " holds no fold; expected lists \"train\" and \"val\".");
    }
    if (fold < 0 || fold >= (root.isArray() ? root.size() : 1)) {
      throw new UsageException(
          "fold "
              + fold
              + " is not in "
              + file
              + ", which has "
              + (root.isArray() ? root.size() : 1)
              + "; they count from 0.");
    }
    JsonNode own = root.isArray() ? root.get(fold) : root;
    Split split =
        new Split(ids(own, "train", file), ids(own, root.isArray() ? "val" : "test", file));
    Set<String> seen = new HashSet<>(split.train());
    for (String id : split.test()) {
      if (seen.contains(id)) {
        throw new DataException(
            file + " names " + id + " for training and for testing; it can be in one list only.");
      }
    }
    if (split.train().isEmpty()) {
      throw new DataException(file + " names no case for training; expected at least one.");
    }
    return split;
  }

  private static List<String> ids(JsonNode root, String list, Path file) {
    JsonNode node = root.path(list);
    List<String> ids = new ArrayList<>();
    for (JsonNode id : node) {
      ids.add(id.asText());
    }
    if (!node.isArray() || new HashSet<>(ids).size() != ids.size() || ids.contains("")) {
      throw new DataException(
          file + " has no usable list \"" + list + "\"; expected distinct case ids as strings.");
    }
    return ids;
  }
}
