package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.med3dinsight.engine.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Weights in several safetensors files beside each other, with an index in the manner of Hugging
 * Face: {@code {"weight_map": {"NAME": "FILE", ...}}}.
 */
final class ShardedFile implements TensorSource {
  private static final long MAX_INDEX = 100_000_000;
  private static final int LONGEST = 255;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final Path path;
  private final Map<String, SafetensorsFile> byName = new LinkedHashMap<>();
  private final Map<String, SafetensorsFile> files = new LinkedHashMap<>();

  private ShardedFile(Path path) {
    this.path = path;
  }

  static ShardedFile open(Path index) {
    ShardedFile f = new ShardedFile(index);
    try {
      f.read();
      return f;
    } catch (RuntimeException e) {
      f.close();
      throw e;
    }
  }

  private void read() {
    try (InputStream in = Files.newInputStream(path);
        JsonParser json = JSON.createParser(in)) {
      if (Files.size(path) > MAX_INDEX) {
        throw new CheckpointException("Index '" + path + "' is larger than an index can be.");
      }
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean map = json.currentName().equals("weight_map");
        if (json.nextToken() == JsonToken.START_OBJECT && map) {
          weightMap(json);
        } else {
          json.skipChildren();
        }
      }
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          "Index '"
              + path
              + "' is not valid JSON: "
              + PickleGlobal.printable(e.getOriginalMessage())
              + ".",
          e);
    } catch (IOException e) {
      throw SafetensorsFile.unreadable(path, e);
    }
    if (byName.isEmpty()) {
      throw new CheckpointException(
          "Index '" + path + "' has no entry weight_map that says which file holds which tensor.");
    }
  }

  private void weightMap(JsonParser json) throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String tensor = json.currentName();
      boolean text = json.nextToken() == JsonToken.VALUE_STRING;
      String name = text ? json.getText() : "no text";
      // Names only: an index must not lead out of its folder.
      if (!text || name.length() > LONGEST || !NAME.matcher(name).matches()) {
        throw new CheckpointException(
            "Index '"
                + path
                + "' names '"
                + PickleGlobal.printable(name)
                + "', which is no file beside it.");
      }
      SafetensorsFile file = files.get(name);
      if (file == null) {
        if (!Files.exists(path.resolveSibling(name))) {
          throw new CheckpointException(
              "Index '" + path + "' names '" + name + "', which is not there beside it.");
        }
        file = part(name);
        files.put(name, file);
      }
      if (!file.names().contains(tensor)) {
        throw new CheckpointException(
            "Index '"
                + path
                + "' says that '"
                + name
                + "' holds '"
                + PickleGlobal.printable(tensor)
                + "', but it does not.");
      }
      byName.put(tensor, file);
    }
  }

  /** Opens a file that the index names; what is wrong with it is said with both names. */
  private SafetensorsFile part(String name) {
    try {
      return SafetensorsFile.open(path.resolveSibling(name));
    } catch (CheckpointException e) {
      throw new CheckpointException("Index '" + path + "' leads on: " + e.getMessage(), e);
    }
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = byName.get(name);
    if (file == null) {
      throw new CheckpointException("Checkpoint '" + path + "' holds no tensor '" + name + "'.");
    }
    return file;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  @Override
  public Shape shape(String name) {
    return file(name).shape(name);
  }

  @Override
  public String dtype(String name) {
    return file(name).dtype(name);
  }

  @Override
  public boolean floating(String name) {
    return file(name).floating(name);
  }

  @Override
  public float[] floats(String name) {
    return file(name).floats(name);
  }

  @Override
  public long[] longs(String name) {
    return file(name).longs(name);
  }

  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }
}
