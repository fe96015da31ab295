package io.med3dinsight.encoder2d.clip;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/** Finds and reads the tokenizer of a folder. */
final class TokenizerFiles {
  private static final String BPE = "bpe_simple_vocab_16e6.txt.gz";
  private static final String MERGES = "merges.txt";
  private static final String VOCABULARY = "vocab.txt";
  private static final String WHOLE = "tokenizer.json";
  private static final String SETTINGS = "tokenizer_config.json";
  private static final int LONGEST = 64 << 20;

  private final Path folder;
  private final List<Path> used = new ArrayList<>();

  TokenizerFiles(Path folder) {
    this.folder = folder;
  }

  /** The files that were read. */
  List<Path> used() {
    return List.copyOf(used);
  }

  TextTokenizer open(ClipConfig config) {
    TextTokenizer t = config.kind() == ClipConfig.Kind.CLIP ? bytePairs() : wordPieces();
    if (t.size() > config.vocabulary()) {
      throw new DataException(
          used.get(0)
              + " has "
              + t.size()
              + " tokens, but the configuration of its folder says "
              + config.vocabulary()
              + ": expected the tokenizer that belongs to these weights.");
    }
    return t;
  }

  private TextTokenizer bytePairs() {
    Path file = first(BPE, MERGES, WHOLE);
    List<String> merges = new ArrayList<>();
    if (file.endsWith(WHOLE)) {
      for (JsonNode m : JsonFields.read(file).node().path("model").path("merges")) {
        merges.add(m.isArray() ? m.path(0).asText() + " " + m.path(1).asText() : m.asText());
      }
    } else {
      List<String> lines = lines(file);
      // The first line is a title.
      for (int i = 1; i < lines.size() && merges.size() < BytePairTokenizer.MOST_MERGES; i++) {
        if (!lines.get(i).isEmpty()) {
          merges.add(lines.get(i));
        }
      }
    }
    return new BytePairTokenizer(merges, file);
  }

  private TextTokenizer wordPieces() {
    Path file = first(VOCABULARY, WHOLE);
    List<String> pieces;
    if (file.endsWith(WHOLE)) {
      Map<Integer, String> byId = new TreeMap<>();
      for (Map.Entry<String, JsonNode> e :
          JsonFields.read(file).node().path("model").path("vocab").properties()) {
        byId.put(e.getValue().asInt(-1), e.getKey());
      }
      pieces = List.copyOf(byId.values());
      if (byId.containsKey(-1) || !byId.isEmpty() && !byId.containsKey(byId.size() - 1)) {
        throw new DataException(
            file + " does not number its vocabulary from 0 on: expected one id for each token.");
      }
    } else {
      pieces = lines(file);
      if (!pieces.isEmpty() && pieces.get(pieces.size() - 1).isEmpty()) {
        pieces = pieces.subList(0, pieces.size() - 1);
      }
    }
    return new WordPieceTokenizer(pieces, lowerCase(), file);
  }

  private boolean lowerCase() {
    Path file = folder.resolve(SETTINGS);
    if (!Files.isRegularFile(file)) {
      return true;
    }
    used.add(file);
    return JsonFields.read(file).truth("do_lower_case", true);
  }

  private Path first(String... names) {
    for (String name : names) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        used.add(file);
        return file;
      }
    }
    throw new DataException(
        "Folder "
            + folder
            + " has no tokenizer: expected "
            + String.join(" or ", names)
            + "; copy it from where the weights come from.");
  }

  private static List<String> lines(Path file) {
    boolean packed = file.toString().endsWith(".gz");
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = packed ? new GZIPInputStream(raw) : raw) {
      byte[] bytes = in.readNBytes(LONGEST + 1);
      if (bytes.length > LONGEST) {
        throw new DataException(file + " is larger than a vocabulary can be (64 MiB).");
      }
      String text = new String(bytes, StandardCharsets.UTF_8).replace("\r\n", "\n");
      // Not String.lines(): a line may hold characters that end lines elsewhere.
      return List.of(text.split("\n", -1));
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }
}
