package io.med3dinsight.fuzz;

import io.med3dinsight.nn.checkpoint.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Files of torch.save as what is to be damaged: the pickle of a zip file by itself. */
public final class TorchSeeds {
  private TorchSeeds() {}

  /** A file of the checkpoint tests, which lie in the module below. */
  public static byte[] resource(String name) throws IOException {
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      Path file = p.resolve("nn/src/test/resources/io/med3dinsight/nn/torch").resolve(name);
      if (Files.exists(file)) {
        return Files.readAllBytes(file);
      }
    }
    throw new IOException(name + " is missing; " + Weights.class + " is tested with it");
  }

  /** The pickle is damaged and packed again, with the file's other entries. */
  static Fuzzer.Seed zip(byte[] file) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    String[] pickle = new String[1];
    Path copy = Files.createTempFile("seed", ".pth");
    try {
      Files.write(copy, file);
      try (ZipFile zip = new ZipFile(copy.toFile())) {
        for (ZipEntry e : zip.stream().toList()) {
          try (InputStream in = zip.getInputStream(e)) {
            entries.put(e.getName(), in.readAllBytes());
          }
          pickle[0] = e.getName().endsWith("/data.pkl") ? e.getName() : pickle[0];
        }
      }
    } finally {
      Files.delete(copy);
    }
    return new Fuzzer.Seed(
        ".pth",
        entries.get(pickle[0]),
        new PickleDamage(),
        bytes -> {
          Map<String, byte[]> with = new LinkedHashMap<>(entries);
          with.put(pickle[0], bytes);
          return Packing.stored(with);
        },
        new ZipDamage());
  }
}
