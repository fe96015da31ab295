package io.med3dinsight.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.med3dinsight.DataException;
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

  DatasetJson(Path folder) {
    this(folder, folder.resolve("dataset.json"));
  }

  private DatasetJson(Path folder, Path file) {
    this.folder = folder;
    this.file = file;
  }

  /** The labels that a file declares, whatever else is in it. */
  static SortedMap<Integer, String> labelsOf(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + " is not a file; expected a dataset.json with \"labels\".");
    }
    return new DatasetJson(file.resolveSibling(""), file).labels(parse(file).path("labels"));
  }

  MsdDataset read() {
    requireFolder();
    JsonNode root = parse(file);
    if (!root.isObject()) {
      throw new DataException(file + " is not a JSON object; expected a dataset description.");
    }
    SortedMap<Integer, String> labels = labels(root.path("labels"));
    String modality = modality(root);
    List<Case> training = root.has("training") ? listed(root.path("training"), true) : found();
    if (training.isEmpty()) {
      throw new DataException(
          file + " names no training case; expected a list \"training\" of image and label files.");
    }
    List<Case> test = root.has("test") ? listed(root.path("test"), false) : List.of();
    requireDistinct(training);
    String name = root.path("name").asText(folder.toAbsolutePath().getFileName() + "");
    return new MsdDataset(folder, name, modality, labels, training, test);
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

  private String modality(JsonNode root) {
    JsonNode channels = root.has("modality") ? root.path("modality") : root.path("channel_names");
    if (channels.isTextual()) {
      return channels.asText();
    }
    if (channels.size() > 1) {
      throw new DataException(
          file
              + " declares "
              + channels.size()
              + " modalities; images of one modality are supported, so choose one.");
    }
    return channels.size() == 1 ? channels.elements().next().asText() : "unknown";
  }

  /** Both {"0": "background"} and {"background": 0}. */
  private SortedMap<Integer, String> labels(JsonNode node) {
    SortedMap<Integer, String> labels = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      boolean byName = entry.getValue().isIntegralNumber();
      String number = byName ? entry.getValue().asText() : entry.getKey();
      String name = byName ? entry.getKey() : entry.getValue().asText();
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
      Path path = existing(image);
      Optional<Path> labelPath = label.isEmpty() ? Optional.empty() : Optional.of(existing(label));
      cases.add(new Case(Case.idOf(path), path, labelPath));
    }
    return cases;
  }

  private Path existing(String relative) {
    Path path;
    try {
      path = folder.resolve(relative).normalize();
    } catch (InvalidPathException e) {
      throw new DataException(file + " names \"" + relative + "\", which is no path.", e);
    }
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          path + " is missing, although " + file + " names it; add the file or remove the entry.");
    }
    return path;
  }

  /** nnU-Net v2: every CASE_0000.nii.gz of imagesTr with labelsTr/CASE.nii.gz. */
  private List<Case> found() {
    Path imageFolder = folder.resolve("imagesTr");
    if (!Files.isDirectory(imageFolder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(imageFolder)) {
      return entries
          .filter(p -> p.getFileName().toString().matches("[^.].*\\.nii(\\.gz)?"))
          .sorted()
          .map(
              image -> {
                String id = Case.idOf(image).replaceFirst("_0000$", "");
                String ending = image.getFileName().toString().endsWith(".gz") ? ".nii.gz" : ".nii";
                return new Case(id, image, Optional.of(existing("labelsTr/" + id + ending)));
              })
          .toList();
    } catch (IOException e) {
      throw DataException.of(imageFolder, "read", e);
    }
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
