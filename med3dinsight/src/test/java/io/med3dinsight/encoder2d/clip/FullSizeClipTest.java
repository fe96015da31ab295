package io.med3dinsight.encoder2d.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.engine.tensor.Device;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Folders of full-size towers against open_clip and transformers, from PNG and text to embedding.
 * {@code med3dinsight.clip} names the folder that oracle/clip_full_size.py filled; docs/clip.md has
 * the commands.
 */
class FullSizeClipTest {
  private static final String PROPERTY = "med3dinsight.clip";
  private static final double TOLERANCE = 1e-4;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  @EnabledIfSystemProperty(named = PROPERTY, matches = ".+")
  void fullSizeTowersAgreeWithTheOriginals() throws IOException {
    Path root = Path.of(System.getProperty(PROPERTY));
    List<String> texts = List.of(JSON.readValue(read(root, "texts.json"), String[].class));
    List<Path> folders;
    try (Stream<Path> all = Files.list(root)) {
      folders = all.filter(f -> Files.exists(f.resolve("expected.json"))).sorted().toList();
    }
    assertFalse(folders.isEmpty(), root + " has no folder with expected.json");
    List<String> beyond = new ArrayList<>();
    for (Path folder : folders) {
      JsonNode expected = JSON.readTree(read(folder, "expected.json"));
      Preprocessing p = ClipFolder.open(folder).config().preprocessing();
      long start = System.nanoTime();
      try (ClipSliceTextEncoder encoder = ClipSliceTextEncoder.load(folder, Device.cpu())) {
        double seconds = (System.nanoTime() - start) * 1e-9;
        double image =
            farthest(expected.path("image"), encoder.embedPictures(pictures(root, p)), folder);
        double text = farthest(expected.path("text"), encoder.embedTexts(texts), folder);
        String line =
            String.format(
                "%s: images %.1e, texts %.1e (loaded in %.1f s)",
                folder.getFileName(), image, text, seconds);
        System.out.println(line);
        if (!(Math.max(image, text) <= TOLERANCE)) {
          beyond.add(line);
        }
      }
    }
    assertTrue(beyond.isEmpty(), String.join("; ", beyond));
  }

  private static byte[] read(Path folder, String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name));
  }

  private static List<float[]> pictures(Path root, Preprocessing p) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(root.resolve("pictures"))) {
      files = all.sorted().toList();
    }
    List<float[]> out = new ArrayList<>();
    for (Path file : files) {
      BufferedImage image = ImageIO.read(file.toFile());
      int rows = image.getHeight();
      int columns = image.getWidth();
      int[] pixels = image.getRaster().getSamples(0, 0, columns, rows, 0, (int[]) null);
      out.add(p.normalized(p.resized(pixels, rows, columns)));
    }
    return out;
  }

  /** The largest absolute difference; infinite when one is not a number. */
  private static double farthest(JsonNode expected, float[][] found, Path folder) {
    assertEquals(expected.size(), found.length, folder.toString());
    double worst = 0;
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected.get(i).size(), found[i].length, folder.toString());
      for (int j = 0; j < found[i].length; j++) {
        double d = Math.abs(expected.get(i).get(j).asDouble() - found[i][j]);
        worst = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(worst, d);
      }
    }
    return worst;
  }
}
