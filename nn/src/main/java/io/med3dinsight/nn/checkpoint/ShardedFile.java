package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.engine.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Weights in several safetensors files beside each other, with an index in the manner of Hugging
 * Face: {@code {"weight_map": {"NAME": "FILE", ...}}}.
 */
final class ShardedFile implements TensorSource {
  private static final long MAX_INDEX = 100_000_000;

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
    JsonNode map;
    try {
      if (Files.size(path) > MAX_INDEX) {
        throw new CheckpointException("Index '" + path + "' is larger than an index can be.");
      }
      map = new ObjectMapper().readTree(Files.readAllBytes(path)).path("weight_map");
    } catch (JsonProcessingException e) {
      throw Weights.damaged(path, e);
    } catch (IOException e) {
      throw SafetensorsFile.unreadable(path, e);
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new CheckpointException(
          "Index '" + path + "' has no entry weight_map that says which file holds which tensor.");
    }
    for (Map.Entry<String, JsonNode> e : map.properties()) {
      String name = e.getValue().asText();
      // Names only: an index must not lead out of its folder.
      if (!e.getValue().isTextual() || !name.matches("[A-Za-z0-9_][A-Za-z0-9._-]*")) {
        throw new CheckpointException(
            "Index '" + path + "' names '" + name + "', which is no file beside it.");
      }
      SafetensorsFile file = files.get(name);
      if (file == null) {
        file = SafetensorsFile.open(path.resolveSibling(name));
        files.put(name, file);
      }
      if (!file.names().contains(e.getKey())) {
        throw new CheckpointException(
            "Index '"
                + path
                + "' says that '"
                + name
                + "' holds '"
                + e.getKey()
                + "', but it does not.");
      }
      byName.put(e.getKey(), file);
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
