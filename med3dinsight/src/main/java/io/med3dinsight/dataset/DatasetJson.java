package io.med3dinsight.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** Reads dataset.json. */
final class DatasetJson {
  /** Strict: what a lenient reader would skip or overwrite is a mistake of whoever wrote it. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final Path folder;
  private final Path file;
  private final BiConsumer<String, DataException> incomplete;
  private List<String> channels = List.of();

  DatasetJson(Path folder) {
    this(folder, DatasetJson::refuse);
  }

  /**
   * @param incomplete takes the name of each case of which a file is missing, and the sentence that
   *     says so; the case is left out
   */
  DatasetJson(Path folder, BiConsumer<String, DataException> incomplete) {
    this(folder, folder.resolve("dataset.json"), incomplete);
  }

  private DatasetJson(Path folder, Path file, BiConsumer<String, DataException> incomplete) {
    this.folder = folder;
    this.file = file;
    this.incomplete = incomplete;
  }

  private static void refuse(String name, DataException e) {
    throw e;
  }

  /** The labels that a file declares, whatever else is in it. */
  static SortedMap<Integer, String> labelsOf(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + " is not a file; expected a dataset.json with \"labels\".");
    }
    return new DatasetJson(file.resolveSibling(""), file, DatasetJson::refuse)
        .labels(parse(file).path("labels"));
  }

  /**
   * What a folder's dataset.json says of images alone; one unknown channel without such a file.
   *
   * @param channels what each channel is
   * @param lists whether it lists the cases
   */
  record Images(List<String> channels, boolean lists) {}

  static Images imagesOf(Path folder) {
    Path file = folder.resolve("dataset.json");
    if (!Files.exists(file)) {
      return new Images(List.of(Scan.UNKNOWN), false);
    }
    JsonNode root = parse(file);
    return new Images(new DatasetJson(folder).channels(root), root.has("training"));
  }

  MsdDataset read() {
    requireFolder();
    JsonNode root = parse(file);
    if (!root.isObject()) {
      throw new DataException(file + " is not a JSON object; expected a dataset description.");
    }
    SortedMap<Integer, String> labels = labels(root.path("labels"));
    channels = channels(root);
    boolean listed = root.has("training");
    List<Case> training = listed ? listed(root.path("training"), true) : found("imagesTr", true);
    if (training.isEmpty()) {
      throw new DataException(
          file + " names no training case; expected a list \"training\" of image and label files.");
    }
    List<Case> test =
        root.has("test") ? listed(root.path("test"), false) : found("imagesTs", false);
    requireDistinct(training);
    String name = root.path("name").asText(folder.toAbsolutePath().getFileName() + "");
    return new MsdDataset(
        folder, name, String.join("+", channels), channels, labels, training, test);
  }

  private void requireFolder() {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          folder
              + (Files.exists(folder) ? " is not a folder" : " does not exist")
              + "; expected a folder with dataset.json, imagesTr and labelsTr.");
    }
    if (Files.isRegularFile(file)) {
      return;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      boolean empty = entries.findAny().isEmpty();
      throw new DataException(
          folder
              + (empty ? " is empty" : " has no dataset.json")
              + "; expected a folder with dataset.json, imagesTr and labelsTr.");
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    }
  }

  static JsonNode parse(Path file) {
    try {
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (root == null || root.isMissingNode()) {
        throw new DataException(file + " is empty; expected JSON.");
      }
      return root;
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
      throw new DataException(
          file
              + " is not valid JSON: "
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + where
              + ".",
          e);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }

  /** Names of the channels: {"0": "T1", "1": "T2"}, or one text. */
  private List<String> channels(JsonNode root) {
    JsonNode node = root.has("modality") ? root.path("modality") : root.path("channel_names");
    if (node.isTextual()) {
      return List.of(node.asText());
    }
    SortedMap<Integer, String> names = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getKey().matches("\\d{1,3}")) {
        throw new DataException(
            file + " has the channel \"" + entry.getKey() + "\"; expected numbers from \"0\" on.");
      }
      names.put(Integer.valueOf(entry.getKey()), entry.getValue().asText());
    }
    if (!names.isEmpty() && (names.firstKey() != 0 || names.lastKey() != names.size() - 1)) {
      throw new DataException(
          file + " numbers its channels " + names.keySet() + "; expected 0 and on without gaps.");
    }
    return names.isEmpty() ? List.of(Scan.UNKNOWN) : List.copyOf(names.values());
  }

  /** Both {"0": "background"} and {"background": 0}. */
  private SortedMap<Integer, String> labels(JsonNode node) {
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      boolean byName = entry.getValue().isIntegralNumber();
      String number = byName ? entry.getValue().asText() : entry.getKey();
      String name = byName ? entry.getKey() : entry.getValue().asText();
      if (name.equalsIgnoreCase("ignore")) {
        throw new DataException(
            file
                + " declares an ignored label ("
                + number
                + "), which is not supported; relabel those voxels and remove the entry.");
      }
      if (!number.matches("\\d{1,5}") || labels.put(Integer.valueOf(number), name) != null) {
        throw new DataException(
            file
                + " has an unusable entry \""
                + entry.getKey()
                + "\" in \"labels\"; expected each value once, as \"1\": \"name\" or \"name\": 1.");
      }
    }
    if (labels.size() < 2 || labels.firstKey() != 0 || labels.lastKey() != labels.size() - 1) {
      throw new DataException(
          file
              + " declares the labels "
              + labels.keySet()
              + "; expected the background 0 and at least one more, without gaps.");
    }
    return labels;
  }

  private List<Case> listed(JsonNode list, boolean labelled) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode entry : list) {
      String image = entry.isTextual() ? entry.asText() : entry.path("image").asText("");
      String label = entry.path("label").asText("");
      if (image.isEmpty() || (labelled && label.isEmpty())) {
        throw new DataException(
            file
                + " has the entry "
                + entry
                + "; expected an image"
                + (labelled ? " and a label." : "."));
      }
      try {
        cases.add(listedCase(image, label));
      } catch (DataException e) {
        incomplete.accept(Case.idOf(resolved(image)), e);
      }
    }
    return cases;
  }

  private Case listedCase(String image, String label) {
    List<Path> paths = channelFiles(image);
    Optional<Path> labelPath = label.isEmpty() ? Optional.empty() : Optional.of(existing(label));
    String id = Case.idOf(paths.get(0));
    return new Case(paths.size() > 1 ? id.replaceFirst("_0000$", "") : id, paths, labelPath);
  }

  /** The file itself, or nnU-Net's files of its channels, whose names carry a number more. */
  private List<Path> channelFiles(String image) {
    Path named = resolved(image);
    String stem = Case.idOf(named);
    String ending = named.getFileName().toString().substring(stem.length());
    Path first = named.resolveSibling(stem + "_0000" + ending);
    if (Files.exists(named) || !Files.isRegularFile(first)) {
      return List.of(existing(image));
    }
    List<Path> files = new ArrayList<>();
    for (int c = 0; c < channels.size(); c++) {
      Path channel = named.resolveSibling(String.format("%s_%04d%s", stem, c, ending));
      files.add(existing(folder.relativize(channel).toString()));
    }
    return files;
  }

  private Path resolved(String relative) {
    try {
      return folder.resolve(relative).normalize();
    } catch (InvalidPathException e) {
      throw new DataException(file + " names \"" + relative + "\", which is no path.", e);
    }
  }

  private Path existing(String relative) {
    Path path = resolved(relative);
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          path + " is missing, although " + file + " names it; add the file or remove the entry.");
    }
    return path;
  }

  /** nnU-Net v2: the files CASE_0000, CASE_0001 ... of a folder, with labelsTr/CASE. */
  private List<Case> found(String images, boolean labelled) {
    Map<String, Path> labels = labelled ? byStem("labelsTr") : Map.of();
    List<Case> cases = new ArrayList<>();
    Map<String, Path> files = byStem(images);
    for (Map.Entry<String, Path> entry : files.entrySet()) {
      String stem = entry.getKey();
      String id = stem.replaceFirst("_0000$", "");
      try {
        if (stem.matches(".*_\\d{4}") && stem.equals(id)) {
          // A further channel of a case; where it is the only one, its case is incomplete.
          requireFirstChannel(files, stem, entry.getValue());
          requireDeclared(stem, entry.getValue());
          continue;
        }
        List<Path> paths = new ArrayList<>(List.of(entry.getValue()));
        for (int c = 1; c < channels.size() && !stem.equals(id); c++) {
          String channel = String.format("%s_%04d", id, c);
          paths.add(required(files, channel, images));
        }
        Optional<Path> label =
            labelled ? Optional.of(required(labels, id, "labelsTr")) : Optional.empty();
        cases.add(new Case(id, paths, label));
      } catch (DataException e) {
        incomplete.accept(id, e);
      }
    }
    return cases;
  }

  private void requireFirstChannel(Map<String, Path> files, String stem, Path path) {
    if (!files.containsKey(stem.substring(0, stem.length() - 4) + "0000")) {
      throw new DataException(
          path + " is a further channel of a case whose first (_0000) is missing; add it.");
    }
  }

  private void requireDeclared(String stem, Path path) {
    int number = Integer.parseInt(stem.substring(stem.length() - 4));
    if (number >= channels.size()) {
      throw new DataException(
          path
              + " is channel "
              + number
              + " of a case, but "
              + file
              + " declares only the channels 0 to "
              + (channels.size() - 1)
              + "; add it to \"channel_names\" or remove the file.");
    }
  }

  private Path required(Map<String, Path> files, String stem, String subfolder) {
    Path path = files.get(stem);
    if (path == null) {
      throw new DataException(
          folder.resolve(subfolder).resolve(stem)
              + ".nii.gz is missing, although "
              + file
              + " asks for it; add the file or remove the case.");
    }
    return path;
  }

  /** The images of a subfolder by their names without endings, in order. */
  private Map<String, Path> byStem(String subfolder) {
    Path images = folder.resolve(subfolder);
    Map<String, Path> out = new TreeMap<>();
    if (!Files.isDirectory(images)) {
      return out;
    }
    try (Stream<Path> entries = Files.list(images)) {
      entries
          .filter(VolumeReader::isImageName)
          .sorted()
          .forEach(p -> out.putIfAbsent(VolumeReader.stem(p), p));
    } catch (IOException e) {
      throw DataException.of(images, "read", e);
    }
    return out;
  }

  private void requireDistinct(List<Case> cases) {
    Set<String> seen = new HashSet<>();
    for (Case c : cases) {
      if (!seen.add(c.id())) {
        throw new DataException(
            file + " names the case " + c.id() + " twice; every case needs its own file name.");
      }
    }
  }
}
